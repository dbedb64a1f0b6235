"""LLaMA-Factory: its DataArguments, filled from YAML as its own parser does."""

import importlib.util

import yaml

from reading import answer, arguments

given = arguments()
place = given.sources / "llamafactory/llamafactory/hparams/data_args.py"
specification = importlib.util.spec_from_file_location("data_args", place)
module = importlib.util.module_from_spec(specification)
specification.loader.exec_module(module)
parsed = module.DataArguments(**yaml.safe_load(given.file.read_text(encoding="utf-8")))
assert parsed.mix_strategy == "interleave_over", parsed.mix_strategy
answer(zip(parsed.dataset, parsed.interleave_probs, strict=True))
