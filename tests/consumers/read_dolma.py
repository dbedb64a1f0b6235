"""Dolma end to end: the tagger in the export's comment is saved and run, then `dolma mix`, then documents are counted.

A document must be kept exactly where the hash of its identifier is below the probability in the file. Weights are
worked out of the probabilities and the numbers of documents: what is kept on average."""

import glob
import gzip
import hashlib
import json
import pathlib
import re
import subprocess
import sys

import yaml
from reading import answer, arguments


def fraction(identifier):
    return (int.from_bytes(hashlib.sha256(identifier.encode()).digest()[:8], "big") >> 11) / 2**53


def identifiers(files):
    for file in sorted(files):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            yield from (json.loads(line)["id"] for line in lines)


def dolma(*words):
    program = pathlib.Path(sys.executable).parent / "dolma"
    finished = subprocess.run([program, *words], capture_output=True, text=True)
    if finished.returncode != 0:
        sys.exit(f"dolma {words[0]}: {finished.stdout[-1500:]} {finished.stderr[-1500:]}")


given = arguments()
text = given.file.read_text(encoding="utf-8")
streams = yaml.safe_load(text)["streams"]
wanted, before, probability = {}, {}, {}
for stream in streams:
    (condition,) = stream["filter"]["include"]
    probability[stream["name"]] = float(re.search(r"< ([0-9.]+)\)", condition).group(1))
    every = list(identifiers(file for pattern in stream["documents"] for file in glob.glob(pattern)))
    before[stream["name"]] = len(every)
    wanted[stream["name"]] = [one for one in every if fraction(one) < probability[stream["name"]]]
mean = {name: before[name] * share for name, share in probability.items()}
weights = [(name, value / sum(mean.values())) for name, value in mean.items()]
if given.weights_only:
    answer(weights)
    sys.exit()
comment = "\n".join(line.removeprefix("#").removeprefix(" ") for line in text.splitlines() if line.startswith("#"))
tagger = re.search(r"^  import hashlib\n.*?(?=^\S)", comment, re.DOTALL | re.MULTILINE).group(0)
pathlib.Path("mixopt_keep.py").write_text("\n".join(line.removeprefix("  ") for line in tagger.splitlines()) + "\n")
(command,) = re.findall(r"^  dolma (tag .*) \.\.\.$", comment, re.MULTILINE)
for stream in streams:
    dolma(*command.split(), *stream["documents"])
dolma("-c", str(given.file), "mix")
kept = {stream["name"]: list(identifiers(glob.glob(stream["output"]["path"] + "/*.gz"))) for stream in streams}
for name, documents in kept.items():
    if sorted(documents) != sorted(wanted[name]):
        sys.exit(f"`{name}`: {len(documents)} of {before[name]} documents kept, expected {len(wanted[name])}")
answer(weights, ((name, len(documents)) for name, documents in kept.items()))
