//! What may explain that models do not join: notes of reading, names that are nearly the same, aliases.

use mixopt_base::Setting;

use super::Study;
use super::error::StudyError;
use super::matching::closest;

impl Study {
    /// An error of using the study, with what was noted when its files were read and the aliases that may mend it.
    pub(crate) fn explained(&self, error: StudyError) -> StudyError {
        if !matches!(error, StudyError::TooFew { kind: "models", .. }) {
            return error;
        }
        let read = self.compression.messages.iter().chain(&self.scores.messages).cloned();
        error.with_notes(read.chain(self.possible_aliases()).collect())
    }

    /// A table of aliases for the models of the scores that have no bits per character under their name.
    fn possible_aliases(&self) -> Option<String> {
        let (bits, scores) = (&self.compression.matrix.rows, &self.scores.matrix.rows);
        let quoted = |name: &str| match name.contains([',', '"']) {
            true => format!("\"{}\"", name.replace('"', "\"\"")),
            false => name.to_string(),
        };
        let alone: Vec<String> = bits.iter().filter(|name| !scores.contains(name)).cloned().collect();
        let rows: Vec<String> = scores
            .iter()
            .filter(|name| !bits.contains(name))
            .filter_map(|name| Some(format!("{},{}", quoted(name), quoted(&closest(name, &alone)?))))
            .collect();
        (!rows.is_empty()).then(|| {
            format!(
                "if these are the same models, save these lines as aliases.csv and pass it as `{}`:\n    alias,model\n    {}",
                Setting::Aliases.to_give(),
                rows.join("\n    ")
            )
        })
    }
}

/// A hint where another table has nearly this name, and does not have it as well.
pub(crate) fn similar(name: &str, there: &[String], here: &[String]) -> String {
    match closest(name, there) {
        Some(other) if !here.contains(&other) => {
            format!(" under this name (is it `{other}`? If so, use `{}`)", Setting::Aliases)
        }
        _ => String::new(),
    }
}
