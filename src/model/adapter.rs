//! Folders of PEFT, which hold an adapter and not the model that it changes.

use std::path::Path;

use serde_json::Value;

use crate::error::{ModelError, Result};
use crate::files::{self, MOST_SETTINGS};

/// The file that describes an adapter.
const CONFIGURATION: &str = "adapter_config.json";

/// The error for a folder without a model of its own, where it is that of an adapter.
///
/// # Errors
/// [`ModelError`] where the adapter's description is there and cannot be read.
pub fn fault(folder: &Path) -> Result<Option<ModelError>> {
    let file = folder.join(CONFIGURATION);
    if !files::is_there(&file)? {
        return Ok(None);
    }
    let text = files::read_text(&file, MOST_SETTINGS, "the description of an adapter")?;
    // A damaged description is one of an adapter all the same.
    let values = serde_json::from_str::<Value>(&text).unwrap_or_default();
    let key = |key: &str| values.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let kind = key("peft_type").map(|kind| format!(" ({kind})")).unwrap_or_default();
    let of = key("base_model_name_or_path").map(|base| format!(" of `{base}`")).unwrap_or_default();
    Ok(Some(ModelError::NoModel {
        path: folder.to_path_buf(),
        found: format!("an adapter{kind}{of}, not a complete model"),
        remedy: "merge it into its model first: python -c \"from peft import AutoPeftModelForCausalLM as M; \
                 M.from_pretrained('DIR').merge_and_unload().save_pretrained('MERGED')\", and save its tokenizer there too"
            .to_string(),
    }))
}
