//! Numbers as people write them: `3M`, `1.5k`.

use std::borrow::Cow;
use std::str::FromStr;

/// A count; as text it may end in `k`, `M` or `G` (thousands, millions, thousands of millions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Count(pub u64);

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || format!("`{text}` is no count; expected a whole number such as 1900, 3M or 1.5k");
        let trimmed = text.trim();
        let (digits, zeros) = match trimmed.char_indices().next_back() {
            Some((at, 'k' | 'K')) => (&trimmed[..at], 3),
            Some((at, 'M' | 'm')) => (&trimmed[..at], 6),
            Some((at, 'G' | 'g' | 'B' | 'b')) => (&trimmed[..at], 9),
            _ => (trimmed, 0),
        };
        // Decimals are shifted as text, so that every count is exact.
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let padding = usize::checked_sub(zeros, fraction.len()).ok_or_else(fault)?;
        if whole.is_empty() || !is_number(whole) || !is_number(fraction) || digits.ends_with('.') {
            return Err(fault());
        }
        format!("{whole}{fraction}{}", "0".repeat(padding)).parse().map(Self).map_err(|_| fault())
    }
}

impl<'de> serde::Deserialize<'de> for Count {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Count;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("a count such as 1900, 3M or 1.5k")
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Count, E> {
                Ok(Count(value))
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Count, E> {
                u64::try_from(value)
                    .map(Count)
                    .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(value), &self))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Count, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl schemars::JsonSchema for Count {
    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A count; as text it may end in k, M or G.",
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?[kKmMgGbB]?$" }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_exact() {
        for (text, count) in [
            ("0", 0),
            ("1900", 1900),
            ("3M", 3_000_000),
            ("1.5k", 1500),
            ("0.25G", 250_000_000),
            ("1.000001M", 1_000_001),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(Count(count)), "{text}");
        }
        for bad in
            ["", "k", "-1", "1.5", "1.0001k", "3 M", "1.k", ".5k", "1e6", "3MM", "18446744073709551616", "³", "9字"]
        {
            assert!(bad.parse::<Count>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_may_hold_numbers_or_text() {
        let counts: Vec<Count> = serde_saphyr::from_str("[12, 3M, \"1.5k\"]").unwrap();
        assert_eq!(counts, [Count(12), Count(3_000_000), Count(1500)]);
        assert!(serde_saphyr::from_str::<Vec<Count>>("[-1]").is_err());
    }
}
