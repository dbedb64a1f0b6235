"""Consumers whose code needs a GPU stack: the file by the YAML library that they use, and their rules restated."""

import yaml
from omegaconf import OmegaConf

from reading import answer, arguments


def pairs(flat):
    assert len(flat) % 2 == 0, flat
    return list(zip(flat[1::2], flat[::2]))


def same_length(names, weights):
    assert len(names) == len(weights), (names, weights)
    return list(zip(names, weights))


def nemo(settings):
    prefix = settings["model"]["data"]["data_prefix"]
    assert set(prefix) == {"train", "validation", "test"}, prefix
    return pairs(prefix["train"])


def levanter(settings):
    data = settings.get("data", settings)
    configured = data.get("configs") or data.get("components") or {}
    weights = data["train_weights"]
    assert not configured or set(configured) == set(weights), (configured.keys(), weights.keys())
    return list(weights.items())


def nanotron(settings):
    (stage,) = settings["data_stages"]
    assert stage["start_training_step"] == 1
    data = stage["data"]["dataset"]
    return same_length(data["dataset_folder"], data["dataset_weights"])


def gpt_neox(settings):
    for split in ["valid", "test"]:
        same_length(settings[f"{split}-data-paths"], settings[f"{split}-data-weights"])
    return same_length(settings["train-data-paths"], settings["train-data-weights"])


def regmix(settings):
    # Every further key would replace a Python global of that name.
    assert set(settings) <= {"train", "valid", "model_name"} and settings["valid"], settings.keys()
    return list(settings["train"].items())


READ = {
    "nemo": nemo,
    "lingua": lambda settings: list(settings["data"]["sources"].items()),
    "olmix": lambda settings: [(name, entry["weight"]) for name, entry in settings["mix"].items()],
    "levanter": levanter,
    "marin": levanter,
    "nanotron": nanotron,
    "gpt-neox": gpt_neox,
    "regmix": regmix,
}

given = arguments()
if given.target in ("nemo", "lingua"):
    settings = OmegaConf.to_container(OmegaConf.load(given.file), resolve=True)
else:
    settings = yaml.safe_load(given.file.read_text(encoding="utf-8"))
weights = READ[given.target](settings)
for name, weight in weights:
    assert isinstance(name, str) and isinstance(weight, float), (name, weight)
answer(weights)
