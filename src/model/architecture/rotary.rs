//! Rotary position embeddings (arXiv 2104.09864) and the ways to stretch them.
//!
//! Frequencies and angles are rounded to 32 bits where the models' reference implementations round them, whatever the type
//! of the weights: angles in 16 bits destroy a model beyond a few hundred tokens.

use crate::architecture::configuration::Configuration;
use crate::error::Result;

/// Rotation of the leading part of every query and key head.
#[derive(Debug, Clone, PartialEq)]
pub struct Rotary {
    /// Numbers of a head that are rotated.
    pub width: usize,
    /// Whether a pair stands side by side; else the first half is rotated with the second half.
    pub interleaved: bool,
    /// Base of the wavelengths.
    pub base: f64,
    /// How the wavelengths are stretched.
    pub scaling: Scaling,
}

/// Ways to stretch the wavelengths.
#[derive(Debug, Clone, PartialEq)]
pub enum Scaling {
    /// Not at all.
    None,
    /// All frequencies divided by a factor (position interpolation, arXiv 2306.15595).
    Linear { factor: f64 },
    /// A base that grows with the window beyond the trained length.
    Dynamic { factor: f64, trained: f64 },
    /// Low frequencies divided by a factor, high ones kept (Llama 3.1).
    Llama3 { factor: f64, low: f64, high: f64, trained: f64 },
    /// YaRN (arXiv 2309.00071): a ramp between kept and divided frequencies, and a factor on the rotated vectors.
    Yarn { factor: f64, fast: f64, slow: f64, trained: f64, truncate: bool, magnitude: f64 },
    /// LongRoPE (arXiv 2402.13753): a divisor for each frequency, other ones beyond the trained length.
    Long { short: Vec<f64>, long: Vec<f64>, trained: usize, magnitude: f64 },
    /// A divisor for each frequency, as stored beside the weights.
    Divisors(Vec<f64>),
}

/// Cosines and sines of the angles, `[positions, width / 2]` in row-major order.
#[derive(Debug, Clone)]
pub struct Angles {
    /// Cosines, times the magnitude.
    pub cosines: Vec<f32>,
    /// Sines, times the magnitude.
    pub sines: Vec<f32>,
}

impl Rotary {
    /// Reads base and scaling from a configuration in the newer form (`rope_parameters`) or the older (`rope_theta` and
    /// `rope_scaling`). `kind`: the layer type, where the parameters differ by it. `width`: numbers of a head that are
    /// rotated.
    ///
    /// # Errors
    /// [`ModelError::Malformed`](crate::ModelError::Malformed) for a scaling that is unknown or lacks a parameter.
    pub fn read(configuration: &Configuration, kind: Option<&str>, width: usize, base: f64) -> Result<Self> {
        let parameters = match (configuration.inner("rope_parameters")?, kind) {
            (Some(all), Some(kind)) if all.has(kind) => all.inner(kind)?,
            (parameters, _) => parameters,
        };
        // Either form may give the base within or beside the parameters.
        let base = configuration.positive_or(&["rope_theta", "rotary_emb_base"], base)?;
        let parameters = match parameters {
            Some(parameters) => Some(parameters),
            None => configuration.inner("rope_scaling")?,
        };
        let base = match &parameters {
            Some(parameters) => parameters.positive_or(&["rope_theta"], base)?,
            None => base,
        };
        let scaling = match parameters {
            Some(parameters) => Scaling::read(configuration, &parameters, width)?,
            None => Scaling::None,
        };
        Ok(Self { width, base, interleaved: false, scaling })
    }

    /// Whether the angles of a position depend on how long the window is.
    pub fn depends_on_length(&self) -> bool {
        matches!(self.scaling, Scaling::Dynamic { .. } | Scaling::Long { .. })
    }

