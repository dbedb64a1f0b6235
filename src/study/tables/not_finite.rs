//! `NaN` and `Infinity` in JSON: Python writes them, JSON does not know them.

/// The text with every `NaN`, `Infinity` and `-Infinity` outside of strings replaced by what `with` makes of it.
pub(crate) fn replaced(text: &str, with: impl Fn(&str) -> String) -> String {
    let mut new = String::with_capacity(text.len() + 16);
    let (mut rest, mut in_string, mut escaped) = (text, false, false);
    while let Some(character) = rest.chars().next() {
        let word = ["NaN", "Infinity", "-Infinity"].into_iter().find(|word| !in_string && rest.starts_with(word));
        if let Some(word) = word {
            new.push_str(&with(word));
            rest = &rest[word.len()..];
            continue;
        }
        in_string ^= character == '"' && !escaped;
        escaped = in_string && character == '\\' && !escaped;
        new.push(character);
        rest = &rest[character.len_utf8()..];
    }
    new
}
