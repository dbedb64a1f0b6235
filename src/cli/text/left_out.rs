//! Models and domains that a command did without, in sentences.

use mixopt::study::Dropped;

use crate::cli::text::output::paragraph;

/// Models and domains that were not used, and domains that tell nothing.
pub fn left_out(models: &[Dropped], domains: &[Dropped], constant: &[String], verbose: bool) -> String {
    let mut text = dropped("Models", models, verbose) + &dropped("Domains", domains, verbose);
    if !constant.is_empty() {
        text += &paragraph(
            &format!("Same for all models, so any share changes nothing: {}.", constant.join(", ")),
            "",
            "  ",
        );
    }
    text
}

/// What was left out, by reason.
pub fn dropped(what: &str, dropped: &[Dropped], verbose: bool) -> String {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for entry in dropped {
        match reasons.iter_mut().find(|(reason, _)| *reason == entry.reason) {
            Some((_, names)) => names.push(&entry.name),
            None => reasons.push((&entry.reason, vec![&entry.name])),
        }
    }
    const MOST_REASONS: usize = 6;
    const MOST_NAMES: usize = 4;
    let mut text = String::new();
    let shown = if verbose { reasons.len() } else { reasons.len().min(MOST_REASONS) };
    for (reason, names) in &reasons[..shown] {
        let named = if verbose { names.len() } else { names.len().min(MOST_NAMES) };
        let mut list = names[..named].join(", ");
        if named < names.len() {
            list.push_str(&format!(" and {} more", names.len() - named));
        }
        text += &paragraph(&format!("{what} left out ({}), {reason}: {list}.", names.len()), "", "  ");
    }
    let rest: usize = reasons[shown..].iter().map(|(_, names)| names.len()).sum();
    if rest > 0 {
        text += &paragraph(&format!("{what} left out for other reasons: {rest} (-v lists them)."), "", "  ");
    }
    text
}
