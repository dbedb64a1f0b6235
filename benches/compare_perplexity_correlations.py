"""Runs mixopt and the package perplexity-correlations in turn on the same matrices and prints a table.

Each estimator of each side runs in a process of its own, in turn: mixopt, package, mixopt, and so on. Within it, time goes
from the matrix in memory to the answer, so that imports and reading do not count, and is the least of a few repetitions;
memory is the peak above what the process held with the matrix loaded. The table has the medians over processes. Answers
are compared. Started by compare_perplexity_correlations.sh.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

SHAPES = [(90, 10_000), (90, 100_000)]
ESTIMATORS = ["product", "sign", "sign_cdf", "sign_sign", "spearmanr"]
PROJECTIONS = ["linear", "l2"]
SHARE_KEPT = 0.1
WITHIN_PROCESS = 3
# The package's linear projection is in single precision, its l2 stops within 1e-12 of the shift.
AGREEMENT = {"linear": 1e-6, "l2": 1e-9}


def package_once(matrix, errors, models, domains, name, repetitions):
    """The same as `estimators once`: prints its JSON, writes the answer."""
    import numpy
    from perplexity_correlations import estimation, projection

    # Models × domains in rows, as the package's users have it.
    bits = numpy.ascontiguousarray(numpy.fromfile(matrix, dtype="<f8").reshape(domains, models).T)
    error = numpy.fromfile(errors, dtype="<f8")
    if name in PROJECTIONS:
        arguments = (estimation.sign(bits, error), numpy.full(domains, 1 / domains / SHARE_KEPT))
        function = getattr(projection, name)
    else:
        arguments = (bits, error)
        function = getattr(estimation, name)
    reset_peak()
    before = memory("VmRSS:")
    seconds = []
    answer = None
    for _ in range(repetitions):
        del answer
        start = time.perf_counter()
        answer = function(*arguments)
        seconds.append(time.perf_counter() - start)
    peak = memory("VmHWM:")
    answer.astype("<f8").tofile(matrix + ".answer")
    print(json.dumps({"seconds": seconds, "memory_before": before, "memory_peak": peak}))


def memory(field):
    """A line of /proc/self/status in bytes; None where there is no such file."""
    try:
        status = pathlib.Path("/proc/self/status").read_text()
    except OSError:
        return None
    return next(1024 * int(line.split()[1]) for line in status.splitlines() if line.startswith(field))


def reset_peak():
    """Lets the peak start from here, where the system can do so."""
    try:
        pathlib.Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass


def make_problem(folder, models, domains):
    """Domains that correlate at about 0.995, as real ones do, and no ties."""
    import numpy

    random = numpy.random.default_rng(1)
    factor = random.standard_normal(models)
    bits = 1 + 0.1 * (factor + 0.07 * random.standard_normal((domains, models)))
    error = 0.5 + 0.1 * factor + 0.05 * random.standard_normal(models)
    matrix, errors = folder / "matrix.f64", folder / "errors.f64"
    bits.astype("<f8").tofile(matrix)
    error.astype("<f8").tofile(errors)
    return [str(matrix), str(errors), str(models), str(domains)]


def run(command, matrix):
    import numpy

    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    report["answer"] = numpy.fromfile(matrix + ".answer", dtype="<f8")
    return report


def extra_megabytes(results):
    if any(result["memory_before"] is None or result["memory_peak"] is None for result in results):
        return float("nan")
    return statistics.median(r["memory_peak"] - r["memory_before"] for r in results) / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--repetitions", type=int, default=5, help="processes of each side")
    options = parser.parse_args()

    import importlib.metadata

    import numpy

    version = importlib.metadata.version("perplexity-correlations")
    threads = os.environ.get("RAYON_NUM_THREADS", "default")
    print(f"{platform.platform()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, RAYON_NUM_THREADS={threads}")
    print(f"Python {platform.python_version()}, numpy {numpy.__version__}, perplexity-correlations {version}")
    print(f"medians of {options.repetitions} processes each, in turn; time in each: least of {WITHIN_PROCESS}\n")
    print("| models × domains | | mixopt s | package s | package / mixopt | pair by pair | mixopt MB | package MB | largest difference |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    agree = True
    for models, domains in SHAPES:
        with tempfile.TemporaryDirectory() as folder:
            problem = make_problem(pathlib.Path(folder), models, domains)
            for name in ESTIMATORS + PROJECTIONS:
                arguments = [*problem, name, str(WITHIN_PROCESS)]
                ours, theirs = [], []
                for _ in range(options.repetitions):
                    ours.append(run([options.program, "once", *arguments], problem[0]))
                    theirs.append(run([sys.executable, __file__, "--package-once", *arguments], problem[0]))
                here, there = ([min(r["seconds"]) for r in results] for results in (ours, theirs))
                ratios = [b / a for a, b in zip(here, there)]
                a, b = ours[-1]["answer"], theirs[-1]["answer"]
                difference = float(numpy.max(numpy.abs(a - b)))
                agree &= difference <= AGREEMENT.get(name, 1e-12 * float(numpy.max(numpy.abs(b))))
                print(
                    f"| {models} × {domains:,} | {name} | {statistics.median(here):.5f} | {statistics.median(there):.4f}"
                    f" | {statistics.median(ratios):.3g} | {min(ratios):.3g} to {max(ratios):.3g}"
                    f" | {extra_megabytes(ours):.1f} | {extra_megabytes(theirs):.1f} | {difference:.1e} |",
                    flush=True,
                )
    if not agree:
        sys.exit("error: the answers differ by more than rounding")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--package-once"]:
        matrix, errors, models, domains, name, repetitions = sys.argv[2:]
        package_once(matrix, errors, int(models), int(domains), name, int(repetitions))
    else:
        main()
