//! Numbers, names and comments as consumers' parsers read them.

/// A number as a plain decimal, shortest form that reads back to the same 64 bits, always with a point: YAML 1.1 parsers
/// take `1e-7` for text and `1` for a whole number.
pub fn decimal(value: f64) -> String {
    let text = format!("{value}");
    if text.contains('.') { text } else { text + ".0" }
}

/// A number of epochs for people.
pub fn epochs_text(epochs: f64) -> String {
    if epochs > 0.0 && epochs < 0.01 { "under 0.01".to_string() } else { format!("{epochs:.2}") }
}

/// A string in double quotes with the escapes that JSON, YAML and Python share.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            // What YAML does not allow as it is, or breaks lines at.
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// A YAML scalar: as it is where no parser can take it for anything but text, else in quotes.
pub fn yaml(text: &str) -> String {
    let plain = text.chars().next().is_some_and(|first| first.is_ascii_alphabetic() || first == '/' || first == '_')
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "_-./".contains(character))
        && !is_yaml_word(text);
    if plain { text.to_string() } else { quoted(text) }
}

/// Words that YAML 1.1 reads as something else than text.
fn is_yaml_word(text: &str) -> bool {
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null"].contains(&text.to_ascii_lowercase().as_str())
}

/// Comment lines.
pub fn comments(lines: &[String]) -> String {
    lines.iter().map(|line| format!("# {}\n", one_line(line))).collect()
}

/// Text without what would end a comment.
pub fn one_line(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() || "\u{2028}\u{2029}".contains(character) { ' ' } else { character })
        .collect()
}

/// Whether a word reads as a number where numbers and names stand in one list.
pub fn reads_as_number(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok()
}

/// A word of a shell's command line.
pub fn shell(text: &str) -> String {
    let plain = !text.is_empty()
        && text.chars().all(|character| character.is_alphanumeric() || "_-./:,=+@%".contains(character));
    if plain { text.to_string() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_a_point_and_no_exponent() {
        assert_eq!(decimal(1.0), "1.0");
        assert_eq!(decimal(1e-12), "0.000000000001");
        assert_eq!(decimal(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(decimal(0.0), "0.0");
    }

    #[test]
    fn names_read_back_as_the_text_they_are() {
        for name in [
            "web",
            "no",
            "2024",
            "1e3",
            "0x1f",
            "- a",
            "a: b",
            "a#b",
            "Ünï\u{1f600}",
            "a\"b\\",
            "",
            "~",
            "\u{85}",
            "\u{feff}",
        ] {
            let found: String = serde_saphyr::from_str(&yaml(name)).unwrap_or_else(|fault| panic!("{name}: {fault}"));
            assert_eq!(found, name);
            let found: String = serde_json::from_str(&quoted(name)).unwrap_or_else(|fault| panic!("{name}: {fault}"));
            assert_eq!(found, name);
        }
        assert_eq!(yaml("/d/web_text_document"), "/d/web_text_document");
        assert_eq!(comments(&["a\nb".to_string()]), "# a b\n");
        assert_eq!(shell("it's"), "'it'\\''s'");
    }
}
