#!/bin/sh
# Real consumers read what `mixopt export` writes.
#
#   tests/consumers/run.sh                          all, with the program that cargo builds
#   tests/consumers/run.sh --only megatron dolma    some of them
#   MIXOPT=path/to/mixopt tests/consumers/run.sh    another program
#
# Python environments are made in the folder MIXOPT_CONSUMERS (about 1 GB, kept for the next run), or in a temporary one.
# Needs Python 3.11 (PYTHON names it; wheels of these versions exist for it) and the Python package index; where the
# environments cannot be made, it ends with 75.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}

if [ -z "${MIXOPT:-}" ]; then
    cd "$here/../.."
    MIXOPT=$(cargo build --release --quiet --bin mixopt --message-format=json \
        | sed -n 's/.*"name":"mixopt".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
fi
[ -x "$MIXOPT" ] || { echo "no program at '$MIXOPT': name it by MIXOPT" >&2; exit 1; }

if [ -n "${MIXOPT_CONSUMERS:-}" ]; then
    folder=$MIXOPT_CONSUMERS
    mkdir -p "$folder"
else
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
fi

make_environments() {
    # What a consumer's parser imports, without what only training needs (torch, jax): check.py and stand_in.py tell more.
    if [ ! -e "$folder/general.made" ]; then
        "$python" -m venv --clear "$folder/general" || return 1
        "$folder/general/bin/pip" install --quiet datasets==5.2.0 omegaconf==2.3.0 PyYAML==6.0.3 typing_extensions requests \
            rich cached-path dataclass-extensions boto3 catalogue zstd Brotli python-snappy pillow six \
            rapidyaml multi-storage-client || return 1
        for package in megatron-core==0.16.1 nemo-automodel==0.7.0 llamafactory==0.9.5 ai2-olmo-core==3.0.0 \
            mosaicml-streaming==0.13.0 megatron-energon==7.4.1; do
            "$folder/general/bin/pip" install --quiet --no-deps --target "$folder/sources/${package%%=*}" "$package" \
                || return 1
        done
        touch "$folder/general.made"
    fi
    # Dolma needs an older numpy. Its own list of dependencies does not resolve, so they are named here.
    if [ ! -e "$folder/dolma.made" ]; then
        "$python" -m venv --clear "$folder/dolma" || return 1
        "$folder/dolma/bin/pip" install --quiet 'numpy<2' anyascii boto3 fsspec jsonpath-ng jq msgspec omegaconf platformdirs \
            pyyaml python-dotenv requests rich smart-open tqdm uniseg necessary charset-normalizer zstandard 'setuptools<81' \
            click regex joblib || return 1
        "$folder/dolma/bin/pip" install --quiet --no-deps dolma==1.2.1 s3fs fasttext-wheel==0.9.2 blingfire==0.1.8 nltk \
            tokenizers==0.19.1 || return 1
        touch "$folder/dolma.made"
    fi
}

# 75 says that a retry may cure it: the index does not answer, or has no wheels for this machine.
make_environments || { echo "the Python environments could not be made" >&2; exit 75; }

"$folder/general/bin/python" "$here/check.py" --program "$MIXOPT" --environments "$folder" "$@"
