//! How a file stretches the rotary positions, in Hugging Face's terms.

use serde_json::{Map, Value, json};

use super::dequantise::StoredRows;
use super::keys::Keys;
use crate::error::Result;

/// The only values that Llama 3.1 to 3.3 were published with: low and high frequency factor, trained positions.
const LLAMA3: (f64, f64, f64) = (1.0, 4.0, 8192.0);
/// How far a factor recomputed from the configuration may be from the file's, as a share: 32-bit floats have 6e-8.
const TOLERANCE: f64 = 1e-5;

/// Sets `rope_scaling` where the file has one; `true` where the tensor `rope_freqs.weight` says more than the
/// configuration can.
pub(super) fn scaling(keys: &Keys<'_>, values: &mut Map<String, Value>) -> Result<bool> {
    let original = keys.whole("rope.scaling.original_context_length")?;
    if let (Some(long), Some(short)) =
        (factors(keys, "rope_factors_long.weight")?, factors(keys, "rope_factors_short.weight")?)
    {
        let mut scaling = Map::new();
        scaling.insert("rope_type".into(), json!("longrope"));
        scaling.insert("type".into(), json!("longrope"));
        scaling.insert("long_factor".into(), json!(long));
        scaling.insert("short_factor".into(), json!(short));
        if let Some(factor) = keys.number("rope.scaling.attn_factor")? {
            scaling.insert("attention_factor".into(), json!(factor));
        }
        values.insert("rope_scaling".into(), Value::Object(scaling));
        values.insert("original_max_position_embeddings".into(), json!(original));
        return Ok(false);
    }
    if let Some(original) = original {
        values.insert("original_max_position_embeddings".into(), json!(original));
    }
    if let Some(factors) = factors(keys, "rope_freqs.weight")? {
        if factors.iter().all(|&factor| factor == 1.0) {
            return Ok(false);
        }
        let theta = keys.number("rope.freq_base")?.unwrap_or(10_000.0);
        let Some((factor, low, high, original)) = llama3(&factors, theta) else { return Ok(true) };
        values.insert(
            "rope_scaling".into(),
            json!({
                "rope_type": "llama3",
                "factor": factor,
                "low_freq_factor": low,
                "high_freq_factor": high,
                "original_max_position_embeddings": original,
            }),
        );
        return Ok(false);
    }
    // Before it had types, the format had a scale for linear stretching.
    let old = keys.number("rope.scale_linear")?.filter(|&scale| scale != 1.0 && scale != 0.0);
    let kind = keys.file().text(&keys.key("rope.scaling.type"))?;
    let factor = keys.number("rope.scaling.factor")?.or(old);
    let scaling = match (kind, factor) {
        (None | Some("linear"), Some(factor)) if factor != 1.0 => {
            json!({"rope_type": "linear", "type": "linear", "factor": factor})
        }
        (Some("yarn"), Some(factor)) => {
            let mut scaling = Map::new();
            scaling.insert("rope_type".into(), json!("yarn"));
            scaling.insert("type".into(), json!("yarn"));
            scaling.insert("factor".into(), json!(factor));
            scaling.insert("original_max_position_embeddings".into(), json!(original));
            for (name, key) in [
                ("attention_factor", "rope.scaling.yarn_attn_factor"),
                ("beta_fast", "rope.scaling.yarn_beta_fast"),
                ("beta_slow", "rope.scaling.yarn_beta_slow"),
            ] {
                if let Some(value) = keys.number(key)? {
                    scaling.insert(name.into(), json!(value));
                }
            }
            Value::Object(scaling)
        }
        (None | Some("none" | "linear" | "longrope"), _) => Value::Null,
        (Some(_), _) => {
            return Err(keys
                .file()
                .unexpected(&keys.key("rope.scaling.type"), "`none`, `linear`, `yarn` with a factor, or `longrope`"));
        }
    };
    values.insert("rope_scaling".into(), scaling);
    Ok(false)
}

/// The numbers of a tensor of factors.
fn factors(keys: &Keys<'_>, name: &str) -> Result<Option<Vec<f64>>> {
    let file = keys.file();
    let Some(tensor) = file.tensor(name) else { return Ok(None) };
    let rows = StoredRows { bytes: file.tensor_bytes(tensor), encoding: tensor.encoding, columns: tensor.columns() };
    let count = tensor.shape.iter().rev().skip(1).product();
    let error = |found: String| super::header::tensor_error(file.path(), name, found, "positive factors");
    let values = rows.read(count, |row| row).map_err(error)?;
    if let Some(bad) = values.iter().find(|value| !value.is_finite() || **value <= 0.0) {
        return Err(super::header::tensor_error(file.path(), name, format!("holds {bad}"), "positive factors"));
    }
    // The decimals that were rounded to 32 bits.
    Ok(Some(values.iter().map(|value| value.to_string().parse().unwrap_or(f64::from(*value))).collect()))
}

