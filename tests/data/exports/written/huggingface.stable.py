# Mixture two stages for Hugging Face datasets, interleave_datasets.
# Shares of documents, converted from shares of tokens; they sum to exactly 1. Written by mixopt VERSION.
# Stage stable: 3000000 tokens after 0.
# Left out with a share of zero: old.
# Epochs: web 0.90, code 1.20, bücher/日本 under 0.01.
from datasets import interleave_datasets, load_dataset

parts = [
    load_dataset("organisation/bücher", split="train", streaming=True),
    load_dataset("parquet", data_files=["text/code/*.parquet", "/d/text/more-code/*.parquet"], split="train", streaming=True),
    load_dataset("organisation/web", split="train", streaming=True),
]
probabilities = [
    0.00000714301,
    0.571412244548,
    0.428580612442,
]
mixture = interleave_datasets(
    parts, probabilities=probabilities, seed=0, stopping_strategy="all_exhausted"
)
