# Mixture four domains for Hugging Face datasets, interleave_datasets.
# Shares of documents, converted from shares of characters; they sum to exactly 1. Written by mixopt VERSION.
# Left out with a share of zero: old.
# Epochs: web 1.10, code 1.80, bücher/日本 under 0.01.
from datasets import interleave_datasets, load_dataset

parts = [
    load_dataset("organisation/bücher", split="train", streaming=True),
    load_dataset("parquet", data_files=["text/code/*.parquet", "/d/text/more-code/*.parquet"], split="train", streaming=True),
    load_dataset("organisation/web", split="train", streaming=True),
]
probabilities = [
    0.000002673847,
    0.620311075341,
    0.379686250812,
]
mixture = interleave_datasets(
    parts, probabilities=probabilities, seed=0, stopping_strategy="all_exhausted"
)
