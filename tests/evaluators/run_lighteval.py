"""Runs lighteval's own command once for each line of arguments (JSON) on standard input."""

import json
import sys


def main():
    from lighteval.__main__ import app
    from lighteval.tasks.registry import Registry

    # Some of its own tasks fetch files when they are listed; here are only those of `--custom-tasks`.
    Registry._load_from_files = staticmethod(lambda *_: {})
    Registry._load_from_subdirs = staticmethod(lambda *_: {})
    for line in sys.stdin:
        arguments = json.loads(line)
        print("$ lighteval", " ".join(arguments), file=sys.stderr, flush=True)
        app(arguments, standalone_mode=False)


if __name__ == "__main__":
    main()
