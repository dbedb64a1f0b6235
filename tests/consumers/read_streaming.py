"""llm-foundry: its streams handed to MosaicML streaming's Stream, which counts the samples of an epoch."""

import numpy
import yaml

from reading import answer, arguments
from stand_in import empty_package, stand_in

EPOCH = 100_000

given = arguments()
stand_in("torch", "transformers")
folder = given.sources / "mosaicml-streaming"
for name in ["streaming", "streaming.base"]:
    empty_package(name, folder / name.replace(".", "/"))
from streaming.base.stream import Stream

settings = yaml.safe_load(given.file.read_text(encoding="utf-8"))["train_loader"]["dataset"]["streams"]
streams = [Stream(**keywords) for keywords in settings.values()]
weights = list(zip(settings, (stream._proportion for stream in streams)))
Stream.apply_weights(streams, numpy.full(len(streams), 1000), EPOCH, 1)
answer(weights, zip(settings, (stream.choose for stream in streams)), rounding=len(streams))
