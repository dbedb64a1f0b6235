#!/bin/sh
# The published estimators and projections by mixopt and by their authors' package in turn, on the same matrices.
#
#   benches/compare_perplexity_correlations.sh                   90 × 10 000 and 90 × 100 000
#   benches/compare_perplexity_correlations.sh --repetitions 9
#
# Makes its own Python environment in benches/.venv/perplexity-correlations (not tracked). PYTHON=… uses another one that
# has the package. Threads: RAYON_NUM_THREADS for mixopt, as set or all; the package runs on one.
set -eu
cd "$(dirname "$0")/.."

environment=benches/.venv/perplexity-correlations
python=${PYTHON:-$environment/bin/python}
if [ ! -x "$python" ]; then
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet numpy==2.4.6 perplexity-correlations==0.1.2
fi

# The path of the program that cargo built, whatever the target directory.
program=$(cargo build --release --quiet --bench estimators --message-format=json 2>/dev/null \
    | sed -n 's/.*"name":"estimators".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
if [ -z "$program" ]; then
    echo "cargo did not build the bench; its messages:" >&2
    cargo build --release --bench estimators >&2
    exit 1
fi
exec "$python" benches/compare_perplexity_correlations.py "$program" "$@"
