"""Dolma end to end: the tagger in the export's comment is saved and run as the comment says, then `dolma mix`, then
documents are counted.

Of each domain the documents with the smallest hashes must be kept, and all of a stream without a limit (the export
without a budget keeps as much as can be, so one has none; with a budget, a domain is repeated as several streams, `code`
and `code-2`). Weights are worked out of the limits and the numbers of documents."""

import glob
import gzip
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

import yaml

from reading import answer, arguments


def fraction(identifier):
    return (int.from_bytes(hashlib.sha256(identifier.encode()).digest()[:8], "big") >> 11) / 2**53


def identifiers(patterns):
    for file in sorted(file for pattern in patterns for file in glob.glob(pattern)):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            yield from (json.loads(line)["id"] for line in lines)


def run(command):
    path = os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]])
    finished = subprocess.run(
        command,
        shell=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path, "PYTHONWARNINGS": "ignore"},
    )
    if finished.returncode != 0:
        lines = [line for line in (finished.stdout + finished.stderr).splitlines() if "Error" in line]
        sys.exit(f"{command}: " + " ".join(lines[-3:]))


given = arguments()
text = given.file.read_text(encoding="utf-8")
streams = yaml.safe_load(text)["streams"]
limits, documents = {}, {}
for stream in streams:
    (condition,) = stream["filter"]["include"]
    bound = re.search(r"@\.mixopt_keep__hash__millionths\[0\]\[2\] (<|>=) ([0-9.]+)\)", condition)
    # A whole copy has no upper bound.
    limits[stream["name"]] = float(bound.group(2)) / 1e6 if bound.group(1) == "<" else 1.0
    documents[stream["name"]] = list(identifiers(stream["documents"]))
mean = {name: len(documents[name]) * limit for name, limit in limits.items()}


def by_domain(streams):
    """Sums over the streams of a domain."""
    sums = {}
    for name, value in streams.items():
        domain = re.sub(r"-[0-9]+$", "", name)
        sums[domain] = sums.get(domain, 0) + value
    return sums


weights = [(name, value / sum(mean.values())) for name, value in by_domain(mean).items()]
if given.weights_only:
    answer(weights)
    sys.exit()

comment = "\n".join(line.removeprefix("#").removeprefix(" ") for line in text.splitlines() if line.startswith("#"))
tagger = re.search(r"^  import hashlib\n.*?(?=^\S)", comment, re.DOTALL | re.MULTILINE).group(0)
pathlib.Path("mixopt_keep.py").write_text("\n".join(line.removeprefix("  ") for line in tagger.splitlines()) + "\n")
(command,) = re.findall(r"^  (.*dolma tag .*) \.\.\.$", comment, re.MULTILINE)
for stream in streams:
    run(" ".join([command, *(f"'{pattern}'" for pattern in stream["documents"])]))
run(f"dolma -c '{given.file}' mix")

kept = {stream["name"]: set(identifiers([stream["output"]["path"] + "/*.gz"])) for stream in streams}
for name, every in documents.items():
    smallest = set(sorted(every, key=fraction)[: len(kept[name])])
    # Dolma rounds scores to five decimals, the tagger gives millionths: so near may two documents change places.
    changed = kept[name] ^ smallest
    if changed and max(map(fraction, changed)) - min(map(fraction, changed)) > 2e-11:
        sys.exit(f"`{name}`: the {len(kept[name])} documents kept are not those with the smallest hashes")
    if limits[name] == 1.0 and len(kept[name]) != len(every):
        sys.exit(f"`{name}`: {len(kept[name])} of {len(every)} documents kept, expected all")
answer(weights, by_domain({name: len(found) for name, found in kept.items()}).items())
