"""Times `mixopt fit --target mmlu` as a whole process: start, reading, fit, bootstrap, held-out test, printing.

    python3 benches/whole_process.py [RUNS]

Builds the program first. Prints the least, median and greatest wall time. Standard
library only.
"""

import os
import platform
import statistics
import subprocess
import sys
import time

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 31
HERE = os.path.dirname(os.path.abspath(__file__))

def main():
    build = ["cargo", "build", "--release", "--quiet", "--bin", "mixopt"]
    subprocess.run(build, cwd=os.path.dirname(HERE), check=True)
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(os.path.dirname(HERE), "target"))
    program = os.path.join(target, "release", "mixopt")
    command = [program, "fit", "--target", "mmlu", "--quiet"]
    times = []
    for run in range(RUNS + 1):
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        if run > 0:  # The first run reads the program from disk.
            times.append(1000 * (time.perf_counter() - start))

    print(f"{platform.platform()}, {os.cpu_count()} CPUs, {RUNS} runs of: {' '.join(command[1:])}")
    print(f"milliseconds: {min(times):.1f} least, {statistics.median(times):.1f} median, {max(times):.1f} greatest")

if __name__ == "__main__":
    main()
