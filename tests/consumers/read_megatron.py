"""Megatron-LM: its own parser of blends, and its own index of which sample comes from which dataset."""

import argparse
import json
import shlex
import sys
import types

import numpy

from reading import answer, arguments
from stand_in import empty_package

DRAWS = 200_000


def import_megatron(sources):
    folder = sources / "megatron-core"
    for name in ["megatron", "megatron.core", "megatron.core.datasets"]:
        empty_package(name, folder / name.replace(".", "/"))
    logging = types.ModuleType("megatron.core.utils")
    logging.log_single_rank = lambda *words, **named: None
    sys.modules["megatron.core.utils"] = logging


def train_list(target, file):
    """The list of weights and prefixes as Megatron's own reading of its arguments and files leaves it."""
    text = file.read_text(encoding="utf-8")
    if target == "megatron-text":  # --data-args-path: words of the file
        return text.split()
    if target == "megatron-arguments":
        parser = argparse.ArgumentParser()
        for option in ["--data-path", "--train-data-path", "--valid-data-path", "--test-data-path"]:
            parser.add_argument(option, nargs="*")
        parsed = parser.parse_args(shlex.split(text.replace("\\\n", " ")))
        return parsed.data_path or parsed.train_data_path
    splits = json.loads(text)  # --per-split-data-args-path: all three, lists or words
    for split in ["train", "valid", "test"]:
        if isinstance(splits[split], str):
            splits[split] = splits[split].split()
    return splits["train"]


def main():
    given = arguments()
    import_megatron(given.sources)
    from megatron.core.datasets import helpers_cpp
    from megatron.core.datasets.utils import get_blend_from_list, normalize

    prefixes, weights = get_blend_from_list(train_list(given.target, given.file))
    assert all(weight > 0 for weight in weights), "BlendedDataset refuses weights that are not above 0"
    if given.weights_only:
        return answer(zip(prefixes, weights))
    dataset, sample = numpy.zeros(DRAWS, numpy.int16), numpy.zeros(DRAWS, numpy.int64)
    helpers_cpp.build_blending_indices(dataset, sample, numpy.array(normalize(weights)), len(weights), DRAWS, False)
    answer(zip(prefixes, weights), zip(prefixes, numpy.bincount(dataset, minlength=len(weights))), rounding=2)


main()
