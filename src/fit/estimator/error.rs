//! Why there is no estimate, or no mixture of estimates.
//!
//! Models and domains are counted from 0 in the fields, and from 1 (rows and columns of the matrix) in the messages.

/// Why [`estimate`](super::estimate) has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EstimatorError {
    /// The target is of other models.
    #[error("{errors} errors for {models} models; give one error for each model")]
    ErrorCount { errors: usize, models: usize },
    /// There is no pair of models.
    #[error("{models} models; an estimate compares at least 2")]
    TooFewModels { models: usize },
    /// A cell of the matrix is not a finite number.
    #[error(
        "bits in row {}, column {} (model, domain) are {value}; leave out the model or the domain", .model + 1, .domain + 1
    )]
    NotFinite { model: usize, domain: usize, value: f64 },
    /// An error is not a finite number.
    #[error("the error in row {} (model) is {value}; leave out the model", .model + 1)]
    ErrorNotFinite { model: usize, value: f64 },
    /// Finite values whose sum is not.
    #[error("bits in column {} (domain) are too large to add up; give them in a larger unit", .domain + 1)]
    Overflow { domain: usize },
}

/// Why [`project`](super::project) has no mixture.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProjectionError {
    /// Caps for other domains.
    #[error("{caps} caps for {estimates} estimates; give one cap for each domain")]
    CapCount { caps: usize, estimates: usize },
    /// An estimate is not a finite number.
    #[error("the estimate of domain {} is {value}; leave out the domain", .domain + 1)]
    EstimateNotFinite { domain: usize, value: f64 },
    /// A cap is not a share.
    #[error("the cap of domain {} is {cap}; a cap is a share, at least 0", .domain + 1)]
    CapOutOfRange { domain: usize, cap: f64 },
    /// The caps cannot fill the whole.
    #[error("the caps of {domains} domains add up to {sum}, less than 1; raise some of them or keep more domains")]
    CapsBelowOne { sum: f64, domains: usize },
    /// A size from which a cap would be made is not one.
    #[error("the size of domain {} is {size}; a size is finite and at least 0", .domain + 1)]
    SizeOutOfRange { domain: usize, size: f64 },
    /// Sizes that add up to nothing.
    #[error("the sizes of {domains} domains add up to {sum}; at least one must be above 0, and their sum finite")]
    NoSize { sum: f64, domains: usize },
    /// A share to keep that is none.
    #[error("the share to keep is {share}; it is above 0 and at most 1")]
    ShareOutOfRange { share: f64 },
}
