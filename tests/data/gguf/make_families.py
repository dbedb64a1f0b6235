"""Makes families/NAME.gguf, families/NAME.safetensors and families/NAME.json: one tiny random model of each architecture.

Each model is made by Hugging Face transformers, saved by it (safetensors and configuration) and converted to GGUF by
llama.cpp's own converter, so that the reader of GGUF is checked against both. All weights are multiples of 1/64, which the
converter's `+ 1` and our `- 1` leave exact.

Usage: LLAMA_CPP=folder-of-llama.cpp python make_families.py [NAME ...]
Made with transformers 5.23.0, torch 2.9.1 and the converter inside llama-cpp-python 0.3.36 (MIT).
"""

import json
import os
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [os.environ["LLAMA_CPP"], os.path.join(os.environ["LLAMA_CPP"], "gguf-py")]

import gguf
import torch
import transformers as hf
import conversion
from conversion.base import ModelBase
from safetensors.torch import load_file, save_file

VOCABULARY = 11
SIZES = dict(
    vocab_size=VOCABULARY, hidden_size=8, intermediate_size=12, num_hidden_layers=1, num_attention_heads=2,
    num_key_value_heads=1, max_position_embeddings=64,
)
LLAMA3 = dict(
    rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8192,
    rope_theta=500000.0,
)
LONG = dict(
    rope_type="longrope", rope_theta=10000.0, short_factor=[1.0, 1.1], long_factor=[1.0, 4.25],
    original_max_position_embeddings=4096,
)
MODELS = {
    "llama": lambda: hf.LlamaConfig(**SIZES),
    "llama-3.1": lambda: hf.LlamaConfig(**SIZES, head_dim=64, rope_parameters=LLAMA3),
    "llama-linear": lambda: hf.LlamaConfig(
        **SIZES, attention_bias=True, rope_parameters=dict(rope_type="linear", factor=4.0, rope_theta=10000.0)),
    "mistral": lambda: hf.MistralConfig(**SIZES, head_dim=6),
    "mixtral": lambda: hf.MixtralConfig(**SIZES, num_local_experts=3, num_experts_per_tok=2),
    "qwen2": lambda: hf.Qwen2Config(**SIZES, tie_word_embeddings=True),
    "qwen2moe": lambda: hf.Qwen2MoeConfig(
        **SIZES, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=6, shared_expert_intermediate_size=10),
    "qwen3": lambda: hf.Qwen3Config(**SIZES, head_dim=6),
    "qwen3moe": lambda: hf.Qwen3MoeConfig(
        **SIZES, head_dim=6, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=6, norm_topk_prob=True),
    "olmoe": lambda: hf.OlmoeConfig(**SIZES, num_experts=3, num_experts_per_tok=2),
    "gemma": lambda: hf.GemmaConfig(**SIZES, head_dim=6),
    "gemma2": lambda: hf.Gemma2Config(
        **{**SIZES, "num_hidden_layers": 2}, head_dim=6, query_pre_attn_scalar=6, sliding_window=32),
    "gemma3": lambda: hf.Gemma3TextConfig(
        **{**SIZES, "num_hidden_layers": 7}, head_dim=6, query_pre_attn_scalar=6, sliding_window=32),
    "phi2": lambda: hf.PhiConfig(
        **{**SIZES, "num_key_value_heads": 2, "intermediate_size": 32}, partial_rotary_factor=0.5),
    "phi3": lambda: hf.Phi3Config(**SIZES, pad_token_id=0, sliding_window=32),
    "phi3-long": lambda: hf.Phi3Config(
        **{**SIZES, "max_position_embeddings": 131072}, pad_token_id=0, original_max_position_embeddings=4096,
        rope_parameters=LONG),
    "gpt2": lambda: hf.GPT2Config(vocab_size=VOCABULARY, n_embd=8, n_layer=1, n_head=2, n_positions=64, n_ctx=64),
    "gptneox": lambda: hf.GPTNeoXConfig(
        vocab_size=VOCABULARY, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        rotary_pct=0.5, max_position_embeddings=64),
    "falcon-7b": lambda: hf.FalconConfig(
        vocab_size=VOCABULARY, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, multi_query=True,
        new_decoder_architecture=False, bias=False, alibi=False, parallel_attn=True),
    "falcon-40b": lambda: hf.FalconConfig(
        vocab_size=VOCABULARY, hidden_size=16, num_hidden_layers=1, num_attention_heads=4, num_kv_heads=2,
        new_decoder_architecture=True, bias=False, alibi=False, parallel_attn=True),
    "mpt": lambda: hf.MptConfig(
        vocab_size=VOCABULARY, d_model=8, n_heads=2, n_layers=1, expansion_ratio=4, max_seq_len=64),
    "stablelm": lambda: hf.StableLmConfig(**SIZES, use_qkv_bias=True, partial_rotary_factor=0.5),
    "stablelm-12b": lambda: hf.StableLmConfig(
        **SIZES, qk_layernorm=True, use_parallel_residual=True, partial_rotary_factor=0.5),
    "starcoder2": lambda: hf.Starcoder2Config(**SIZES),
    "bloom": lambda: hf.BloomConfig(vocab_size=VOCABULARY, hidden_size=8, n_layer=1, n_head=2),
    "olmo": lambda: hf.OlmoConfig(**SIZES, clip_qkv=8.0),
    "olmo2": lambda: hf.Olmo2Config(**SIZES),
    "olmo3": lambda: hf.Olmo3Config(**{**SIZES, "num_hidden_layers": 5}, sliding_window=32),
    "granite": lambda: hf.GraniteConfig(
        **SIZES, attention_multiplier=0.015625, embedding_multiplier=12.0, residual_multiplier=0.22, logits_scaling=8.0),
    "smollm3": lambda: hf.SmolLM3Config(
        **{**SIZES, "num_hidden_layers": 5}, pad_token_id=0, bos_token_id=1, eos_token_id=2),
    "mamba": lambda: hf.MambaConfig(
        vocab_size=8, hidden_size=8, state_size=4, num_hidden_layers=1, intermediate_size=16, time_step_rank=1),
}


