"""Hugging Face datasets: the snippet is run as it is, on real files, and rows are drawn."""

import collections
import itertools

import yaml
from datasets import interleave_datasets, load_dataset

from reading import answer, arguments

DRAWS = 20_000

given = arguments()
text = given.file.read_text(encoding="utf-8")
if given.target == "huggingface":
    names = {}
    exec(compile(text, "export", "exec"), names)
    probabilities, parts, mixture = names["probabilities"], names["parts"], names["mixture"]
else:
    settings = yaml.safe_load(text)
    parts = [
        load_dataset(source.pop("path"), split="train", streaming=True, **source) for source in settings["datasets"]
    ]
    probabilities = settings["probabilities"]
    mixture = interleave_datasets(
        parts, probabilities=probabilities, seed=settings["seed"], stopping_strategy=settings["stopping_strategy"]
    )
sources = [next(iter(part))["source"] for part in parts]
if given.weights_only:
    answer(zip(sources, probabilities, strict=True))
else:
    drawn = collections.Counter(row["source"] for row in itertools.islice(mixture, DRAWS))
    answer(zip(sources, probabilities, strict=True), drawn.items())
