//! Tensors beside the language model are noted and change nothing; what could take part is refused.

use std::path::Path;

use mixopt_model::{LanguageModel, ModelNote, Window};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use super::bad_models::{check, copy, fault, loaded};

/// Writes the weights anew with tensors of one number more, and without those whose name ends with `without`.
fn with_more(folder: &Path, more: &[&str], without: &str) {
    let file = folder.join("model.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let number = 1f32.to_le_bytes();
    let all = tensors
        .iter()
        .filter(|(name, _)| without.is_empty() || !name.ends_with(without))
        .map(|(name, tensor)| (name.to_string(), tensor))
        .chain(more.iter().map(|name| (name.to_string(), TensorView::new(Dtype::F32, vec![1], &number).unwrap())));
    let written = safetensors::serialize(all, None).unwrap();
    std::fs::write(file, written).unwrap();
}

fn scores(model: &LanguageModel) -> Vec<f32> {
    let window = Window { inputs: &[1, 40, 7, 300, 9], targets: &[40, 7, 300, 9, 2] };
    model.model.log_probabilities(&[window]).unwrap().concat()
}

#[test]
fn what_takes_no_part_is_noted() {
    let beside = [
        "v_head.summary.weight",
        "v_head.summary.bias",
        "score.weight",
        "model.layers.0.self_attn.rotary_emb.inv_freq",
        "model.layers.1.self_attn.rotary_emb.inv_freq",
        "transformer.h.0.attn.masked_bias",
        "vision_tower.blocks.0.norm.weight",
        "model.layers.0.mlp.down_proj.input_scale",
    ];
    let folder = copy("llama");
    let before = loaded(folder.path()).unwrap();
    assert_eq!(before.notes, []);
    with_more(folder.path(), &beside, "");
    let after = loaded(folder.path()).unwrap();
    assert_eq!(scores(&after), scores(&before));
    assert_eq!(after.parameters, before.parameters);
    let mut names = beside.map(str::to_string).to_vec();
    names.sort();
    assert_eq!(after.notes, [ModelNote::UnusedTensors { names }]);
    check(
        &after.notes[0].to_string(),
        &["`model.layers.*.self_attn.rotary_emb.inv_freq` (2)", "`v_head.summary.weight`"],
    );
}

#[test]
fn what_could_take_part_is_refused() {
    for name in [
        "model.layers.0.mlp.down_proj.bias",
        "model.layers.0.mlp.down_proj.weight_scale",
        "model.layers.2.input_layernorm.weight",
        "lm_head.bias",
        "model.layers.0.strange",
    ] {
        let folder = copy("llama");
        with_more(folder.path(), &["v_head.summary.weight", name], "");
        let expected = format!("1 tensors that the architecture `llama` does not use, such as `{name}`");
        check(&fault(folder.path()), &[&expected]);
    }
}

#[test]
fn what_is_missing_stays_an_error() {
    let folder = copy("llama");
    with_more(folder.path(), &["v_head.summary.weight"], "layers.1.mlp.down_proj.weight");
    check(&fault(folder.path()), &["tensor `model.layers.1.mlp.down_proj.weight` is missing"]);
}
