"""BPC of real models over several domains, by `mixopt score` and by Hugging Face transformers, side by side.

mixopt reads a GGUF file as it is; transformers dequantises it to float32. Both score the same documents under protocol
`paper`. The tokens differ where the two rebuild the tokenizer of a GGUF file differently; the table shows both counts of
scored tokens. Started by `compare_transformers.sh models`.
"""

import argparse
import itertools
import math
import os
import pathlib
import sys
import tempfile

from compare_transformers import (
    cut,
    encode,
    hugging_face_folder,
    mixopt_command,
    paper_loss,
    read_table,
    read_texts,
    threads_environment,
    timed,
    window_arguments,
    write_documents,
)

AGREEMENT = 5e-3


def peer_table(models, domains, options):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(options.threads)
    rows = {}
    for name, path in models.items():
        folder = hugging_face_folder(path)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        for domain, documents in domains.items():
            texts = list(read_texts(documents))
            stream = encode(tokenizer, texts)
            nats, scored = paper_loss(model, stream, options.context, options.stride, options.batch)
            rows[name, domain] = {
                "bits_per_character": nats / math.log(2) / sum(map(len, texts)),
                "scored_tokens": scored,
            }
            print(f"transformers: {name}, {domain}: {rows[name, domain]}", file=sys.stderr)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path, help="the program mixopt")
    parser.add_argument("--model", type=pathlib.Path, nargs="+", required=True, help="GGUF or Hugging Face folder")
    parser.add_argument("--documents", type=pathlib.Path, nargs="+", required=True, help="JSONL, one file a domain")
    parser.add_argument("--first", type=int, default=8, help="documents of a domain")
    parser.add_argument("--characters-each", type=int, default=3_000, help="of one document at most")
    window_arguments(parser)
    options = parser.parse_args()
    models = {path.name.removesuffix(".gguf"): path for path in options.model}
    os.environ |= threads_environment(options.threads)

    with tempfile.TemporaryDirectory() as work:
        domains = {}
        for source in options.documents:
            domain = source.name.split(".")[0]
            domains[domain] = pathlib.Path(work) / f"{domain}.jsonl"
            texts = itertools.islice(read_texts(source), options.first)
            write_documents(domains[domain], cut(texts, math.inf, options.characters_each))
        out = pathlib.Path(work) / "bpc.csv"
        timed(mixopt_command(options.program, models, domains, options, out), {})
        ours = read_table(out)
        theirs = peer_table(models, domains, options)

    print(f"first {options.first} documents of a domain, {options.characters_each} characters each at most; ", end="")
    print(f"protocol paper, context {options.context}, stride {options.stride}, float32\n")
    print("| model | domain | mixopt BPC | transformers BPC | relative difference | scored tokens |")
    print("| --- | --- | --- | --- | --- | --- |")
    worst = 0.0
    for key, reference in theirs.items():
        row = ours[key]
        difference = row["bits_per_character"] / reference["bits_per_character"] - 1
        worst = max(worst, abs(difference))
        print(
            f"| {key[0]} | {key[1]} | {row['bits_per_character']:.6f} | {reference['bits_per_character']:.6f}"
            f" | {difference:.1e} | {row['scored_tokens']}, {reference['scored_tokens']} |"
        )
    print(f"\ngreatest relative difference {worst:.1e}")
    if not worst <= AGREEMENT:
        sys.exit(f"error: the BPC differ by more than {AGREEMENT}")


if __name__ == "__main__":
    main()
