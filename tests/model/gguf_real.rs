//! Real GGUF files, for checks against other readers by hand.
//!
//! `MIXOPT_GGUF_MODEL` names a file. `MIXOPT_GGUF_TENSORS` is where its tensors go as safetensors (32-bit floats), and
//! `MIXOPT_GGUF_TEXT` a JSON list of texts of which the tokens go to the same name with `.tokens.json`. Without the first
//! the test says so and passes.

use std::collections::HashMap;
use std::path::PathBuf;

use candle_core::{DType, Device, Tensor};
use mixopt_model::{GgufModel, TensorSource};

#[test]
fn a_real_file_can_be_read() {
    let Some(model) = std::env::var_os("MIXOPT_GGUF_MODEL").map(PathBuf::from) else {
        println!("skipped: MIXOPT_GGUF_MODEL names no GGUF file");
        return;
    };
    let model = GgufModel::open(&model).unwrap();
    println!("{}", serde_json::to_string_pretty(model.configuration()).unwrap());
    println!("{:?}", model.special_tokens().unwrap());
    let tensors = model.tensors();
    let mut loaded: HashMap<String, Tensor> = HashMap::new();
    for name in tensors.names() {
        let tensor = tensors.load(&name, DType::F32, &Device::Cpu).unwrap();
        assert_eq!(Some(tensor.dims().to_vec()), tensors.shape(&name));
        loaded.insert(name, tensor);
    }
    if let Some(target) = std::env::var_os("MIXOPT_GGUF_TENSORS") {
        candle_core::safetensors::save(&loaded, target).unwrap();
    }
    if let Some(text) = std::env::var_os("MIXOPT_GGUF_TEXT").map(PathBuf::from) {
        let tokenizer = model.tokenizer().unwrap();
        let lines: Vec<String> = serde_json::from_str(&std::fs::read_to_string(&text).unwrap()).unwrap();
        let tokens: Vec<Vec<u32>> =
            lines.iter().map(|line| tokenizer.encode(line.as_str(), true).unwrap().get_ids().to_vec()).collect();
        std::fs::write(text.with_extension("tokens.json"), serde_json::to_string(&tokens).unwrap()).unwrap();
    }
}
