"""Exports a mixture to every target and lets the real consumers read the files; `run.sh` makes their environments.

Makes a small corpus of five domains (one with a share of zero, one with a tiny share, one whose name is not ASCII), a
manifest with its counts and a mixture in shares of characters. For each target: what the consumer read must be the
shares in the consumer's unit, worked out here from the counts; where the consumer can draw without training, what it
draws must have these shares, too. Then the largest number of the file is spoiled, and the same comparison must fail.
"""

import argparse
import gzip
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
TOLERANCE = 1e-9
MIXTURE = {"web": 0.52, "code": 0.3, "français": 0.1799, "tiny": 0.0001, "unused": 0.0}
# Documents, words in a document, characters in a word, characters in a token: different for each domain, so that shares
# of characters, tokens and documents differ.
TEXT = {
    "web": (3000, 30, 5, 4.5),
    "code": (1500, 60, 4, 2.5),
    "français": (1200, 20, 6, 3.2),
    "tiny": (400, 15, 5, 4.0),
    "unused": (50, 10, 5, 4.0),
}
# target: reader, its environment, the unit of its shares, further options of the export.
VALIDATION = ["--valid", "held=/data/held_text_document"]
CHECKS = {
    "megatron": ("read_megatron.py", "general", "tokens", VALIDATION),
    "megatron-text": ("read_megatron.py", "general", "tokens", []),
    "megatron-arguments": ("read_megatron.py", "general", "tokens", VALIDATION),
    "bridge": ("read_megatron.py", "general", "tokens", VALIDATION),
    "automodel": ("read_automodel.py", "general", "tokens", VALIDATION),
    "llama-factory": ("read_llama_factory.py", "general", "documents", []),
    "huggingface": ("read_hugging_face.py", "general", "documents", []),
    "huggingface-yaml": ("read_hugging_face.py", "general", "documents", []),
    "olmo-core": ("read_olmo_core.py", "general", "tokens", []),
    "llm-foundry": ("read_streaming.py", "general", "tokens", []),
    "dolma": ("read_dolma.py", "dolma", "documents", []),
    "nemo": ("read_settings.py", "general", "tokens", VALIDATION),
    "lingua": ("read_settings.py", "general", "documents", []),
    "energon": ("read_energon.py", "general", "documents", VALIDATION),
    "olmix": ("read_settings.py", "general", "tokens", []),
    "levanter": ("read_settings.py", "general", "tokens", []),
    "marin": ("read_settings.py", "general", "tokens", []),
    "nanotron": ("read_settings.py", "general", "tokens", []),
    "gpt-neox": ("read_settings.py", "general", "tokens", VALIDATION),
    "regmix": ("read_settings.py", "general", "tokens", VALIDATION),
    "torchtitan": ("read_torchtitan.py", "general", "tokens", []),
    # A budget for which domains have to be repeated.
    "olmo-core-repeated": ("read_olmo_core.py", "general", "tokens", ["--budget"]),
    "dolma-repeated": ("read_dolma.py", "dolma", "documents", ["--budget"]),
}
EXPORTED_AS = {"automodel": "megatron", "olmo-core-repeated": "olmo-core", "dolma-repeated": "dolma"}
KEEPS_ZEROS = {"levanter", "marin"}


class Difference(Exception):
    """What a consumer read is not what was to be written."""


