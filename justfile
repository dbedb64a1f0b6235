# Checks, benches and generated files. `just --list` shows all.

# Everything that CI runs.
ci:
    bash .ci/run

# Tests.
test:
    cargo test --release

# A million damaged and odd inputs for every reader, with 8 GB of addresses for the process.
hostile inputs="1000000":
    bash -c 'ulimit -v 8000000; MIXOPT_HOSTILE_INPUTS={{inputs}} cargo test --release --test hostile -- --test-threads 1'

# Formatting and lints.
lint:
    cargo fmt --all --check
    cargo clippy --release --all-targets -- -D warnings

# Benches of this program alone (criterion).
bench:
    cargo bench

# `mixopt fit --target mmlu` as a whole process.
bench-process:
    python3 benches/whole_process.py

# Speed and memory against SciPy, in a virtual environment of its own.
bench-peers:
    bash benches/compare_scipy.sh

# Speed, memory and bits per character of scoring against Hugging Face transformers, in a virtual environment of its own.
bench-transformers:
    sh benches/compare_transformers.sh

# Writes the recommended mixtures of the embedded study anew.
mixtures:
    cargo run --release -- fit -q --target knowledge --out mixtures/knowledge.yaml
    cargo run --release -- fit -q --target coding --out mixtures/coding.yaml
    cargo run --release -- fit -q --target math --drop-family Qwen --out mixtures/math.yaml
    cargo run --release -- fit -q --target overall --out mixtures/overall.yaml
    cargo run --release -- fit -q --target mmlu --out mixtures/mmlu.yaml

# Writes the schemas of all outputs anew.
schemas:
    cargo run --release -- schema fit > docs/schema/fit.schema.json
    cargo run --release -- schema fit-settings > docs/schema/fit-settings.schema.json
    cargo run --release -- schema refit > docs/schema/refit.schema.json
    cargo run --release -- schema mixture > docs/schema/mixture.schema.json
    cargo run --release -- schema correlate > docs/schema/correlate.schema.json
    cargo run --release -- schema targets > docs/schema/targets.schema.json
    cargo run --release -- schema score > docs/schema/score.schema.json
    cargo run --release -- schema bpc > docs/schema/bpc.schema.json
    cargo run --release -- schema score-plan > docs/schema/score-plan.schema.json
    cargo run --release -- schema plan > docs/schema/plan.schema.json
    cargo run --release -- schema plan-result > docs/schema/plan-result.schema.json
    cargo run --release -- schema diff > docs/schema/diff.schema.json
    cargo run --release -- schema predict > docs/schema/predict.schema.json
    cargo run --release -- schema evaluate > docs/schema/evaluate.schema.json
    cargo run --release -- schema corpora > docs/schema/corpora.schema.json

# Lets the trainers' own code read exports (makes a Python environment of about 1 GB).
consumers:
    tests/consumers/run.sh

# Lets lm-evaluation-harness and lighteval write results, and reads them (makes Python environments of about 3 GB).
evaluators:
    tests/evaluators/run.sh
