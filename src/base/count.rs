//! Numbers as people write them: `3M`, `1.5k`, `1.2T`, `1e12`.

use std::borrow::Cow;
use std::str::FromStr;

/// A count; as text it may end in `k`, `M`, `G` or `B`, `T` (10³, 10⁶, 10⁹, 10¹²) or in an exponent (`1e12`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Count(pub u64);

/// Suffixes that counts are printed with, and their zeros.
const SUFFIXES: [(char, usize); 4] = [('T', 12), ('B', 9), ('M', 6), ('k', 3)];
/// The greatest whole number up to which a floating-point number (`1e12` in YAML) is exact.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || format!("`{text}` is not a count; expected a whole number such as 1900, 3M or 1.5k");
        let trimmed = text.trim();
        let (digits, zeros) = match trimmed.char_indices().next_back() {
            Some((at, 'k' | 'K')) => (&trimmed[..at], 3),
            Some((at, 'M' | 'm')) => (&trimmed[..at], 6),
            Some((at, 'G' | 'g' | 'B' | 'b')) => (&trimmed[..at], 9),
            Some((at, 'T' | 't')) => (&trimmed[..at], 12),
            _ => match trimmed.split_once(['e', 'E']) {
                // More than two digits of exponent are more than any count has.
                Some((digits, exponent)) if matches!(exponent.len(), 1 | 2) && !exponent.starts_with('+') => {
                    (digits, exponent.parse().map_err(|_| fault())?)
                }
                Some(_) => return Err(fault()),
                None => (trimmed, 0),
            },
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

/// The shortest exact text that reads back as the count: `1.2T`, `350B`, `1234567` as `1.234567M`.
impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.0.to_string();
        match SUFFIXES.iter().find(|(_, zeros)| digits.len() > *zeros) {
            Some(&(suffix, zeros)) => {
                let (whole, fraction) = digits.split_at(digits.len() - zeros);
                match fraction.trim_end_matches('0') {
                    "" => write!(f, "{whole}{suffix}"),
                    fraction => write!(f, "{whole}.{fraction}{suffix}"),
                }
            }
            None => f.write_str(&digits),
        }
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

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Count, E> {
                if value.fract() == 0.0 && (0.0..=MOST_EXACT).contains(&value) {
                    return Ok(Count(value as u64));
                }
                Err(E::invalid_value(serde::de::Unexpected::Float(value), &self))
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
            "description": "A count; as text it may end in k, M, G or B, T, or in an exponent such as e12.",
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?([kKmMgGbBtT]|[eE][0-9]{1,2})?$" }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn suffixes_are_exact() {
        for (text, count) in [
            ("0", 0),
            ("1900", 1900),
            ("3M", 3_000_000),
            ("1.5k", 1500),
            ("0.25G", 250_000_000),
            ("350B", 350_000_000_000),
            ("1.2T", 1_200_000_000_000),
            ("1e12", 1_000_000_000_000),
            ("1.25E3", 1250),
            ("1.000001M", 1_000_001),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(Count(count)), "{text}");
        }
        for bad in [
            "",
            "k",
            "-1",
            "1.5",
            "1.0001k",
            "3 M",
            "1.k",
            ".5k",
            "1e",
            "e6",
            "1e-6",
            "1e+6",
            "1e6k",
            "1e99",
            "3MM",
            "1.25e1",
            "18446744073709551616",
            "³",
            "9字",
        ] {
            assert!(bad.parse::<Count>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_may_hold_numbers_or_text() {
        let counts: Vec<Count> = serde_saphyr::from_str("[12, 3M, \"1.5k\", 1e12, 2.5e3]").unwrap();
        assert_eq!(counts, [12, 3_000_000, 1500, 1_000_000_000_000, 2500].map(Count));
        for bad in ["[-1]", "[1.5]", "[1e300]", "[.nan]", "[.inf]", "[-1e3]"] {
            assert!(serde_saphyr::from_str::<Vec<Count>>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn counts_are_printed_short_and_exact() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1k"),
            (1_234_567, "1.234567M"),
            (350_000_000_000, "350B"),
            (1_200_000_000_000, "1.2T"),
            (1_200_000_000_001, "1.200000000001T"),
        ] {
            assert_eq!(Count(count).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(count: u64, zeros in 0_u32..19) {
            let count = Count(count / 10_u64.pow(zeros));
            prop_assert_eq!(count.to_string().parse(), Ok(count));
        }
    }
}
