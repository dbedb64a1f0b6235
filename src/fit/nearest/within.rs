//! How far below the best correlation a mixture may stay.

/// How much correlation may be given up for a mixture nearer to the center. Written `1se`, `0.99` or `0.005`.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Within {
    /// So many standard errors of the best correlation.
    StandardErrors(f64),
    /// This share of the best correlation is kept.
    ShareOfBest(f64),
    /// This difference in correlation.
    Difference(f64),
}

impl Default for Within {
    fn default() -> Self {
        Self::StandardErrors(1.0)
    }
}

/// Numbers from here on are shares of the best correlation, those below are differences.
const LEAST_SHARE: f64 = 0.5;

impl Within {
    /// The correlation that has to be reached; `None` where it needs a standard error and there is none.
    pub fn threshold(self, best: f64, standard_error: Option<f64>) -> Option<f64> {
        match self {
            Self::StandardErrors(count) => standard_error.map(|error| best - count * error),
            Self::ShareOfBest(share) => Some(share * best),
            Self::Difference(difference) => Some(best - difference),
        }
    }

    /// In words, as in "within one standard error of the best".
    pub fn in_words(self) -> String {
        match self {
            Self::StandardErrors(1.0) => "within one standard error of".to_string(),
            Self::StandardErrors(count) => format!("within {count} standard errors of"),
            Self::ShareOfBest(share) => format!("at {share} or more of"),
            Self::Difference(difference) => format!("within {difference} of"),
        }
    }
}

impl std::fmt::Display for Within {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::StandardErrors(count) => write!(f, "{count}se"),
            Self::ShareOfBest(share) => write!(f, "{share}"),
            Self::Difference(difference) => write!(f, "{difference}"),
        }
    }
}

impl From<Within> for String {
    fn from(within: Within) -> Self {
        within.to_string()
    }
}

impl TryFrom<String> for Within {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::str::FromStr for Within {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || {
            format!(
                "`{text}`: expected standard errors (`1se`), a share of the best correlation (`0.99`, at least \
                 {LEAST_SHARE}) or a difference in correlation (`0.005`)"
            )
        };
        let number = |part: &str| -> Result<f64, String> {
            part.trim().parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0).ok_or_else(fault)
        };
        if let Some(count) = text.trim().strip_suffix("se") {
            return Ok(Self::StandardErrors(if count.trim().is_empty() { 1.0 } else { number(count)? }));
        }
        match number(text)? {
            value if value > 1.0 => Err(fault()),
            value if value >= LEAST_SHARE => Ok(Self::ShareOfBest(value)),
            value => Ok(Self::Difference(value)),
        }
    }
}

impl schemars::JsonSchema for Within {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Within".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "How much correlation may be given up for a mixture nearer to the prior: `1se` (standard errors), `0.99` (share of the best) or `0.005` (difference).",
            "pattern": "^([0-9.eE+-]*se|[0-9.eE+-]+)$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_are_read_and_written() {
        for (text, expected) in [
            ("1se", Within::StandardErrors(1.0)),
            ("se", Within::StandardErrors(1.0)),
            ("0.5se", Within::StandardErrors(0.5)),
            ("0.99", Within::ShareOfBest(0.99)),
            ("0.005", Within::Difference(0.005)),
            ("0", Within::Difference(0.0)),
            ("1", Within::ShareOfBest(1.0)),
        ] {
            let read: Within = text.parse().unwrap();
            assert_eq!(read, expected);
            assert_eq!(read.to_string().parse::<Within>().unwrap(), expected);
        }
        for bad in ["", "2", "-1se", "x", "0.99x", "nan"] {
            assert!(bad.parse::<Within>().is_err(), "{bad}");
        }
    }

    #[test]
    fn thresholds_are_below_the_best() {
        assert_eq!(Within::StandardErrors(2.0).threshold(0.9, Some(0.05)), Some(0.8));
        assert_eq!(Within::StandardErrors(1.0).threshold(0.9, None), None);
        assert_eq!(Within::ShareOfBest(0.5).threshold(0.9, None), Some(0.45));
        assert_eq!(Within::Difference(0.25).threshold(0.75, None), Some(0.5));
    }
}
