"""Writes models/: tiny causal language models with random weights, and what transformers says about them.

Made with Python 3.11.7, torch 2.9.1 and transformers 5.23.0 (reference.json names the versions that it was made with):

    python -m venv venv && venv/bin/pip install torch==2.9.1 transformers==5.23.0 numpy==2.4.6
    venv/bin/python make_models.py              # all families
    venv/bin/python make_models.py llama mamba  # some

Every folder of models/ is a Hugging Face folder: config.json, model.safetensors (gemma3: two or more shards and their
index), tokenizer.json, tokenizer_config.json. The weights are large enough that a wrong mask, position, norm or scale
moves every figure. documents.jsonl is written by hand, and the tokenizers are trained on it.

reference.json has natural-logarithm losses by transformers (eager attention), computed in `computed_in` from the weights
as stored, whatever `weights_dtype` is; transformers itself does rotary tables, and some norms and softmaxes, in float32.

  documents[].ids           what the tokenizer gives, its own special tokens included
  documents[].conditioned_on  id that the first token is conditioned on: the tokenizer's own first id where it begins with
                            a special token (`begins_with_special`), else bos_token, else eos_token
  documents[].nll           nats per token under protocol `document`: windows of `context` inputs every `stride` over
                            that id and the rest; the first window scores all its targets, a later one those not yet
                            scored, so every token is scored once
  document                  the sums of that over all documents
  paper                     ids of all non-empty documents in one stream; whole windows only, the tail is not scored
                            though its characters count; `nll` per scored token
"""

import json
import math
import pathlib
import sys
import zlib

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import AutoConfig, AutoModelForCausalLM

FOLDER = pathlib.Path(__file__).parent / "models"
SEED = 20240404
CONTEXT, STRIDE = 64, 32
VOCABULARY = 320
END, BEGIN = "<|endoftext|>", "<|begin|>"
END_ID, BEGIN_ID = 0, 1

TRANSFORMER = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 128,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": False,
    "bos_token_id": BEGIN_ID,
    "eos_token_id": END_ID,
    "pad_token_id": END_ID,
}

