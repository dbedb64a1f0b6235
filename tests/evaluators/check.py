"""Lets lm-evaluation-harness and lighteval evaluate small models, and checks what mixopt reads from their results.

The results are read here by plain Python, by the list of runs below: which model each is of, with how many examples in
the prompt, and whether it counts. A table of made-up bits per character then gives correlations and lines, once worked
out here and once by `mixopt correlate`; they must agree for each target and domain. Last, one number of one result is
changed, and the comparison must see it.
"""

import argparse
import json
import math
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import material

HERE = pathlib.Path(__file__).resolve().parent
TOLERANCE = 1e-9
HARNESS_ALL = "local_shelf,local_prose,local_told"
LIGHTEVAL_ALL = "local_zoo:animals|0,local_zoo:plants|0,local_judged|0"
PREFERRED = ["acc_norm", "acc", "exact_match,first-letter", "f1", "bits_per_byte", "loglikelihood_f1"]


def harness_runs():
    """Name, mixopt's name of the model, whether it counts, arguments; in the order of time."""

    def run(name, model, counts, arguments, tasks=HARNESS_ALL, *options):
        command = ["run", "--model", "hf", "--model_args", arguments, "--tasks", tasks, "--include_path", "tasks"]
        command += ["--device", "cpu", "--batch_size", "8", "--output_path", f"harness/{name}", *options]
        return name, model, counts, command

    zero, two = ("--num_fewshot", "0"), ("--num_fewshot", "2")
    for name in material.MODELS:
        path = f"models/{name}"
        yield run(f"{name}-0", path, True, f"pretrained={path},dtype=float32", HARNESS_ALL, *zero)
        yield run(f"{name}-2", path, True, f"pretrained={path},dtype=float32", "local_suite", *two)
    step = "pretrained=models/amber,subfolder=step10,dtype=float32"
    yield run("subfolder", "models/amber [step10]", True, step, HARNESS_ALL, *zero)
    revision = "pretrained=models/cedar,revision=step7,dtype=bfloat16"
    yield run("revision", "models/cedar@step7", True, revision, HARNESS_ALL, *zero)
    # A newer whole run counts; a limited one and one that only writes down answers do not.
    yield run("again", "models/birch", True, "pretrained=models/birch,dtype=bfloat16", "local_animals", *zero)
    yield run("limit", "models/fir", False, "pretrained=models/fir,dtype=float32", HARNESS_ALL, *zero, "--limit", "4")
    told = ["--predict_only", "--log_samples", *zero]
    yield run("predict", "models/elm", False, "pretrained=models/elm,dtype=float32", "local_animals,local_told", *told)


def lighteval_runs():
    def run(name, model, counts, arguments, tasks=LIGHTEVAL_ALL, *options):
        arguments = f"model_name={arguments},dtype=float32,batch_size=8"
        command = ["accelerate", arguments, tasks, "--custom-tasks", str(HERE / "lighteval_tasks.py")]
        return name, model, counts, [*command, "--output-dir", f"lighteval/{name}", *options]

    for name in material.MODELS:
        yield run(f"{name}-0", f"models/{name}", True, f"models/{name}")
        yield run(f"{name}-2", f"models/{name}", True, f"models/{name}", "local_zoo:animals|2,local_zoo:plants|2")
    yield run("revision", "models/cedar@step7", True, "models/cedar,revision=step7")
    yield run("limit", "models/fir", False, "models/fir", LIGHTEVAL_ALL, "--max-samples", "4")


