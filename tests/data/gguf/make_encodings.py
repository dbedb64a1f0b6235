"""Makes encodings.gguf, random blocks of every stored type, and encodings.safetensors, what the gguf package reads in them.

Layer N of the file has as `ffn_up` two rows of 512 numbers of the Nth type below.

Usage: python make_encodings.py
"""

from pathlib import Path

import gguf
import numpy as np
from gguf.quants import dequantize
from safetensors.numpy import save_file

NAMES = "F32 F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K".split()
ROWS, COLUMNS = 2, 512

here = Path(__file__).parent
random = np.random.default_rng(7)
writer = gguf.GGUFWriter(here / "encodings.gguf", "llama")
writer.add_block_count(len(NAMES))
writer.add_context_length(16)
writer.add_embedding_length(8)
writer.add_feed_forward_length(16)
writer.add_head_count(2)
writer.add_layer_norm_rms_eps(1e-6)
writer.add_tensor("token_embd.weight", np.zeros((2, 8), np.float32))
expected = {"model.embed_tokens.weight": np.zeros((2, 8), np.float32)}
for layer, name in enumerate(NAMES):
    kind = gguf.GGMLQuantizationType[name]
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    while True:
        blocks = random.integers(0, 256, (ROWS, COLUMNS // elements * size), np.uint8)
        if name in ("F32", "F16", "BF16"):
            blocks = random.standard_normal((ROWS, COLUMNS), np.float32)
            blocks = gguf.quants.quantize(blocks, kind).view(np.uint8).reshape(ROWS, -1)
        else:  # without the scales' highest exponents, most draws hold no infinity
            blocks &= 0xBF
        values = dequantize(blocks if name != "F32" else blocks.view(np.float32), kind).astype(np.float32)
        if np.isfinite(values).all():
            break
    writer.add_tensor(f"blk.{layer}.ffn_up.weight", blocks, raw_dtype=kind)
    expected[f"model.layers.{layer}.mlp.up_proj.weight"] = np.ascontiguousarray(values.reshape(ROWS, COLUMNS))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
save_file(expected, here / "encodings.safetensors")
