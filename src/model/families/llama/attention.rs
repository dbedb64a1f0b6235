//! Attention in Llama's kin.

use super::super::super::error::Result;
use super::super::parts::{head_width, layer_norm, root_mean_square, rotated, share};
use super::Reader;
use super::kin::{HeadNormStyle, HeadWidth};
use crate::architecture::description::{Attention, HeadNorm, Linear, Projections};
use crate::architecture::rotary::{Rotary, Scaling};

impl Reader<'_> {
    /// The attention of layer `index`, whose tensors begin with `base`.
    pub fn attention(&self, index: usize, base: &str) -> Result<Attention> {
        let (configuration, kin) = (self.configuration, self.kin);
        let heads = configuration.multiplicity(&["num_attention_heads"])?;
        // What an absent key means differs by family; `null` means as many as query heads.
        let key_value_heads = match kin.key_value_heads {
            Some(default) => configuration.multiplicity_unless_null("num_key_value_heads", default)?,
            None => configuration.multiplicity_if(&["num_key_value_heads"])?,
        }
        .unwrap_or(heads);
        share(configuration, "num_key_value_heads", heads, key_value_heads)?;
        let width = match kin.head_width {
            HeadWidth::Default(width) if !configuration.has("head_dim") => width,
            HeadWidth::Shared => share(configuration, "num_attention_heads", self.hidden, heads)?,
            _ => head_width(configuration, self.hidden, heads)?,
        };
        let input_bias = kin.attention_bias.read(configuration)?;
        let output_bias = kin.output_bias.read(configuration)?;
        let name = |part: &str| format!("{base}.{part}");
        Ok(Attention {
            clip: if kin.clip { configuration.number_if(&["clip_qkv"])? } else { None },
            query_norm: self.head_norm(&name("q_norm"), heads, width)?,
            key_norm: self.head_norm(&name("k_norm"), key_value_heads, width)?,
            rotary: self.rotary(index, width)?,
            scale: if kin.multipliers { self.multiplier("attention_multiplier")? } else { (width as f64).powf(-0.5) },
            window: self.window(index)?,
            ..Attention::new(
                [heads, key_value_heads],
                width,
                Projections::separate(&name, [heads, key_value_heads], width, self.hidden, input_bias),
                Linear::new(&name("o_proj"), heads * width, self.hidden, output_bias),
            )
        })
    }

    fn head_norm(&self, name: &str, heads: usize, width: usize) -> Result<Option<HeadNorm>> {
        Ok(match self.kin.head_norm {
            HeadNormStyle::None => None,
            HeadNormStyle::Head => Some(HeadNorm::Head(root_mean_square(name, width, self.epsilon))),
            HeadNormStyle::Whole => Some(HeadNorm::Whole(root_mean_square(name, heads * width, self.epsilon))),
            HeadNormStyle::Rows => self
                .configuration
                .flag_or("use_qk_norm", false)?
                .then(|| HeadNorm::Rows(layer_norm(name, width, self.epsilon, false), heads)),
        })
    }

    fn rotary(&self, index: usize, width: usize) -> Result<Option<Rotary>> {
        if !self.rotates(index)? {
            return Ok(None);
        }
        let (configuration, kin) = (self.configuration, self.kin);
        let width = match kin.partial_rotary {
            Some(default) => rotated(configuration, &["partial_rotary_factor"], width, default)?,
            None => width,
        };
        let slides = self.slides(index)?;
        let kind = if slides { "sliding_attention" } else { "full_attention" };
        let mut rotary = Rotary::read(configuration, Some(kind), width, kin.rotary_base)?;
        let apart = configuration.inner("rope_parameters")?.is_some_and(|parameters| parameters.has(kind));
        if kin.sliding_unscaled && slides && !apart {
            rotary.scaling = Scaling::None;
        }
        rotary.interleaved = kin.interleaved;
        Ok(Some(rotary))
    }
}
