"""Megatron-Energon: its loader of configurations makes a MetadatasetV2 of the file."""

from reading import answer, arguments
from stand_in import empty_package, stand_in

given = arguments()
stand_in("torch", "torchvision", "webdataset", "braceexpand", "av", "bitstring", "filetype", "mfusepy", "soundfile")
empty_package("megatron", given.sources / "megatron-energon" / "megatron")
from megatron.energon.dataset_config import load_config  # noqa: E402
from megatron.energon.epathlib import EPath  # noqa: E402
from megatron.energon.metadataset.metadataset_v2 import MetadatasetV2  # noqa: E402

file = EPath(str(given.file))
dataset = load_config(file, default_type=MetadatasetV2, default_kwargs={"path": file})
assert isinstance(dataset, MetadatasetV2) and "val" in dataset.splits, dataset
answer((entry.path, entry.weight) for entry in dataset.splits["train"].blend)
