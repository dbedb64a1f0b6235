//! What a fit says of matrices that do not fit together, as an error of a study.

use mixopt_fit::ProblemError;

use crate::error::FitError;

/// A joined study has one row for each model and one column for each domain, so this says that a study was joined wrongly.
impl From<ProblemError> for FitError {
    fn from(error: ProblemError) -> Self {
        Self::Setting {
            option: "the fit's data:",
            found: error.to_string(),
            expected: "tables, a prior and constraints over the same models and domains",
        }
    }
}
