#!/bin/sh
# Real evaluators write results, and mixopt reads them.
#
#   tests/evaluators/run.sh                          both, with the program that cargo builds
#   tests/evaluators/run.sh --only harness           one of them
#   MIXOPT=path/to/mixopt tests/evaluators/run.sh    another program
#
# Python environments are made in the folder MIXOPT_EVALUATORS (about 3 GB, kept for the next run), or in a temporary one.
# Needs Linux, Python 3.11 (PYTHON names it; wheels of these versions exist for it), a C compiler with readelf and nm, and
# the Python package index; where the environments cannot be made, it ends with 75.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}

if [ -z "${MIXOPT:-}" ]; then
    cd "$here/../.."
    MIXOPT=$(cargo build --release --quiet --bin mixopt --message-format=json \
        | sed -n 's/.*"name":"mixopt".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
fi
[ -x "$MIXOPT" ] || { echo "no program at '$MIXOPT': name it by MIXOPT" >&2; exit 1; }

if [ -n "${MIXOPT_EVALUATORS:-}" ]; then
    folder=$MIXOPT_EVALUATORS
    mkdir -p "$folder"
else
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
fi
folder=$(cd "$folder" && pwd)

# An environment with what PyTorch needs besides NVIDIA's libraries, and PyTorch from the folder that both share.
make_environment() {
    "$python" -m venv --clear "$folder/$1" || return 1
    "$folder/$1/bin/pip" install --quiet sympy networkx jinja2 fsspec filelock typing-extensions 'setuptools>=77' \
        numpy==2.4.6 psutil || return 1
    echo "$folder/torch" > "$("$folder/$1/bin/python" -c 'import site; print(site.getsitepackages()[0])')/torch.pth"
}

make_environments() {
    if [ ! -e "$folder/torch.made" ]; then
        rm -rf "$folder/torch"
        "$python" -m venv --clear "$folder/pip" || return 1
        "$folder/pip/bin/pip" install --quiet --no-deps --target "$folder/torch" torch==2.15.0 || return 1
        "$python" "$here/stub_cuda.py" "$folder/torch/torch/lib" || return 1
        touch "$folder/torch.made"
    fi
    # accelerate and peft without dependencies, of which one is PyTorch with NVIDIA's libraries.
    if [ ! -e "$folder/harness.made" ]; then
        make_environment harness || return 1
        "$folder/harness/bin/pip" install --quiet lm-eval==0.4.13 transformers==5.23.0 datasets==5.2.0 evaluate==0.4.6 \
            safetensors==0.8.0 scikit-learn==1.9.1 2>/dev/null || return 1
        "$folder/harness/bin/pip" install --quiet --no-deps accelerate==1.15.0 peft==0.21.2 2>/dev/null || return 1
        "$folder/harness/bin/python" -c 'import torch, lm_eval.models.huggingface' || return 1
        touch "$folder/harness.made"
    fi
    # Newer xxhash refuses the texts that this lighteval hashes; newer transformers are not its own.
    if [ ! -e "$folder/lighteval.made" ]; then
        make_environment lighteval || return 1
        "$folder/lighteval/bin/pip" install --quiet transformers==4.57.6 huggingface_hub==0.36.2 datasets==5.0.1 \
            xxhash==3.6.0 inspect-ai==0.3.285 openai 'GitPython>=3.1.41' pydantic 'typer>=0.20.0' termcolor==2.3.0 \
            pytablewriter rich colorlog aenum==3.1.15 nltk==3.9.1 scikit-learn==1.9.1 sacrebleu rouge_score==0.1.2 \
            sentencepiece protobuf pycountry httpx latex2sympy2_extended==1.0.6 langcodes 2>/dev/null || return 1
        "$folder/lighteval/bin/pip" install --quiet --no-deps lighteval==0.13.0 accelerate==1.15.0 2>/dev/null || return 1
        "$folder/lighteval/bin/python" -c 'import torch, lighteval.main_accelerate' || return 1
        touch "$folder/lighteval.made"
    fi
}

# 75 says that a retry may cure it: the index does not answer, or has no wheels for this machine.
make_environments || { echo "the Python environments could not be made" >&2; exit 75; }

"$folder/harness/bin/python" -B "$here/check.py" --program "$MIXOPT" --environments "$folder" "$@"
