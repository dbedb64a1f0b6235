//! Figures as files hold them: rounded, so that a file is the same on every machine.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Number, Value};

/// Decimals of figures.
const DECIMALS: i32 = 6;
/// Decimals of the gap between a value and its bound.
const DECIMALS_OF_GAP: i32 = 12;

/// A value with all its figures rounded to six decimals.
///
/// By their names: `settings` stay as they are, and shares (`weights`, `prior_weights`), which add up to exactly 1; a
/// `bound` is rounded up, and so is a `gap`, to twelve decimals.
pub(crate) fn rounded<T: Serialize + DeserializeOwned>(value: T) -> T {
    walked(value, &|key, number| match key {
        "bound" => up(number, DECIMALS),
        "gap" => up(number, DECIMALS_OF_GAP),
        _ => near(number),
    })
}

/// The same with eight significant digits, for what is computed with again: sums of squares may be small. `residuals` have
/// six decimals.
pub(crate) fn significant<T: Serialize + DeserializeOwned>(value: T) -> T {
    walked(value, &|key, number| match key {
        "residuals" => near(number),
        _ => format!("{number:.7e}").parse().unwrap_or(number),
    })
}

/// Puts every number in the place of what `round` makes of it and of the key that it or its list stands under.
fn walked<T: Serialize + DeserializeOwned>(value: T, round: &dyn Fn(&str, f64) -> f64) -> T {
    let Ok(mut tree) = serde_json::to_value(&value) else { return value };
    walk(&mut tree, "", round);
    // Only what is no number (a `NaN`) would not read back; there is nothing to round then.
    serde_json::from_value(tree).unwrap_or(value)
}

fn walk(tree: &mut Value, key: &str, round: &dyn Fn(&str, f64) -> f64) {
    match tree {
        Value::Number(number) if number.is_f64() => {
            if let Some(rounded) = number.as_f64().and_then(|value| Number::from_f64(round(key, value))) {
                *number = rounded;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| walk(value, key, round)),
        Value::Object(entries) => {
            for (key, value) in entries.iter_mut().filter(|(key, value)| !is_exact(key, value)) {
                walk(value, key, round);
            }
        }
        _ => {}
    }
}

/// Whether an entry stays as it is: settings, and the shares of a mixture.
fn is_exact(key: &str, value: &Value) -> bool {
    let numbers = |value: &Value| value.as_object().is_some_and(|entries| entries.values().all(Value::is_number));
    key == "settings" || (matches!(key, "weights" | "prior_weights") && numbers(value))
}

fn near(value: f64) -> f64 {
    let factor = 10_f64.powi(DECIMALS);
    let result = (value * factor).round() / factor;
    // A negative zero would print as -0.
    if result == 0.0 { 0.0 } else { result }
}

fn up(value: f64, decimals: i32) -> f64 {
    let factor = 10_f64.powi(decimals);
    (value * factor).ceil() / factor
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_are_rounded_by_their_names() {
        let found = rounded(json!({
            "pearson": 0.123_456_78, "negative": -1e-9, "models": 19, "text": "a",
            "bound": 0.976_700_000_000_3, "gap": 3e-15,
            "weights": { "a": 0.123_456_789 }, "nested": [{ "p": 0.000_999_000_999 }],
            "settings": { "within": 0.123_456_789 }, "trust": { "weights": { "a": { "present": 0.123_456_789 } } }
        }));
        let expected = json!({
            "pearson": 0.123_457, "negative": 0.0, "models": 19, "text": "a",
            "bound": 0.976_701, "gap": 1e-12,
            "weights": { "a": 0.123_456_789 }, "nested": [{ "p": 0.000_999 }],
            "settings": { "within": 0.123_456_789 }, "trust": { "weights": { "a": { "present": 0.123_457 } } }
        });
        assert_eq!(found, expected);
        let found = significant(json!({ "sum_of_squares": 1.234_567_891e-9, "residuals": [0.123_456_78] }));
        assert_eq!(found, json!({ "sum_of_squares": 1.234_567_9e-9, "residuals": [0.123_457] }));
    }
}
