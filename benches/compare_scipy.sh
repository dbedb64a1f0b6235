#!/bin/sh
# The best mixture by mixopt and by scipy.optimize.nnls in turn, on the same matrices: time and memory.
#
#   benches/compare_scipy.sh                 all but the largest
#   benches/compare_scipy.sh --large         with 90 × 100 000
#   benches/compare_scipy.sh --repetitions 9
#
# Makes its own Python environment in benches/.venv (not tracked). Threads: RAYON_NUM_THREADS for mixopt, as set or all;
# SciPy's nnls runs on one.
set -eu
cd "$(dirname "$0")/.."

environment=benches/.venv
if [ ! -x "$environment/bin/python" ]; then
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet numpy==2.4.6 scipy==1.17.1
fi

# The path of the program that cargo built, whatever the target directory.
program=$(cargo bench --quiet --bench optimum_once --no-run --message-format=json 2>/dev/null \
    | sed -n 's/.*"name":"optimum_once".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
if [ -z "$program" ]; then
    echo "cargo did not build optimum_once; its messages:" >&2
    cargo bench --bench optimum_once --no-run >&2
    exit 1
fi
exec "$environment/bin/python" benches/compare_scipy.py "$program" "$@"
