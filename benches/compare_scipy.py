"""Runs mixopt and scipy.optimize.nnls in turn on the same matrices and prints a table.

Each run is a process of its own, so that peak memory is that of the solver and of the matrix it holds. Both are timed
from the matrix of bits per character in memory to the best mixture's correlation: centring, scaling, solving. mixopt's
time includes its certificate. Started by compare_scipy.sh.
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

SHAPES = [(90, 263), (100, 10_000)]
LARGE = (90, 100_000)
AGREEMENT = 1e-9


def scipy_once(matrix, target, models, domains):
    """One optimum by SciPy; prints the same JSON as optimum_once."""
    import numpy
    from scipy.optimize import nnls

    # Domain after domain in the file: the transpose is what mixopt holds, column-major.
    bits = numpy.fromfile(matrix, dtype="<f8").reshape(domains, models).T
    scores = numpy.fromfile(target, dtype="<f8")
    nnls(numpy.eye(3), numpy.ones(3))  # loads the code
    reset_peak()
    before = memory("VmRSS:")
    start = time.perf_counter()
    columns = bits.mean(axis=0) - bits
    columns /= numpy.linalg.norm(columns, axis=0)
    unit = scores - scores.mean()
    unit /= numpy.linalg.norm(unit)
    values, _ = nnls(columns, unit, maxiter=10 * (models + domains))
    mixed = columns @ values
    correlation = float(mixed @ unit / numpy.linalg.norm(mixed))
    seconds = time.perf_counter() - start
    peak = memory("VmHWM:")
    print(json.dumps({"correlation": correlation, "seconds": seconds, "memory_before": before, "memory_peak": peak}))


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


def make_problem(folder, models, domains, common_factor):
    import numpy

    random = numpy.random.default_rng(1)
    factor = random.standard_normal(models)
    noise = random.standard_normal((domains, models))
    bits = 1 + 0.1 * (factor + 0.07 * noise if common_factor else noise)
    scores = 0.5 - 0.1 * factor + 0.05 * random.standard_normal(models)
    matrix, target = folder / "matrix.f64", folder / "target.f64"
    bits.astype("<f8").tofile(matrix)
    scores.astype("<f8").tofile(target)
    return [str(matrix), str(target), str(models), str(domains)]


def run(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def median(results, key):
    return statistics.median(result[key] for result in results)


def memory_in_matrices(results, size):
    """The peak above what the process held before, with the matrix itself counted once."""
    if any(result["memory_before"] is None or result["memory_peak"] is None for result in results):
        return float("nan")
    return 1 + statistics.median(r["memory_peak"] - r["memory_before"] for r in results) / size


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--large", action="store_true", help="90 × 100 000 as well")
    options = parser.parse_args()

    import numpy
    import scipy

    print(f"{platform.platform()}, {os.cpu_count()} CPUs, RAYON_NUM_THREADS={os.environ.get('RAYON_NUM_THREADS', 'default')}")
    print(f"Python {platform.python_version()}, numpy {numpy.__version__}, scipy {scipy.__version__}")
    print(f"median of {options.repetitions} runs each, in turn; memory as a multiple of the matrix\n")
    print("| models × domains | data | mixopt s | SciPy s | SciPy / mixopt | mixopt memory | SciPy memory | difference in ρ |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    agree = True
    for models, domains in SHAPES + ([LARGE] if options.large else []):
        for common_factor in [True, False]:
            with tempfile.TemporaryDirectory() as folder:
                arguments = make_problem(pathlib.Path(folder), models, domains, common_factor)
                ours, theirs = [], []
                for _ in range(options.repetitions):
                    ours.append(run([options.program, *arguments]))
                    theirs.append(run([sys.executable, __file__, "--scipy-once", *arguments]))
            difference = max(abs(a["correlation"] - b["correlation"]) for a, b in zip(ours, theirs))
            agree &= difference <= AGREEMENT
            size = 8 * models * domains
            print(
                f"| {models} × {domains} | {'common factor' if common_factor else 'gaussian'}"
                f" | {median(ours, 'seconds'):.5f} | {median(theirs, 'seconds'):.5f}"
                f" | {median(theirs, 'seconds') / median(ours, 'seconds'):.1f}"
                f" | {memory_in_matrices(ours, size):.2f} | {memory_in_matrices(theirs, size):.2f}"
                f" | {difference:.1e} |",
                flush=True,
            )
    if not agree:
        sys.exit(f"error: the correlations differ by more than {AGREEMENT}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--scipy-once"]:
        matrix, target, models, domains = sys.argv[2:]
        scipy_once(matrix, target, int(models), int(domains))
    else:
        main()
