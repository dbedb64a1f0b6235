#!/bin/sh
# `mixopt score` and Hugging Face transformers on PyTorch, on the same documents, windows, weights and threads.
#
#   benches/compare_transformers.sh                                speed, memory, BPC: SmolLM2-135M, float32
#   benches/compare_transformers.sh --pairs 9 --characters 80000
#   benches/compare_transformers.sh --model model.gguf --documents web.jsonl.zst code.jsonl
#   benches/compare_transformers.sh models --model a.gguf b.gguf --documents web.jsonl.zst code.jsonl
#                                                                  BPC alone, several models and domains
#
# Makes its own Python environment in benches/.venv (not tracked; several GB, for PyTorch), keeps the model and its
# conversion there, and builds mixopt. PYTHON=… uses another environment that has the packages below. Run it on a
# machine that does nothing else: PyTorch's threads wait for each other, and lose more than half their speed when other
# programs take a core now and then.
set -eu
cd "$(dirname "$0")/.."

environment=benches/.venv
python=${PYTHON:-$environment/bin/python}
needed='import accelerate, gguf, torch, transformers, zstandard'
if [ -z "${PYTHON:-}" ] && ! "$python" -c "$needed" 2>/dev/null; then
    [ -x "$python" ] || python3 -m venv "$environment"
    # numpy and scipy as compare_scipy.sh has them, which shares the environment.
    "$environment/bin/pip" install --quiet numpy==2.4.6 scipy==1.17.1 \
        torch==2.9.1 transformers==5.23.0 accelerate==1.15.0 gguf==0.19.0 zstandard==0.25.0
fi
"$python" -c "$needed"

script=benches/compare_transformers.py
if [ "${1:-}" = models ]; then
    script=benches/compare_models.py
    shift
fi

# The path of the program that cargo built, whatever the target directory.
program=$(cargo build --quiet --release --bin mixopt --message-format=json 2>/dev/null \
    | sed -n 's/.*"name":"mixopt".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
if [ -z "$program" ]; then
    echo "cargo did not build mixopt; its messages:" >&2
    cargo build --release --bin mixopt >&2
    exit 1
fi
exec "$python" "$script" "$program" "$@"
