//! Why matrices, vectors and conditions do not make a problem together.

/// What does not fit. Models, domains, targets and conditions are counted from 0 in the fields.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProblemError {
    /// A matrix without models or without domains.
    #[error("a matrix of {models} models × {domains} domains; a fit needs at least one of each")]
    NoData {
        /// Rows of the matrix.
        models: usize,
        /// Columns of the matrix.
        domains: usize,
    },
    /// A vector of another length than what it speaks of.
    #[error("{found} {values}, expected {expected}: one for each {each}")]
    Count {
        /// What was counted, in the plural.
        values: &'static str,
        /// What there must be one for.
        each: &'static str,
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// A position that does not exist.
    #[error("{what} {found} of {count}, counted from 0; expected a number below {count}")]
    Position {
        /// What is counted.
        what: &'static str,
        /// The position.
        found: usize,
        /// How many there are.
        count: usize,
    },
    /// A cell of the matrix is not a finite number.
    #[error("bits of model {model} on domain {domain} (counted from 0) are {value}; expected a finite number")]
    BitsNotFinite {
        /// Row of the matrix.
        model: usize,
        /// Column of the matrix.
        domain: usize,
        /// What stands there.
        value: f64,
    },
    /// Another number that is not finite, or that is out of its range.
    #[error("{what} {position} (counted from 0) is {value}; expected {expected}")]
    Value {
        /// What the number is.
        what: &'static str,
        /// Its position among others of its kind.
        position: usize,
        /// The number.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// Finite bits so large that sums of their squares are not.
    #[error("bits on domain {domain} (counted from 0) are too large to add up; give them in a larger unit")]
    TooLarge {
        /// Column of the matrix.
        domain: usize,
    },
    /// All models that count have one score, or the controls explain all that differs.
    #[error("the target does not vary over the models (beyond what is controlled for); nothing can correlate with it")]
    ConstantTarget,
    /// No target, or no stage.
    #[error("no {what}; expected at least one")]
    None {
        /// What is missing.
        what: &'static str,
    },
    /// The constraints leave no mixture.
    #[error("no mixture obeys the constraints")]
    NoMixture,
}

impl ProblemError {
    /// An error unless `found` is as many as `expected`.
    pub(crate) fn count(values: &'static str, each: &'static str, found: usize, expected: usize) -> Result<(), Self> {
        if found == expected { Ok(()) } else { Err(Self::Count { values, each, found, expected }) }
    }

    /// An error unless all values are finite.
    pub(crate) fn finite(what: &'static str, values: &[f64]) -> Result<(), Self> {
        match values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            None => Ok(()),
            Some((position, &value)) => Err(Self::Value { what, position, value, expected: "a finite number" }),
        }
    }

    /// An error unless there is one finite value for each model.
    pub(crate) fn of_models(values: &'static str, of: &[f64], models: usize) -> Result<(), Self> {
        Self::count(values, "model", of.len(), models)?;
        Self::finite(values, of)
    }

    /// An error unless there is one finite value for each domain.
    pub(crate) fn of_domains(values: &'static str, of: &[f64], domains: usize) -> Result<(), Self> {
        Self::count(values, "domain", of.len(), domains)?;
        Self::finite(values, of)
    }
}
