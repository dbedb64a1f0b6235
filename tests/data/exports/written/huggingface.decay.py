# Mixture two stages for Hugging Face datasets, interleave_datasets.
# Shares of documents, converted from shares of tokens; they sum to exactly 1. Written by mixopt VERSION.
# Stage decay: 1000000 tokens after 3000000.
# Left out with a share of zero: bücher/日本, old.
# Epochs: web 0.20, code 0.60.
from datasets import interleave_datasets, load_dataset

parts = [
    load_dataset("parquet", data_files=["text/code/*.parquet", "/d/text/more-code/*.parquet"], split="train", streaming=True),
    load_dataset("organisation/web", split="train", streaming=True),
]
probabilities = [
    0.75,
    0.25,
]
mixture = interleave_datasets(
    parts, probabilities=probabilities, seed=0, stopping_strategy="all_exhausted"
)