def write_vocabulary(self):
    """The converter would look for a tokenizer; these models have none."""
    count = self.hparams["vocab_size"]
    self.gguf_writer.add_tokenizer_model("gpt2")
    self.gguf_writer.add_tokenizer_pre("gpt-2")
    self.gguf_writer.add_token_list([f"<{index}>" for index in range(count)])
    self.gguf_writer.add_token_types([gguf.TokenType.NORMAL] * count)
    self.gguf_writer.add_token_merges([])
    self.gguf_writer.add_bos_token_id(1)
    self.gguf_writer.add_eos_token_id(2)


def keys_of_older_configurations(name, configuration):
    """Keys that the published models have, the converter reads and transformers 5 no longer writes."""
    if name == "gptneox":
        configuration["rotary_pct"] = configuration["rope_parameters"]["partial_rotary_factor"]
    if name == "falcon-7b":
        configuration["num_kv_heads"] = 1
    return configuration


def stack_head_norms(self, data, name, layer):
    """What StableLMModel.modify_tensors means to do: its `return` of a generator inside a generator drops the norms."""
    if "layernorm.norms" not in name:
        yield from ModelBase.modify_tensors(self, data, name, layer)
        return
    norms = self.__dict__.setdefault("norms", {}).setdefault(name.split(".norms.")[0], [])
    norms.append(data)
    heads = self.hparams["num_attention_heads" if "q_layernorm" in name else "num_key_value_heads"]
    if len(norms) == heads:
        merged = name.split(".norms.")[0] + ".weight"
        yield from ModelBase.modify_tensors(self, torch.stack(norms), merged, layer)


def make(name, folder):
    torch.manual_seed(sum(name.encode()))
    model = hf.AutoModelForCausalLM.from_config(MODELS[name]()).float()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randint(-128, 129, parameter.shape).float() / 64)
    with tempfile.TemporaryDirectory() as saved:
        saved = Path(saved)
        model.save_pretrained(saved)
        path = saved / "config.json"
        configuration = keys_of_older_configurations(name, json.loads(path.read_text()))
        path.write_text(json.dumps(configuration))
        if name == "gemma3":
            vocabulary = {str(index): index for index in range(VOCABULARY)}
            (saved / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocabulary}, "added_tokens": []}))
        ModelBase.load_hparams = staticmethod(lambda *_, **__: dict(configuration))
        architecture = configuration["architectures"][0]
        converter = conversion.get_model_class({"MptForCausalLM": "MPTForCausalLM"}.get(architecture, architecture))
        converter.set_vocab = write_vocabulary
        if name == "stablelm-12b":
            converter.prepare_tensors = ModelBase.prepare_tensors
            converter.modify_tensors = stack_head_norms
        converter(saved, gguf.LlamaFileType.ALL_F32, folder / f"{name}.gguf").write()
        tensors = load_file(saved / "model.safetensors")
    save_file(dict(sorted(tensors.items())), folder / f"{name}.safetensors")
    for key in ("transformers_version", "architectures", "dtype"):
        configuration.pop(key, None)
    text = json.dumps(configuration, indent=1, sort_keys=True)
    (folder / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    target = Path(__file__).parent / "families"
    target.mkdir(exist_ok=True)
    for name in sys.argv[1:] or MODELS:
        make(name, target)
        print("made", name)
