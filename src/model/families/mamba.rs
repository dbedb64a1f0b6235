//! Mamba (arXiv 2312.00752).

use super::super::error::Result;
use super::parts::{head, root_mean_square};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{Architecture, Embedding, Layer, Linear, MambaLayer};

/// Reads a Mamba configuration.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    let hidden = configuration.size(&["hidden_size", "d_model"])?;
    let inner = match configuration.size_if(&["intermediate_size", "d_inner"])? {
        Some(inner) => inner,
        // Of a share too, the whole numbers count.
        None => {
            let expansion = configuration.positive_or(&["expand"], 2.0)?;
            let inner = (expansion * hidden as f64) as usize;
            if !(1..=1 << 31).contains(&inner) {
                let expected = format!("a factor that makes a width of {hidden}");
                return Err(configuration.unexpected("expand", &expansion.into(), expected));
            }
            inner
        }
    };
    let states = configuration.size_or(&["state_size"], 16)?;
    let kernel = configuration.size_or(&["conv_kernel"], 4)?;
    let rank = match configuration.value("time_step_rank") {
        Some(serde_json::Value::String(text)) if text == "auto" => hidden.div_ceil(16),
        _ => configuration.size_or(&["time_step_rank"], hidden.div_ceil(16))?,
    };
    let epsilon = configuration.number_or(&["layer_norm_epsilon"], 1e-5)?;
    let bias = configuration.flag_or("use_bias", false)?;
    let convolution_bias = configuration.flag_or("use_conv_bias", true)?;
    match configuration.text("hidden_act")? {
        None | Some("silu" | "swish") => {}
        Some(other) => return Err(configuration.not_covered("hidden_act", format_args!("`{other}`"), "silu")),
    }
    let layer = |index: usize| {
        let base = format!("backbone.layers.{index}");
        let name = |part: &str| format!("{base}.mixer.{part}");
        Layer::Mamba(Box::new(MambaLayer {
            norm: root_mean_square(&format!("{base}.norm"), hidden, epsilon),
            inner,
            states,
            kernel,
            rank,
            input: Linear::new(&name("in_proj"), hidden, 2 * inner, bias),
            convolution: name("conv1d.weight"),
            convolution_bias: convolution_bias.then(|| name("conv1d.bias")),
            selection: Linear::new(&name("x_proj"), inner, rank + 2 * states, false),
            time_step: Linear::new(&name("dt_proj"), rank, inner, true),
            log_decay: name("A_log"),
            direct: name("D"),
            output: Linear::new(&name("out_proj"), inner, hidden, bias),
        }))
    };
    Architecture::of(
        configuration,
        Embedding::new("backbone.embeddings.weight", hidden),
        (0..configuration.multiplicity(&["num_hidden_layers", "n_layer"])?).map(|index| Ok(layer(index))),
        Some(root_mean_square("backbone.norm_f", hidden, epsilon)),
        head(configuration, "lm_head.weight", "backbone.embeddings.weight", true)?,
    )
}
