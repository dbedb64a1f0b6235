"""Makes tokenizers/NAME.gguf and tokenizers.json: tiny vocabularies of both kinds and what other programs make of texts.

Byte-level vocabularies are trained by Hugging Face tokenizers, and the expected tokens are those of the tokenizer classes of
transformers. SentencePiece vocabularies are trained by SentencePiece, and the expected tokens are its own. The texts are ours.

Usage: python make_tokenizers.py
Made with transformers 5.23.0, tokenizers 0.23.3, sentencepiece 0.2.3 and gguf.
"""

import io
import json
from pathlib import Path

import gguf
import sentencepiece
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, GPT2Tokenizer, Qwen2Tokenizer

TRAINING = [
    "The mixture of the domains is what the model compresses best, and the best model compresses the mixture.",
    "It's the reader's file; they've read it, we'll write it, I'd say she's right and you're not.",
    "In 1984, 2001 and 2024 there were 365 or 366 days; 12345678 seconds are 142 days.",
    "    for index in range(10):\n        print(index, values[index])\n\n\n    return None\n",
    "Der Übermut der Bären übertrifft den der Füchse; naïve façades, coöperate, señor, žluťoučký kůň.",
    "日本語の文章です。中文也在这里。한국어도 있습니다. Привет, мир! Γειά σου Κόσμε! नमस्ते दुनिया",
] * 4
TEXTS = [
    "",
    " ",
    "   ",
    "\n",
    "\n\n\n",
    "\t\t x",
    "The best mixture",
    " The best  mixture   of    models",
    "it's IT'S they'Ll you're",
    "1 12 123 1234 12345 3.14159 ١٢٣",
    "    for index in range(10):\n        print(index)\n\n\n",
    "trailing space ",
    "übermütige Bären, naïve façades",
    "u\u0308bermu\u0308tig e\u0301",
    "日本語 and 한국어 mixed; Привет मित्र",
    "emoji 🙂🚀👩‍👩‍👧 and \u00a0nbsp",
    "a<|endoftext|>b <tag> c<tag>  d",
    "</s><s> literal <0x41> ▁ under",
    "x" * 40 + " " * 40 + "y",
    "path/to/file_name-v1.2.tar.gz?query=yes&no=1#top",
]


def write(path, architecture, add):
    writer = gguf.GGUFWriter(path, architecture)
    add(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=420, initial_alphabet=sorted(alphabet), show_progress=False)
    tokenizer.train_from_iterator(TRAINING, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    return tokens, [" ".join(merge) for merge in model["merges"]]


def byte_level_cases(folder):
    tokens, merges = byte_level()
    special, defined = "<|endoftext|>", "<tag>"
    types = [gguf.TokenType.NORMAL] * len(tokens) + [gguf.TokenType.CONTROL, gguf.TokenType.USER_DEFINED]
    vocabulary = tokens + [special, defined]
    numbers = {token: number for number, token in enumerate(vocabulary)}
    pairs = [tuple(merge.split(" ")) for merge in merges]
    for name, adds_bos in [("gpt-2", None), ("qwen2", None), ("llama-bpe", None), ("smollm", False)]:
        path = folder / f"{name}.gguf"

        def add(writer):
            writer.add_tokenizer_model("gpt2")
            writer.add_tokenizer_pre(name)
            writer.add_token_list(vocabulary)
            writer.add_token_types(types)
            writer.add_token_merges(merges)
            writer.add_bos_token_id(numbers[special])
            writer.add_eos_token_id(numbers[special])
            if adds_bos is not None:
                writer.add_add_bos_token(adds_bos)

        write(path, "llama", add)
        if name == "llama-bpe":
            reference = AutoTokenizer.from_pretrained(folder, gguf_file=path.name).backend_tokenizer
            reference.post_processor = None
        else:
            made = Qwen2Tokenizer if name == "qwen2" else GPT2Tokenizer
            reference = made(vocab=dict(numbers), merges=pairs).backend_tokenizer
            if name == "smollm":  # as in SmolLM's tokenizer.json
                reference.pre_tokenizer = pre_tokenizers.Sequence(
                    [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
            reference.add_special_tokens([AddedToken(special, special=True, normalized=False)])
            reference.add_tokens([AddedToken(defined, special=False, normalized=False)])
        # llama.cpp adds BOS by itself for Llama 3's treatment only.
        before = [numbers[special]] if name == "llama-bpe" else []
        yield name, [before + reference.encode(text, add_special_tokens=False).ids for text in TEXTS]


def sentencepiece_cases(folder):
    for name, prefix in [("sentencepiece", True), ("sentencepiece-gemma", False)]:
        trained = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(line for text in TRAINING for line in text.split("\n")), model_writer=trained,
            model_type="bpe", vocab_size=480, byte_fallback=True, normalization_rule_name="identity",
            remove_extra_whitespaces=False, add_dummy_prefix=prefix, character_coverage=0.98, split_digits=True,
            allow_whitespace_only_pieces=prefix, minloglevel=2,
            user_defined_symbols=["<tag>"] if prefix else ["<tag>", "\n", "\n\n"] + ["▁" * n for n in range(2, 9)],
        )
        reference = sentencepiece.SentencePieceProcessor(model_proto=trained.getvalue())
        count = reference.vocab_size()
        types, tokens = [], []
        for number in range(count):
            token = reference.id_to_piece(number)
            kind = gguf.TokenType.NORMAL
            if reference.is_unknown(number):
                kind = gguf.TokenType.UNKNOWN
            elif reference.is_control(number):
                kind = gguf.TokenType.CONTROL
            elif reference.is_byte(number):
                kind = gguf.TokenType.BYTE
            elif number < 20 and (token == "<tag>" or not token.strip("▁\n")) and number > 2:
                kind = gguf.TokenType.USER_DEFINED
                token = token.replace("▁", " ")  # as llama.cpp's converter
            types.append(kind)
            tokens.append(token)

        def add(writer):
            writer.add_tokenizer_model("llama")
            writer.add_tokenizer_pre("default")
            writer.add_token_list(tokens)
            writer.add_token_scores([reference.get_score(number) for number in range(count)])
            writer.add_token_types(types)
            writer.add_bos_token_id(reference.bos_id())
            writer.add_eos_token_id(reference.eos_id())
            writer.add_unk_token_id(reference.unk_id())
            if not prefix:
                writer.add_add_space_prefix(False)

        write(folder / f"{name}.gguf", "llama", add)
        expected = []
        for text in TEXTS:
            # Marks in a text are its end and beginning for Hugging Face, and U+2581 is no space: not SentencePiece's view.
            # After a user-defined piece the converter's tokenizers put a space, SentencePiece does not.
            differs = "</s>" in text or "▁" in text or (prefix and "<tag>" in text)
            expected.append(None if differs else [reference.bos_id()] + reference.encode(text))
        yield name, expected


if __name__ == "__main__":
    here = Path(__file__).parent
    target = here / "tokenizers"
    target.mkdir(exist_ok=True)
    cases = {name: tokens for make in (byte_level_cases, sentencepiece_cases) for name, tokens in make(target)}
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(tokens)}" for name, tokens in cases.items())
    texts = json.dumps(TEXTS, ensure_ascii=True)
    (here / "tokenizers.json").write_text(f'{{\n "texts": {texts},\n "tokens": {{\n{lines}\n }}\n}}\n')
