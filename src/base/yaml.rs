//! Faults of YAML texts.

/// What is wrong with a YAML text, after the line on which it is.
pub fn fault(error: &serde_saphyr::Error) -> String {
    let error = error.without_snippet();
    let text = error.to_string();
    let text = text.lines().next().unwrap_or_default();
    match error.location().filter(|location| location.line() > 0) {
        Some(location) => {
            let end = format!(" at line {}, column {}", location.line(), location.column());
            format!("line {}: {}", location.line(), text.strip_suffix(&end).unwrap_or(text))
        }
        None => text.to_string(),
    }
}