/// What Llama 3.1 divides the frequency with this wavelength by.
fn llama3_factor(wavelength: f64, factor: f64, low: f64, high: f64, original: f64) -> f64 {
    if wavelength < original / high {
        1.0
    } else if wavelength > original / low {
        factor
    } else {
        let smooth = (original / wavelength - low) / (high - low);
        1.0 / ((1.0 - smooth) / factor + smooth)
    }
}

/// `factor`, `low_freq_factor`, `high_freq_factor` and `original_max_position_embeddings` that give `factors`; `None`
/// where none do.
///
/// Between the two wavelengths, `original / wavelength` is linear in the smoothing that a factor shows. Its slope and
/// intercept give two of the three unknowns; the scale is free (only the quotients of `original` matter) and is set by
/// `low_freq_factor` of 1, as published.
fn llama3(factors: &[f64], theta: f64) -> Option<(f64, f64, f64, f64)> {
    let factor = factors.iter().copied().fold(1.0, f64::max);
    let wavelengths: Vec<f64> = (0..factors.len())
        .map(|index| std::f64::consts::TAU * theta.powf(index as f64 / factors.len() as f64))
        .collect();
    let fits = |low: f64, high: f64, original: f64| {
        wavelengths.iter().zip(factors).all(|(&wavelength, &found)| {
            let expected = llama3_factor(wavelength, factor, low, high, original);
            (expected - found).abs() <= TOLERANCE * found
        })
    };
    let (low, high, original) = LLAMA3;
    if fits(low, high, original) {
        return Some((factor, low, high, original));
    }
    let between: Vec<(f64, f64)> = wavelengths
        .iter()
        .zip(factors)
        .filter(|(_, found)| **found > 1.0 && **found < factor)
        .map(|(&wavelength, &found)| (1.0 / wavelength, (1.0 / found - 1.0 / factor) / (1.0 - 1.0 / factor)))
        .collect();
    let (&(first_x, first_y), &(last_x, last_y)) = (between.first()?, between.last()?);
    // smooth = original / (high - low) / wavelength - low / (high - low), with low = 1.
    let slope = (first_y - last_y) / (first_x - last_x);
    let intercept = first_y - slope * first_x;
    let high = 1.0 - 1.0 / intercept;
    let original = slope * (high - 1.0);
    let (high, original) = ((high * 1e4).round() / 1e4, original.round());
    (high > 1.0 && original > 0.0 && fits(1.0, high, original)).then_some((factor, 1.0, high, original))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(count: usize, theta: f64, factor: f64, low: f64, high: f64, original: f64) -> Vec<f64> {
        (0..count)
            .map(|index| std::f64::consts::TAU * theta.powf(index as f64 / count as f64))
            .map(|wavelength| f64::from(llama3_factor(wavelength, factor, low, high, original) as f32))
            .collect()
    }

    #[test]
    fn the_parameters_come_back_from_the_factors() {
        // Llama 3.1 8B, Llama 3.2 1B, and two that nobody published.
        for (count, theta, factor, high, original) in [
            (64, 500_000.0, 8.0, 4.0, 8192.0),
            (32, 500_000.0, 32.0, 4.0, 8192.0),
            (64, 500_000.0, 4.0, 8.0, 4096.0),
            (64, 1_000_000.0, 16.0, 4.0, 32768.0),
        ] {
            let factors = made(count, theta, factor, 1.0, high, original);
            assert_eq!(llama3(&factors, theta), Some((factor, 1.0, high, original)));
        }
    }

    #[test]
    fn only_quotients_of_the_positions_matter() {
        // low 2, high 8 and 16384 positions are low 1, high 4 and 8192.
        let factors = made(64, 500_000.0, 8.0, 2.0, 8.0, 16384.0);
        assert_eq!(llama3(&factors, 500_000.0), Some((8.0, 1.0, 4.0, 8192.0)));
    }

    #[test]
    fn other_factors_are_not_taken_for_llamas() {
        let mut factors = made(64, 500_000.0, 8.0, 1.0, 4.0, 8192.0);
        factors[40] *= 1.01;
        assert_eq!(llama3(&factors, 500_000.0), None);
    }
}
