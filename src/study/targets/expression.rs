//! What a target is written as: a name, or names with weights.

use crate::error::{Result, StudyError};
use mixopt_base::Setting;

/// One part of a target expression: `math=0.5`.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// A benchmark or a named target.
    pub name: String,
    /// Its weight in the average, before the weights are scaled to sum to one.
    pub weight: f64,
}

/// Reads a target expression: `mmlu`, `gsm8k,math` (plain average) or `math=0.5,coding=0.5` (weighted). What `is_name` knows
/// is a name, whatever signs it has (`mmlu:subject=anatomy`).
///
/// # Errors
/// [`StudyError::Setting`] for a part without a name, a weight that is none, a name that appears twice.
pub fn parse_expression(text: &str, is_name: impl Fn(&str) -> bool) -> Result<Vec<Part>> {
    if is_name(text) {
        return Ok(vec![Part { name: text.to_string(), weight: 1.0 }]);
    }
    let fault = |problem: String| StudyError::Setting {
        setting: Setting::Target,
        found: text.to_string(),
        problem,
        expected: "a name, `a,b` for their average or `a=0.7,b=0.3` for a weighted one".to_string(),
    };
    let mut parts: Vec<Part> = Vec::new();
    let mut weighted = 0;
    for piece in text.split(',').map(str::trim) {
        let (name, weight) = match piece.rsplit_once('=').filter(|_| !is_name(piece)) {
            None => (piece, 1.0),
            Some((name, weight)) => {
                weighted += 1;
                let value: f64 = weight.trim().parse().map_err(|_| fault(format!("`{weight}` is not a number")))?;
                if !(value.is_finite() && value > 0.0) {
                    return Err(fault(format!("the weight {value} is not above 0")));
                }
                (name.trim(), value)
            }
        };
        if name.is_empty() {
            return Err(fault("a name is missing".to_string()));
        }
        if parts.iter().any(|part| part.name == name) {
            return Err(fault(format!("`{name}` appears twice")));
        }
        parts.push(Part { name: name.to_string(), weight });
    }
    if weighted > 0 && weighted < parts.len() {
        return Err(fault("some parts have a weight and some have none".to_string()));
    }
    Ok(parts)
}

/// That weights which do not sum to one were scaled.
pub(crate) fn scaled(parts: &[Part]) -> Option<String> {
    let total: f64 = parts.iter().map(|part| part.weight).sum();
    let is_plain = parts.iter().all(|part| part.weight == 1.0);
    let scaled = parts.iter().map(|part| format!("{}={:.4}", part.name, part.weight / total)).collect::<Vec<_>>();
    (!is_plain && (total - 1.0).abs() > 1e-9)
        .then(|| format!("the target's weights sum to {total} and were scaled to sum to 1: {}", scaled.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_averages_or_weighted_averages() {
        let parts = parse_expression("math=0.5, coding=1.5", |_| false).unwrap();
        assert_eq!(parts[1], Part { name: "coding".into(), weight: 1.5 });
        assert_eq!(parse_expression("gsm8k,math", |_| false).unwrap().len(), 2);
        let name = "mmlu:subject=a,b";
        assert_eq!(parse_expression(name, |text| text == name).unwrap(), [Part { name: name.into(), weight: 1.0 }]);
        let parts = parse_expression("x=a,b=2", |text| text == "x=a").unwrap_err().to_string();
        assert!(parts.contains("some parts have a weight and some have none"), "{parts}");
        let parts = parse_expression("x=a=1,b=2", |text| text == "x=a").unwrap();
        assert_eq!(parts[0], Part { name: "x=a".into(), weight: 1.0 });
        for bad in ["", "a,,b", "a=0,b=1", "a=x", "a=1,b", "a,a", "a=nan"] {
            assert!(parse_expression(bad, |_| false).unwrap_err().is_usage(), "{bad}");
        }
    }
}
