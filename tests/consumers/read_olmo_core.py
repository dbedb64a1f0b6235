"""OLMo-core: SourceMixtureList and, on real token files, the tokens that its build takes of each source."""

import sys

import numpy
import yaml

from reading import answer, arguments
from stand_in import empty_package, stand_in

BATCH, SEQUENCE = 1, 1

given = arguments()
stand_in("torch")
folder = given.sources / "ai2-olmo-core"
for name in ["olmo_core", "olmo_core.data"]:
    empty_package(name, folder / name.replace(".", "/"))
from olmo_core.data.source_mixture import SourceMixtureDatasetConfig, SourceMixtureList

sources = SourceMixtureList.from_dict(yaml.safe_load(given.file.read_text(encoding="utf-8")))
sources.validate()
for source in sources.sources:
    source.validate()
weights = [(source.source_name, source.target_ratio) for source in sources.sources]
if given.weights_only:
    answer(weights)
    sys.exit()
configuration = SourceMixtureDatasetConfig(
    source_list=sources,
    requested_tokens=given.budget or 100_000,
    global_batch_size=BATCH,
    render_tables=False,
    quiet=True,
)
built = configuration.build(npdtype=numpy.uint16, sequence_length=SEQUENCE)
drawn = [(source.name, sum(path.tokens for path in source.path_tokens)) for source in built.sources]
# It hands what rounding left over out evenly, a sequence or so each.
answer(weights, drawn, rounding=2 * len(weights))