# What each folder covers, its configuration, the type of its weights, and its tokenizer: whether that begins every
# document with BEGIN, and the special tokens that tokenizer_config.json names.
FAMILIES = {
    # Grouped queries; llama3 scaling of the rotary embedding, in the form of the files that Meta published.
    "llama": (
        TRANSFORMER
        | {
            "model_type": "llama",
            "hidden_act": "silu",
            "attention_bias": False,
            "mlp_bias": False,
            "rope_theta": 500000.0,
            "rope_scaling": {
                "rope_type": "llama3",
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 32,
            },
        },
        "bfloat16",
        True,
        {"bos_token": BEGIN, "eos_token": END},
    ),
    # Sliding and global layers with a rotary base each, norms of q and k, tied embeddings; in shards.
    "gemma3": (
        TRANSFORMER
        | {
            "model_type": "gemma3_text",
            "hidden_activation": "gelu_pytorch_tanh",
            "attention_bias": False,
            "tie_word_embeddings": True,
            "num_hidden_layers": 3,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 16,
            "query_pre_attn_scalar": 20,
            "sliding_window": 16,
            "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
            "rope_parameters": {
                "full_attention": {"rope_type": "default", "rope_theta": 1000000.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
            },
        },
        "bfloat16",
        True,
        {"bos_token": BEGIN, "eos_token": END},
    ),
    # Learned positions, as many as the context; transposed weights; one matrix for q, k and v.
    "gpt2": (
        {
            "model_type": "gpt2",
            "vocab_size": VOCABULARY,
            "n_embd": 32,
            "n_layer": 2,
            "n_head": 4,
            "n_positions": CONTEXT,
            "layer_norm_epsilon": 1e-5,
            "activation_function": "gelu_new",
            "bos_token_id": END_ID,
            "eos_token_id": END_ID,
        },
        "float16",
        False,
        {"bos_token": END, "eos_token": END},
    ),
    # ALiBi for a number of heads that is no power of two.
    "bloom": (
        {
            "model_type": "bloom",
            "vocab_size": VOCABULARY,
            "hidden_size": 24,
            "n_layer": 2,
            "n_head": 3,
            "layer_norm_epsilon": 1e-5,
            "apply_residual_connection_post_layernorm": False,
            "bos_token_id": BEGIN_ID,
            "eos_token_id": END_ID,
            "pad_token_id": END_ID,
        },
        "float32",
        False,
        {"bos_token": BEGIN, "eos_token": END},
    ),
    # Routed experts and a shared one; biases of q, k and v; no bos_token.
    "qwen2_moe": (
        TRANSFORMER
        | {
            "model_type": "qwen2_moe",
            "bos_token_id": None,
            "hidden_act": "silu",
            "rope_theta": 1000000.0,
            "use_sliding_window": False,
            "moe_intermediate_size": 16,
            "shared_expert_intermediate_size": 24,
            "num_experts": 4,
            "num_experts_per_tok": 2,
            "norm_topk_prob": False,
            "decoder_sparse_step": 1,
            "mlp_only_layers": [],
        },
        "bfloat16",
        False,
        {"eos_token": END},
    ),
    # State space: no attention, no positions.
    "mamba": (
        {
            "model_type": "mamba",
            "vocab_size": VOCABULARY,
            "hidden_size": 24,
            "num_hidden_layers": 2,
            "state_size": 8,
            "expand": 2,
            "intermediate_size": 48,
            "conv_kernel": 4,
            "time_step_rank": 3,
            "use_bias": False,
            "use_conv_bias": True,
            "hidden_act": "silu",
            "layer_norm_epsilon": 1e-5,
            "residual_in_fp32": True,
            "tie_word_embeddings": True,
            "bos_token_id": END_ID,
            "eos_token_id": END_ID,
            "pad_token_id": END_ID,
        },
        "float32",
        False,
        {"bos_token": END, "eos_token": END},
    ),
}


def read_documents():
    return [json.loads(line) for line in (FOLDER / "documents.jsonl").read_text("utf-8").splitlines()]


def train_tokenizer(documents, begins):
    """Byte-level BPE; with `begins`, BEGIN precedes every text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END, BEGIN],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([document["text"] for document in documents], trainer)
    assert [tokenizer.token_to_id(END), tokenizer.token_to_id(BEGIN)] == [END_ID, BEGIN_ID]
    if begins:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{BEGIN} $A", special_tokens=[(BEGIN, BEGIN_ID)]
        )
    return tokenizer


@torch.no_grad()
def enliven(model):
    """Weights far from their initial values: scales and biases too, which start at one and zero."""
    for name, parameter in model.named_parameters():
        if "embed" in name or "wte" in name or "wpe" in name:
            parameter.normal_(0, 0.7)
        elif parameter.ndim >= 2 and not name.endswith("A_log"):
            parameter.normal_(0, 1.3 / math.sqrt(parameter.shape[-1]))
        elif name.endswith("bias"):
            parameter.normal_(0, 0.2)
        else:
            parameter.add_(0.2 * torch.randn_like(parameter))


def write_model(name, documents):
    configuration, dtype, begins, special_tokens = FAMILIES[name]
    torch.manual_seed(SEED + zlib.crc32(name.encode()))
    folder = FOLDER / name
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()

    model_type = configuration["model_type"]
    settings = {key: value for key, value in configuration.items() if key != "model_type"}
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(model_type, **settings))
    enliven(model)
    model.tie_weights()
    model = model.to(getattr(torch, dtype))
    model.save_pretrained(folder, max_shard_size="30KB" if name == "gemma3" else "1GB")
    (folder / "generation_config.json").unlink(missing_ok=True)
    # Our own configuration, for transformers writes every default, and newer keys than published files have.
    published = {"architectures": [type(model).__name__]} | configuration | {"torch_dtype": dtype}
    write_json(folder / "config.json", published)

    tokenizer = train_tokenizer(documents, begins)
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast"} | special_tokens)
    # Readable by everyone, as git keeps it; safetensors writes for its owner alone.
    for file in folder.iterdir():
        file.chmod(0o644)
    return folder


def windows_of(length, context, stride):
    """(begin, end, scored): the window predicts positions begin + 1 to end - 1 and scores the last `scored` of them."""
    begin, scored_end = 0, 1
    while scored_end < length:
        end = min(begin + context + 1, length)
        yield begin, end, end - scored_end
        scored_end = end
        begin += stride


@torch.inference_mode()
def losses(model, ids):
    """Nats of ids[1:], each scored once."""
    values = []
    for begin, end, scored in windows_of(len(ids), CONTEXT, STRIDE):
        window = torch.tensor([ids[begin:end]])
        log_probabilities = model(window[:, :-1], use_cache=False).logits[0].double().log_softmax(-1)
        nll = -log_probabilities.gather(-1, window[0, 1:, None])[:, 0]
        values.extend(nll[len(nll) - scored :].tolist())
    return values


def sums(values, documents):
    characters = sum(len(document["text"]) for document in documents)
    nats = math.fsum(values)
    return {
        "scored": len(values),
        "nll_nats": nats,
        "characters": characters,
        "bits_per_character": nats / math.log(2) / characters,
    }


def write_reference(folder, documents):
    name = folder.name
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    special = json.loads((folder / "tokenizer_config.json").read_text())
    # Experts one by one: products of grouped experts have no float64.
    options = {"experts_implementation": "eager"} if "moe" in name else {}
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float64, attn_implementation="eager", **options
    ).eval()

    rows, every, stream = [], [], []
    for document in documents:
        ids = tokenizer.encode(document["text"]).ids
        begins = FAMILIES[name][2]
        start = ids[0] if begins else tokenizer.token_to_id(special.get("bos_token", special["eos_token"]))
        nll = losses(model, ids if begins else [start, *ids])
        every.extend(nll)
        if document["text"]:
            stream.extend(ids)
        rows.append(
            {
                "id": document["id"],
                "characters": len(document["text"]),
                "bytes": len(document["text"].encode()),
                "ids": ids,
                "conditioned_on": start,
                "scored": len(nll),
                "nll_nats": math.fsum(nll),
                "nll": [round(value, 9) for value in nll],
            }
        )
    windows = (len(stream) - (CONTEXT + 1)) // STRIDE + 1
    kept = losses(model, stream)[: CONTEXT + STRIDE * (windows - 1)]
    reference = {
        "architecture": FAMILIES[name][0]["model_type"],
        "weights_dtype": FAMILIES[name][1],
        "computed_in": "float64",
        "torch": torch.__version__.split("+")[0],
        "transformers": transformers.__version__,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "context": CONTEXT,
        "stride": STRIDE,
        "begins_with_special": begins,
        "documents": rows,
        "document": sums(every, documents),
        "paper": {"tokens": len(stream), "windows": windows}
        | sums(kept, documents)
        | {"nll": [round(value, 9) for value in kept]},
    }
    write_json(folder / "reference.json", reference)
    return reference


def write_json(path, value):
    """One key a line, except that lists of numbers stay on theirs."""
    path.write_text(layout(value) + "\n", "utf-8")


def layout(value, indent=""):
    inner = indent + " "
    if isinstance(value, dict) and value:
        lines = [f"{inner}{json.dumps(key)}: {layout(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(inner + layout(item, inner) for item in value) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False)


def main():
    documents = read_documents()
    torch.set_num_threads(1)
    unknown = set(sys.argv[1:]) - FAMILIES.keys()
    if unknown:
        sys.exit(f"error: no family {', '.join(sorted(unknown))}; there are {', '.join(FAMILIES)}")
    for name in sys.argv[1:] or FAMILIES:
        folder = write_model(name, documents)
        reference = write_reference(folder, documents)
        size = sum(file.stat().st_size for file in folder.iterdir())
        figures = {key: reference[key]["bits_per_character"] for key in ("document", "paper")}
        print(name, size, reference["parameters"], figures, flush=True)


if __name__ == "__main__":
    main()
