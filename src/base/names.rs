//! Names that people type: what they most likely meant, and lists of what there is.

use std::collections::HashSet;

/// The known name that `name` most likely means, if any comes near.
pub fn nearest(name: &str, known: &[String]) -> Option<String> {
    let plain = |text: &str| text.to_lowercase().replace(['_', '-', ' ', '/'], "");
    let wanted = plain(name);
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(&wanted, &plain(candidate)), candidate))
        .filter(|&(similarity, _)| similarity >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate.clone())
}

/// `, did you mean `name`?` for an error, or nothing where no name comes near.
pub fn did_you_mean(name: &Option<String>) -> String {
    name.as_ref().map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}

/// The same within a sentence: ` (did you mean `name`?)`, or nothing.
pub fn did_you_mean_aside(name: &Option<String>) -> String {
    name.as_ref().map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default()
}

/// Leaves the first of equal texts.
pub fn each_once(texts: &mut Vec<String>) {
    let mut told = HashSet::new();
    texts.retain(|text| told.insert(text.clone()));
}

/// The first names of a list, and how many more there are.
pub fn list(names: &[String]) -> String {
    const SHOWN: usize = 24;
    let shown: Vec<&str> =
        names.iter().take(SHOWN).map(|name| if name.is_empty() { "(no name)" } else { name.as_str() }).collect();
    let mut text = shown.join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_name_that_was_meant() {
        let known: Vec<String> = ["mmlu", "gsm8k", "hellaswag", "humaneval"].map(String::from).to_vec();
        assert_eq!(nearest("MMLU", &known).as_deref(), Some("mmlu"));
        assert_eq!(nearest("gms8k", &known).as_deref(), Some("gsm8k"));
        assert_eq!(nearest("hella_swag", &known).as_deref(), Some("hellaswag"));
        assert_eq!(nearest("xyz", &known), None);
    }

    #[test]
    fn long_lists_are_cut_and_say_so() {
        let names: Vec<String> = (0..26).map(|i| i.to_string()).collect();
        assert_eq!(list(&names[..2]), "0, 1");
        assert!(list(&names).ends_with("22, 23 and 2 more"));
        assert_eq!(list(&[String::new()]), "(no name)");
    }
}