    /// Angles of the positions `0..length` in a window of that length.
    pub fn angles(&self, length: usize) -> Angles {
        let (frequencies, magnitude) = self.frequencies(length);
        let mut cosines = Vec::with_capacity(length * frequencies.len());
        let mut sines = Vec::with_capacity(length * frequencies.len());
        for position in 0..length {
            for frequency in &frequencies {
                let angle = f64::from(position as f32 * frequency);
                cosines.push((angle.cos() * magnitude) as f32);
                sines.push((angle.sin() * magnitude) as f32);
            }
        }
        Angles { cosines, sines }
    }

    /// Radians a position, by pair, and the factor on the rotated vectors.
    fn frequencies(&self, length: usize) -> (Vec<f32>, f64) {
        let half = self.width / 2;
        let width = self.width as f64;
        let plain = |base: f64| move |pair: usize| base.powf(-(2.0 * pair as f64) / width);
        let divided = |divisors: &[f64]| -> Vec<f32> {
            (0..half).map(|pair| (plain(self.base)(pair) / divisors.get(pair).copied().unwrap_or(1.0)) as f32).collect()
        };
        match &self.scaling {
            Scaling::None => ((0..half).map(|pair| plain(self.base)(pair) as f32).collect(), 1.0),
            Scaling::Linear { factor } => {
                ((0..half).map(|pair| (plain(self.base)(pair) / factor) as f32).collect(), 1.0)
            }
            Scaling::Dynamic { factor, trained } => {
                let length = (length as f64).max(*trained);
                let base = self.base * (factor * length / trained - (factor - 1.0)).powf(width / (width - 2.0));
                ((0..half).map(|pair| plain(base)(pair) as f32).collect(), 1.0)
            }
            Scaling::Llama3 { factor, low, high, trained } => {
                let stretched = |pair| {
                    let frequency = plain(self.base)(pair);
                    let turns = trained * frequency / (2.0 * std::f64::consts::PI);
                    if turns > *high {
                        frequency
                    } else if turns < *low {
                        frequency / factor
                    } else {
                        let smooth = (turns - low) / (high - low);
                        (1.0 - smooth) * frequency / factor + smooth * frequency
                    }
                };
                ((0..half).map(|pair| stretched(pair) as f32).collect(), 1.0)
            }
            Scaling::Yarn { factor, fast, slow, trained, truncate, magnitude } => {
                let dimension =
                    |turns: f64| width * (trained / (turns * 2.0 * std::f64::consts::PI)).ln() / (2.0 * self.base.ln());
                let (mut first, mut last) = (dimension(*fast), dimension(*slow));
                if *truncate {
                    (first, last) = (first.floor(), last.ceil());
                }
                (first, last) = (first.max(0.0), last.min(width - 1.0));
                if first == last {
                    last += 0.001;
                }
                let ramped = |pair: usize| {
                    let divided = ((pair as f64 - first) / (last - first)).clamp(0.0, 1.0);
                    let frequency = plain(self.base)(pair);
                    frequency / factor * divided + frequency * (1.0 - divided)
                };
                ((0..half).map(|pair| ramped(pair) as f32).collect(), *magnitude)
            }
            Scaling::Long { short, long, trained, magnitude } => {
                (divided(if length > *trained { long } else { short }), *magnitude)
            }
            Scaling::Divisors(divisors) => (divided(divisors), 1.0),
        }
    }
}