def make_corpus(folder):
    """Text for Hugging Face and Dolma, token files for OLMo-core; returns the manifest's domains."""
    draw, domains = random.Random(20261123), {}
    for name, (documents, words, letters, characters_per_token) in TEXT.items():
        place = folder / "text" / name / "documents"
        place.mkdir(parents=True)
        characters = size = 0
        with gzip.open(place / "0.jsonl.gz", "wt", encoding="utf-8") as file:
            for number in range(documents):
                length = draw.randint(words // 2, words * 3 // 2)
                text = " ".join("".join(draw.choices("aeinorstlé", k=letters)) for _ in range(length))
                characters, size = characters + len(text), size + len(text.encode())
                record = {"id": f"{name}-{number}", "text": text, "source": name}
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
        tokens = round(characters / characters_per_token)
        (folder / f"{name}.npy").write_bytes(bytes(2 * tokens))  # OLMo-core's files are bare numbers of 16 bits
        text_files = [str(place / "0.jsonl.gz")]
        domains[name] = {
            "paths": text_files,
            "trainers": {
                **{target: [f"/data/{name}_text_document"] for target in ["megatron", "nemo", "gpt-neox"]},
                **{
                    target: [f"/data/{name}"] for target in ["llm-foundry", "nanotron", "energon", "lingua", "levanter"]
                },
                **{target: [f"train_{name}"] for target in ["llama-factory", "regmix"]},
                "olmix": [f"source:{name}"],
                "torchtitan": [f"organisation/{name}"],
                "olmo-core": [str(folder / f"{name}.npy")],
                "dolma": [str(place / "*.jsonl.gz")],
            },
            "tokens": tokens,
            "characters": characters,
            "bytes": size,
            "documents": documents,
        }
    return domains


def shares(domains, unit):
    """Shares of characters as shares of another unit: w n / characters, scaled to a sum of one."""
    raw = {name: share * domains[name][unit] / domains[name]["characters"] for name, share in MIXTURE.items()}
    return {name: value / sum(raw.values()) for name, value in raw.items()}


def budget(domains):
    """Tokens for which one domain is gone through 2.3 times."""
    wanted = shares(domains, "tokens")
    return round(2.3 * min(domains[name]["tokens"] / share for name, share in wanted.items() if share > 0))


def domain_of(name, domains):
    """The domain that a consumer's name or path belongs to."""
    found = [domain for domain in domains if re.search(rf"(^|[^\w]|train_){domain}($|[^\w]|_text_document)", name)]
    if len(found) != 1:
        raise Difference(f"`{name}` belongs to {found}")
    return found[0]


def compare(read, expected, domains, keeps_zeros):
    """Raises where weights or draws are not as expected."""
    weights = {}
    for name, weight in read["weights"]:
        domain = domain_of(name, domains)
        if domain in weights:
            raise Difference(f"`{domain}` is there twice")
        weights[domain] = weight
    wanted = {name: share for name, share in expected.items() if share > 0 or keeps_zeros}
    if set(weights) != set(wanted):
        raise Difference(f"read {sorted(weights)}, expected {sorted(wanted)}")
    for name, share in wanted.items():
        if not abs(weights[name] - share) <= TOLERANCE:
            raise Difference(f"`{name}`: read {weights[name]}, expected {share}")
    if abs(sum(weights.values()) - 1) > 1e-12:
        raise Difference(f"read a sum of {sum(weights.values())!r}")
    drawn = {domain_of(name, domains): count for name, count in read.get("drawn", [])}
    total = sum(drawn.values())
    for name, count in drawn.items():
        off = abs(count - total * expected[name])
        # A deterministic consumer is off by roundings, a random one by five standard deviations at most.
        most = (
            read["rounding"] if "rounding" in read else 5 * (total * expected[name] * (1 - expected[name])) ** 0.5 + 3
        )
        if off > most:
            raise Difference(f"`{name}`: {count} of {total} drawn, expected {total * expected[name]:.1f}")
    return total


def read(target, file, arguments, weights_only, tokens=None):
    reader, environment, _, _ = CHECKS[target]
    command = [arguments.environments / environment / "bin" / "python", HERE / reader, target, file]
    command += ["--sources", arguments.environments / "sources"] + (["--weights-only"] if weights_only else [])
    command += ["--budget", str(tokens)] if tokens else []
    environment_variables = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    finished = subprocess.run(command, capture_output=True, text=True, env=environment_variables, cwd=file.parent)
    if finished.returncode != 0:
        lines = finished.stderr.strip().splitlines() or ["no message"]
        raise Difference("refused: " + (lines[-1] if weights_only else "\n    ".join(lines[-12:])))
    return json.loads(finished.stdout.strip().splitlines()[-1])


def spoiled(text, expected):
    """The file with the largest share, or without shares the largest limit, a thousandth smaller."""
    largest = max(expected.values())
    numbers = [number for number in set(re.findall(r"\d\.\d+", text)) if abs(float(number) - largest) < 1e-6]
    numbers = numbers or [max(re.findall(r"< (\d+\.\d+)\)", text), key=float)]
    for number in numbers:
        text = text.replace(number, repr(round(float(number) * 0.999, 9)))
    return text


def check(target, folder, domains, arguments):
    """Exports, reads, compares; returns what was seen in a few words."""
    _, _, unit, options = CHECKS[target]
    exported_as = EXPORTED_AS.get(target, target)
    place = folder / target
    place.mkdir()
    # NeMo AutoModel wants the ending.
    file = place / ("export.json" if exported_as in ("megatron", "bridge") else "export.yaml")
    command = [arguments.program, "export", folder / "mixture.yaml", "--to", exported_as, "--out", file]
    command += ["--corpora", folder / "corpora.yaml", *options]
    tokens = budget(domains) if "--budget" in options else None
    command += [str(tokens)] if tokens else []
    finished = subprocess.run(command, capture_output=True, text=True)
    if finished.returncode != 0:
        raise Difference("mixopt: " + finished.stderr.strip())
    expected = shares(domains, unit)
    total = compare(read(target, file, arguments, False, tokens), expected, domains, target in KEEPS_ZEROS)
    seen = f"{sum(share > 0 for share in expected.values())} domains in shares of {unit}"
    if total:
        seen += f", {total} draws"
    file.write_text(spoiled(file.read_text(encoding="utf-8"), expected), encoding="utf-8")
    try:
        compare(read(target, file, arguments, True, tokens), expected, domains, target in KEEPS_ZEROS)
    except Difference as difference:
        return seen + ("; spoiled: refused by it" if str(difference).startswith("refused") else "; spoiled: seen")
    raise Difference("a spoiled file passed")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, required=True)
    parser.add_argument("--environments", type=pathlib.Path, required=True)
    parser.add_argument("--only", nargs="+", choices=CHECKS, default=list(CHECKS), metavar="TARGET")
    parser.add_argument("--keep", type=pathlib.Path, help="keep the files in this new folder")
    arguments = parser.parse_args()
    arguments.program, arguments.environments = arguments.program.resolve(), arguments.environments.resolve()
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(arguments.keep or temporary).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        domains = make_corpus(folder)
        mixture = {"mixopt_mixture": 1, "unit": "characters", "weights": MIXTURE, "kind": "given", "name": "check"}
        # JSON is YAML.
        (folder / "mixture.yaml").write_text(json.dumps(mixture), encoding="utf-8")
        (folder / "corpora.yaml").write_text(json.dumps({"mixopt_corpora": 1, "domains": domains}), encoding="utf-8")
        for target in arguments.only:
            try:
                print(f"ok      {target}: {check(target, folder, domains, arguments)}", flush=True)
            except Difference as difference:
                failed += 1
                print(f"FAILED  {target}: {difference}", flush=True)
    print(f"{len(arguments.only) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
