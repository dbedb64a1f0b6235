//! What a mixture is chosen by, as files name it and as people read it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use mixopt_fit::Objective;
use serde::{Deserialize, Serialize};

/// A correlation of a mixture's −bits with scores, and what is controlled for.
///
/// In files: `pearson`, `least pearson`, `spearman`, each perhaps followed by ` given COLUMN`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Criterion {
    /// The correlation.
    pub statistic: Statistic,
    /// The column that is controlled for; `None` for the plain correlation.
    pub given: Option<String>,
}

/// A correlation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// Pearson's.
    Pearson,
    /// The least of Pearson's with several targets.
    LeastPearson,
    /// Spearman's, of ranks.
    Spearman,
}

/// The statistics with their names in files and in sentences.
const NAMES: [(Statistic, &str, &str); 3] = [
    (Statistic::Pearson, "pearson", "correlation"),
    (Statistic::LeastPearson, "least pearson", "worst-case correlation"),
    (Statistic::Spearman, "spearman", "rank correlation"),
];
/// What stands between a statistic and a column.
const GIVEN: &str = " given ";

impl Criterion {
    /// What the recommendation is chosen by: no rank correlation, whatever the optimum has.
    pub fn of_recommended(objective: Objective, control: Option<&String>) -> Self {
        let statistic = if objective == Objective::Worst { Statistic::LeastPearson } else { Statistic::Pearson };
        Self { statistic, given: control.cloned() }
    }

    /// What the optimum is chosen by. A rank correlation knows no controls.
    pub fn of_optimum(objective: Objective, control: Option<&String>) -> Self {
        match objective {
            Objective::Spearman => Self { statistic: Statistic::Spearman, given: None },
            objective => Self::of_recommended(objective, control),
        }
    }

    /// Whether it is Pearson's correlation with one target and without controls.
    pub fn is_plain(&self) -> bool {
        self.statistic == Statistic::Pearson && self.given.is_none()
    }

    /// As a sentence has it: `correlation given log_parameters`.
    pub fn in_words(&self) -> String {
        self.with(|(_, _, words)| words)
    }

    fn with(&self, name: impl Fn(&(Statistic, &'static str, &'static str)) -> &'static str) -> String {
        let name = NAMES.iter().find(|(statistic, ..)| *statistic == self.statistic).map_or("", name);
        match &self.given {
            None => name.to_string(),
            Some(column) => format!("{name}{GIVEN}{column}"),
        }
    }
}

/// As files have it: `pearson given log_parameters`.
impl fmt::Display for Criterion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.with(|(_, name, _)| name))
    }
}

impl FromStr for Criterion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, given) = match text.split_once(GIVEN) {
            Some((name, column)) => (name, Some(column.to_string())),
            None => (text, None),
        };
        let statistic = NAMES.iter().find(|(_, known, _)| *known == name).map(|(statistic, ..)| *statistic);
        let statistic = statistic.ok_or_else(|| {
            let known: Vec<&str> = NAMES.iter().map(|(_, known, _)| *known).collect();
            format!("`{text}` is not a criterion; expected one of {}, optionally `given` a column", known.join(", "))
        })?;
        Ok(Self { statistic, given })
    }
}

impl From<Criterion> for String {
    fn from(criterion: Criterion) -> Self {
        criterion.to_string()
    }
}

impl TryFrom<String> for Criterion {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl schemars::JsonSchema for Criterion {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Criterion".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^(pearson|least pearson|spearman)( given .+)?$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_sentences_have_their_own_words() {
        let column = "year given twice".to_string();
        let criterion = Criterion::of_recommended(Objective::Worst, Some(&column));
        assert_eq!(criterion.to_string(), "least pearson given year given twice");
        assert_eq!(criterion.in_words(), "worst-case correlation given year given twice");
        for criterion in [
            criterion,
            Criterion::of_optimum(Objective::Spearman, Some(&column)),
            Criterion::of_optimum(Objective::Pearson, None),
        ] {
            assert_eq!(criterion.to_string().parse(), Ok(criterion));
        }
        assert!("kendall".parse::<Criterion>().is_err() && "pearson for x".parse::<Criterion>().is_err());
    }
}