def evaluate(tool, runs, arguments, folder):
    """Runs the tool; its messages are shown only where it fails."""
    variables = {
        **os.environ,
        **{name: "1" for name in ["HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "PYTHONDONTWRITEBYTECODE"]},
        # Threads of models this small only wait for each other.
        **{name: "1" for name in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"]},
        "TOKENIZERS_PARALLELISM": "false",
        "HOME": str(folder / "home"),
        "HF_HOME": str(folder / "home" / tool),
        "MIXOPT_QUESTIONS": str(folder / "questions"),
    }
    command = [arguments.environments / tool / "bin" / "python", HERE / f"run_{tool}.py"]
    lines = "".join(json.dumps(command) + "\n" for *_, command in runs)
    finished = subprocess.run(command, input=lines, capture_output=True, text=True, env=variables, cwd=folder)
    if finished.returncode != 0:
        print("\n".join((finished.stdout + finished.stderr).splitlines()[-60:]), file=sys.stderr)
        raise SystemExit(f"{tool} ended with {finished.returncode}\n0 passed, 1 failed")


def result_file(folder, tool, run):
    files = list((folder / tool / run).rglob("results_*.json"))
    assert len(files) == 1, f"{tool}/{run}: {files}"
    return files[0]


def values_of(tool, file):
    """(task, metric, shots) and value of one result."""
    content = json.loads(file.read_text(encoding="utf-8"))
    for task, row in content["results"].items():
        shots = None
        if tool == "harness":
            shots = content["n-shot"].get(task)
        elif task != "all":
            task, _, shots = task.rpartition("|")
            task, shots = task.replace("|", ":"), int(shots)
        else:
            continue
        for key, value in row.items():
            name, _, wanted = key.partition(",")
            if isinstance(value, (int, float)) and not name.endswith("_stderr") and not name.startswith("sample"):
                yield (task, name if wanted in ("", "none") else key, shots), float(value)


def expected_scores(tool, runs, folder):
    """Scores by mixopt's target and model."""
    found = {}
    for name, model, counts, _ in runs:
        for key, value in values_of(tool, result_file(folder, tool, name)):
            if counts:
                found.setdefault(key, {})[model] = value
    tasks = {}
    for task, metric, shots in found:
        tasks.setdefault(task, (set(), set()))
        tasks[task][0].add(metric)
        tasks[task][1].add(shots)
    scores = {}
    for (task, metric, shots), values in found.items():
        metrics, numbers = tasks[task]
        best = next((name for name in PREFERRED if name in metrics), None)
        target = f"{task}@{shots}" if len(numbers) > 1 else task
        target += "" if metric == best else f"/{metric}"
        change = (lambda value: -math.log(value)) if "perplexity" in metric else float
        change = (lambda value: -value) if metric == "bits_per_byte" else change
        scores[target] = {model: change(value) for model, value in values.items()}
    return scores


def line(xs, ys):
    """Pearson's correlation, slope and intercept of y on x; None where y is constant."""
    mean_x, mean_y = math.fsum(xs) / len(xs), math.fsum(ys) / len(ys)
    xx = math.fsum((x - mean_x) ** 2 for x in xs)
    yy = math.fsum((y - mean_y) ** 2 for y in ys)
    xy = math.fsum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys))
    return {
        "pearson": xy / math.sqrt(xx * yy) if yy > 0 else None,
        "slope": xy / xx,
        "intercept": mean_y - xy / xx * mean_x,
    }


def read_by_mixopt(program, bpc, results):
    command = [program, "correlate", "--bpc", bpc, "--scores", results, "--format", "json"]
    finished = subprocess.run(command, capture_output=True, text=True)
    if finished.returncode != 0:
        return None, finished.stderr
    cells = {(cell["target"], cell["domain"]): cell for cell in json.loads(finished.stdout)}
    return cells, finished.stderr


def compare(target, scores, bits, cells):
    """What differs in one target, as text."""
    for domain, compression in bits.items():
        cell = cells.get((target, domain))
        if cell is None:
            return f"mixopt has no such target, but {sorted({name for name, _ in cells})}"
        models = [model for model in compression if model in scores]
        if cell["models"] != len(models):
            return f"{cell['models']} models, expected {len(models)}"
        wanted = line([compression[model] for model in models], [scores[model] for model in models])
        for key, value in wanted.items():
            seen = cell.get(key)
            if wanted["pearson"] is None and key == "pearson":
                if seen is not None:
                    return f"{key} of a constant is {seen}"
            elif seen is None or not abs(seen - value) <= TOLERANCE * max(1, abs(value)):
                return f"{key} on {domain} is {seen}, expected {value}"
    return None


def check_tool(tool, runs, arguments, folder, report):
    evaluate(tool, runs, arguments, folder)
    scores = expected_scores(tool, runs, folder)
    draw = random.Random(7)
    models = sorted({model for _, model, _, _ in runs})
    bits = {domain: {model: round(draw.uniform(0.5, 1.5), 4) for model in models} for domain in ["web", "code"]}
    table = "".join(f"{model},{bits['web'][model]},{bits['code'][model]}\n" for model in models)
    bpc = folder / f"{tool}.csv"
    bpc.write_text("model,web,code\n" + table, encoding="utf-8")

    cells, messages = read_by_mixopt(arguments.program, bpc, folder / tool)
    if cells is None:
        report(f"{tool}: read", messages)
        return
    for target, values in sorted(scores.items()):
        report(f"{tool}: {target}, {len(values)} models", compare(target, values, bits, cells))
    others = {target for target, _ in cells} - set(scores)
    report(f"{tool}: no other targets", f"also {sorted(others)}" if others else None)
    # Notes stand beside the table, broken into lines.
    command = [arguments.program, "correlate", "-v", "--bpc", bpc, "--scores", folder / tool]
    finished = subprocess.run(command, capture_output=True, text=True)
    notes = "".join((finished.stdout + finished.stderr).split())
    limited = result_file(folder, tool, "limit").name.split("_")[1]
    told = re.search(rf"`models/fir`:\d+scoresof[^`]*/limit/[^`]*{limited}leftout,sinceithasfewerquestions", notes)
    report(f"{tool}: the limited run is told", None if told else notes)

    # One number of one result, a little changed, must be seen, and in its own target only.
    spoiled = folder / f"{tool}-spoiled"
    shutil.copytree(folder / tool, spoiled)
    file = result_file(folder, tool, "cedar-0")
    copy = spoiled / file.relative_to(folder / tool)
    content = json.loads(copy.read_text(encoding="utf-8"))
    row = content["results"]["local_judged" if tool == "harness" else "local_judged|0"]
    key = next(key for key in row if key.startswith("mcc"))
    row[key] += 1e-4
    copy.write_text(json.dumps(content), encoding="utf-8")
    cells, messages = read_by_mixopt(arguments.program, bpc, spoiled)
    differ = [target for target, values in scores.items() if cells is None or compare(target, values, bits, cells)]
    report(f"{tool}: a changed number is seen", None if differ == ["local_judged/mcc"] else f"in {differ}; {messages}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, required=True)
    parser.add_argument("--environments", type=pathlib.Path, required=True)
    parser.add_argument("--only", nargs="+", choices=["harness", "lighteval"], default=["harness", "lighteval"])
    parser.add_argument("--keep", type=pathlib.Path, help="keep the files in this new folder")
    arguments = parser.parse_args()
    arguments.program, arguments.environments = arguments.program.resolve(), arguments.environments.resolve()
    counts = {True: 0, False: 0}

    def report(name, difference):
        counts[difference is None] += 1
        print(f"ok      {name}" if difference is None else f"FAILED  {name}: {difference}", flush=True)

    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(arguments.keep or temporary).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        material.make(folder, HERE.parent / "data" / "models" / "llama")
        runs = {"harness": harness_runs, "lighteval": lighteval_runs}
        for tool in arguments.only:
            check_tool(tool, list(runs[tool]()), arguments, folder, report)
    print(f"{counts[True]} passed, {counts[False]} failed")
    sys.exit(1 if counts[False] else 0)


if __name__ == "__main__":
    main()
