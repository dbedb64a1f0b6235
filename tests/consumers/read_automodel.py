"""NeMo AutoModel: its loader of blends from JSON, and its own parser of lists."""

from reading import answer, arguments
from stand_in import empty_package, stand_in

given = arguments()
stand_in("torch", "transformers", "torchdata")
folder = given.sources / "nemo-automodel"
name = ""
for part in ["nemo_automodel", "components", "datasets", "llm"]:
    name = f"{name}.{part}".strip(".")
    empty_package(name, folder / name.replace(".", "/"))
from nemo_automodel.components.datasets.llm.megatron.megatron_utils import get_blend_from_list
from nemo_automodel.components.datasets.llm.megatron_dataset import try_load_blend_from_json

blend = try_load_blend_from_json(given.file)
assert {"train", "valid", "test"} <= set(blend) or {"train", "validation", "test"} <= set(blend), blend.keys()
answer(zip(*get_blend_from_list(blend["train"])))