impl Scaling {
    fn read(configuration: &Configuration, parameters: &Configuration, width: usize) -> Result<Self> {
        let key = if parameters.has("rope_type") { "rope_type" } else { "type" };
        let trained_or_most = || -> Result<f64> {
            const KEY: &str = "original_max_position_embeddings";
            // Where both give it, the configuration's own key counts.
            for holder in [configuration, parameters] {
                if holder.value(KEY).is_some() {
                    return holder.positive(KEY);
                }
            }
            configuration.positive("max_position_embeddings")
        };
        Ok(match parameters.text(key)?.unwrap_or("default") {
            "default" | "mrope" => Self::None,
            "linear" => Self::Linear { factor: parameters.positive("factor")? },
            "dynamic" => Self::Dynamic {
                factor: parameters.positive("factor")?,
                trained: configuration.positive("max_position_embeddings")?,
            },
            "llama3" => Self::Llama3 {
                factor: parameters.positive("factor")?,
                low: parameters.positive("low_freq_factor")?,
                high: parameters.positive("high_freq_factor")?,
                trained: trained_or_most()?,
            },
            // Early files of Phi 3 call their own scaling by this name too.
            "yarn" if !parameters.has("short_factor") => {
                let trained = trained_or_most()?;
                let factor = match parameters.value("factor") {
                    Some(_) => parameters.positive("factor")?,
                    None => configuration.positive("max_position_embeddings")? / trained,
                };
                let grown = |scale: f64| if factor <= 1.0 { 1.0 } else { 0.1 * scale * factor.ln() + 1.0 };
                let magnitude = match parameters.number_if(&["attention_factor"])? {
                    Some(magnitude) => magnitude,
                    None => {
                        let scale = parameters.number_or(&["mscale"], 0.0)?;
                        let all = parameters.number_or(&["mscale_all_dim"], 0.0)?;
                        if scale != 0.0 && all != 0.0 { grown(scale) / grown(all) } else { grown(1.0) }
                    }
                };
                let or = |value: f64, default: f64| if value == 0.0 { default } else { value };
                Self::Yarn {
                    factor,
                    fast: or(parameters.number_or(&["beta_fast"], 0.0)?, 32.0),
                    slow: or(parameters.number_or(&["beta_slow"], 0.0)?, 1.0),
                    trained,
                    truncate: parameters.flag_or("truncate", true)?,
                    magnitude,
                }
            }
            "longrope" | "su" | "yarn" => {
                let trained = trained_or_most()?;
                let factor = match parameters.value("factor") {
                    Some(_) => parameters.positive("factor")?,
                    None => configuration.positive("max_position_embeddings")? / trained,
                };
                let magnitude = match parameters.number_if(&["attention_factor"])? {
                    Some(magnitude) => magnitude,
                    None if factor <= 1.0 => 1.0,
                    None => (1.0 + factor.ln() / trained.ln()).sqrt(),
                };
                let divisors = |key: &str| -> Result<Vec<f64>> {
                    let divisors = parameters.numbers(key)?;
                    if divisors.len() == width / 2 {
                        return Ok(divisors);
                    }
                    let found = serde_json::Value::from(format!("{} numbers", divisors.len()));
                    Err(parameters.unexpected(key, &found, format!("{} numbers, one per rotated pair", width / 2)))
                };
                Self::Long {
                    short: divisors("short_factor")?,
                    long: divisors("long_factor")?,
                    trained: trained as usize,
                    magnitude,
                }
            }
            other => {
                return Err(parameters.not_covered(
                    key,
                    format_args!("`{other}`"),
                    "default, linear, dynamic, llama3, yarn or longrope",
                ));
            }
        })
    }

    /// The factor that YaRN in DeepSeek's form puts on the attention's scale (`mscale_all_dim`, squared).
    pub fn deepseek_scale(configuration: &Configuration) -> Result<f64> {
        let parameters = match configuration.inner("rope_parameters")? {
            Some(parameters) => Some(parameters),
            None => configuration.inner("rope_scaling")?,
        };
        let Some(parameters) = parameters else { return Ok(1.0) };
        let key = if parameters.has("rope_type") { "rope_type" } else { "type" };
        let all = parameters.number_or(&["mscale_all_dim"], 0.0)?;
        if matches!(parameters.text(key)?, None | Some("default")) || all == 0.0 {
            return Ok(1.0);
        }
        let factor = parameters.number("factor")?;
        let grown = if factor <= 1.0 { 1.0 } else { 0.1 * all * factor.ln() + 1.0 };
        Ok(grown * grown)
    }
}
