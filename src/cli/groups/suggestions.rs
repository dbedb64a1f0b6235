//! Values that completions suggest where any text may stand: targets, studies, published mixtures.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command, Error};

use mixopt::mixture::known_mixtures;
use mixopt::study::{DEFAULT_STUDY, EmbeddedStudy, STUDIES, known_targets};

/// Takes any text, and suggests some.
#[derive(Clone)]
pub struct Suggested(fn() -> Vec<String>);

impl TypedValueParser for Suggested {
    type Value = String;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.0)().into_iter().map(PossibleValue::new)))
    }
}

/// Names of embedded studies.
pub fn studies() -> Suggested {
    Suggested(|| STUDIES.iter().map(|study| study.name.to_string()).collect())
}

/// Names of published mixtures.
pub fn mixtures() -> Suggested {
    Suggested(|| known_mixtures().iter().map(|known| known.name.to_string()).collect())
}

/// What a recommendation can stay near.
pub fn priors() -> Suggested {
    Suggested(|| {
        let known = known_mixtures().iter().map(|known| known.name.to_string());
        ["uniform", "natural"].map(String::from).into_iter().chain(known).collect()
    })
}

/// Targets of the study that is used where none is named.
pub fn targets() -> Suggested {
    Suggested(|| {
        let study = EmbeddedStudy::find(DEFAULT_STUDY).and_then(|study| study.read(None));
        study.map(|study| known_targets(&study.definitions, &study.scores)).unwrap_or_default()
    })
}
