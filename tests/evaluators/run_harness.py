"""Runs lm-evaluation-harness's own command once for each line of arguments (JSON) on standard input."""

import functools
import json
import sys


def main():
    from lm_eval import evaluator, tasks
    from lm_eval.__main__ import cli_evaluate

    # Without its own thousands of tasks, of which it would read every file for each run.
    tasks.TaskManager = functools.partial(tasks.TaskManager, include_defaults=False)
    # Standard errors by 100,000 resamples would take minutes a run; the command has no option for fewer.
    evaluate = evaluator.simple_evaluate
    evaluator.simple_evaluate = lambda *arguments, **options: evaluate(*arguments, bootstrap_iters=10, **options)
    for line in sys.stdin:
        sys.argv = ["lm_eval", *json.loads(line)]
        print("$", " ".join(sys.argv), file=sys.stderr, flush=True)
        cli_evaluate()


if __name__ == "__main__":
    main()
