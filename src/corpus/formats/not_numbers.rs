//! `NaN`, `Infinity` and `-Infinity`, which Python and others write into JSON, where JSON has no such numbers.
//!
//! A text is not to be lost for a number beside it that nobody reads. Such a word is exchanged for a marked string of the
//! same length, so that places in messages stay true, and where the value itself is read the mark becomes the word again.

use crate::formats::record::FieldValue;

/// What stands where a number is missing.
pub(crate) const NAN: &str = "NaN";
const INFINITY: &str = "Infinity";
const WORDS: [&str; 3] = [NAN, INFINITY, "-Infinity"];
/// A control character that JSON allows within strings and texts do not have.
const MARK: char = '\u{7f}';

/// A line of JSON with its words that are no numbers as marked strings; `None` where it has none, or the mark itself.
pub(crate) fn marked(line: &str) -> Option<String> {
    if line.contains(MARK) || !line.contains(NAN) && !line.contains(INFINITY) {
        return None;
    }
    let mut marked = String::with_capacity(line.len());
    let mut rest = line;
    let mut any = false;
    while let Some(first) = rest.chars().next() {
        let word = WORDS.iter().find(|word| rest.starts_with(**word));
        let taken = match word {
            Some(word) if !is_key(rest.get(word.len()..)?) => {
                any = true;
                marked.push('"');
                (0..word.len() - 2).for_each(|_| marked.push(MARK));
                marked.push('"');
                word.len()
            }
            _ => {
                let length = if first == '"' { length_of_string(rest) } else { first.len_utf8() };
                marked.push_str(rest.get(..length)?);
                length
            }
        };
        rest = rest.get(taken..)?;
    }
    any.then_some(marked)
}

/// Whether what follows a word makes it a key, which a word without quotes cannot be.
fn is_key(following: &str) -> bool {
    following.trim_start().starts_with(':')
}

/// Bytes of the string that a text begins with, quotation marks and all; of the whole text where the string has no end.
fn length_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// Turns a marked string back into the word that it stands for.
pub(crate) fn unmark(value: &mut FieldValue<'_>) {
    match value {
        FieldValue::Text(text) if text.starts_with(MARK) => {
            if let Some(word) = WORDS.iter().find(|word| word.len() == text.len() + 2) {
                *value = FieldValue::Scalar((*word).to_string());
            }
        }
        FieldValue::Nested(json) => {
            // The longest first, as each holds the shorter.
            for word in WORDS.iter().rev() {
                let string = format!("\"{}\"", MARK.to_string().repeat(word.len() - 2));
                *json = json.replace(&string, word);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_values_are_marked_and_lengths_stay() {
        let line = r#"{"NaN": "NaN, \" NaN", "a":NaN,"b": [Infinity, -Infinity], "c": {"d": NaN}}"#;
        let found = marked(line).unwrap();
        assert_eq!(found.len(), line.len());
        let value: serde_json::Value = serde_json::from_str(&found).unwrap();
        assert_eq!(value["NaN"], "NaN, \" NaN");
        assert_eq!(value["a"], "\u{7f}");
        assert_eq!(value["b"][0].as_str().unwrap().len(), 6);
        let mut nested = FieldValue::Nested(value["b"].to_string());
        unmark(&mut nested);
        assert_eq!(nested, FieldValue::Nested("[Infinity,-Infinity]".to_string()));
    }

    #[test]
    fn what_is_no_value_stays_no_json() {
        for line in [r#"{NaN: 1}"#, r#"{"a": xNaN}"#, r#"{"a": NaNb}"#, r#"{"a": -NaN}"#, r#"{"a": NaN"#] {
            let found = marked(line).unwrap_or_else(|| line.to_string());
            assert!(serde_json::from_str::<serde_json::Value>(&found).is_err(), "{found}");
        }
        assert_eq!(marked(r#"{"a": "NaN"}"#), None);
    }
}
