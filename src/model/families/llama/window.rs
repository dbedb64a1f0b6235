//! Which layers of Llama's kin rotate, and which see a window of keys only.

use super::super::super::error::Result;
use super::Reader;
use super::kin::{Every, Rotation, SlidingLayers, Window};

/// Keys that a window has where a family whose layers mostly slide does not say.
const KEYS: usize = 4096;

impl Reader<'_> {
    /// Whether layer `index` rotates queries and keys.
    pub fn rotates(&self, index: usize) -> Result<bool> {
        match self.kin.rotation {
            Rotation::All => Ok(true),
            Rotation::Sliding => self.slides(index),
            Rotation::SlidingIfAny => Ok(self.window_width()?.is_none() || self.slides(index)?),
            Rotation::Listed if self.configuration.value("no_rope_layers").is_some() => {
                let layers = self.configuration.numbers("no_rope_layers")?;
                Ok(layers.get(index).is_none_or(|&rotates| rotates != 0.0))
            }
            Rotation::Listed => {
                Ok(!(index + 1).is_multiple_of(self.configuration.size_or(&["no_rope_layer_interval"], 4)?))
            }
        }
    }

    /// Of the families in which most layers slide: whether layer `index` does.
    pub fn slides(&self, index: usize) -> Result<bool> {
        let Window::Most { every } = self.kin.window else { return Ok(false) };
        if self.window_width()?.is_none() {
            return Ok(false);
        }
        if let Some(types) = self.configuration.texts("layer_types")? {
            return Ok(types.get(index) == Some(&"sliding_attention"));
        }
        let every = match every {
            Every::Fixed(every) => every,
            Every::Pattern(default) => self.configuration.size_or(&["sliding_window_pattern"], default)?,
        };
        Ok(!(index + 1).is_multiple_of(every))
    }

    /// Keys that a sliding layer of theirs sees.
    fn window_width(&self) -> Result<Option<usize>> {
        self.sliding_window(Some(KEYS))
    }

    /// `sliding_window`, or `default` where there is no such key.
    fn sliding_window(&self, default: Option<usize>) -> Result<Option<usize>> {
        if self.configuration.has("sliding_window") {
            self.configuration.size_if(&["sliding_window"])
        } else {
            Ok(default)
        }
    }

    /// Keys that a query of layer `index` sees, itself included; all before it where absent.
    pub fn window(&self, index: usize) -> Result<Option<usize>> {
        match self.kin.window {
            Window::None => Ok(None),
            Window::All { default } => self.sliding_window(default),
            Window::Most { .. } => {
                if self.slides(index)? {
                    self.window_width()
                } else {
                    Ok(None)
                }
            }
            Window::Optional { layers, default } => {
                if !self.configuration.flag_or("use_sliding_window", false)? {
                    return Ok(None);
                }
                let slides = self.slides_where_on(index, layers)?;
                let window = self.sliding_window(default)?;
                Ok(window.filter(|_| slides))
            }
        }
    }

    fn slides_where_on(&self, index: usize, layers: SlidingLayers) -> Result<bool> {
        Ok(match (layers, self.configuration.texts("layer_types")?) {
            (SlidingLayers::All, _) => true,
            (_, Some(types)) => types.get(index) == Some(&"sliding_attention"),
            (SlidingLayers::Unrotated, None) => !self.rotates(index)?,
            (SlidingLayers::From(default), None) => {
                index >= self.configuration.count_or("max_window_layers", default)?
            }
        })
    }
}
