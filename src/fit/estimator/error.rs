//! Why there is no estimate, or no mixture of estimates.
//!
//! Models and domains are counted from 0 in the fields, and from 1 (rows and columns of the matrix) in the messages.

/// Why [`estimate`](super::estimate) has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EstimatorError {
    /// The target is of other models.
    #[error("{errors} errors for {models} models; give one error for each model")]
    ErrorCount {
        /// How many errors there are.
        errors: usize,
        /// How many models there are.
        models: usize,
    },
    /// There is no pair of models.
    #[error("{models} models; an estimate compares at least 2")]
    TooFewModels {
        /// How many models there are.
        models: usize,
    },
    /// A cell of the matrix is not a finite number.
    #[error(
        "bits in row {}, column {} (model, domain) are {value}; leave out the model or the domain", .model + 1, .domain + 1
    )]
    NotFinite {
        /// Row of the matrix.
        model: usize,
        /// Column of the matrix.
        domain: usize,
        /// What stands there.
        value: f64,
    },
    /// An error is not a finite number.
    #[error("the error in row {} (model) is {value}; leave out the model", .model + 1)]
    ErrorNotFinite {
        /// Position of the model.
        model: usize,
        /// Its error.
        value: f64,
    },
    /// Finite values whose sum is not.
    #[error("bits in column {} (domain) are too large to add up; give them in a larger unit", .domain + 1)]
    Overflow {
        /// Column of the matrix.
        domain: usize,
    },
}

/// Why [`project`](super::project) has no mixture.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProjectionError {
    /// Caps for other domains.
    #[error("{caps} caps for {estimates} estimates; give one cap for each domain")]
    CapCount {
        /// How many caps there are.
        caps: usize,
        /// How many estimates there are.
        estimates: usize,
    },
    /// An estimate is not a finite number.
    #[error("the estimate of domain {} is {value}; leave out the domain", .domain + 1)]
    EstimateNotFinite {
        /// Position of the domain.
        domain: usize,
        /// Its estimate.
        value: f64,
    },
    /// A cap is not a share.
    #[error("the cap of domain {} is {cap}; a cap is a share, at least 0", .domain + 1)]
    CapOutOfRange {
        /// Position of the domain.
        domain: usize,
        /// Its cap.
        cap: f64,
    },
    /// The caps cannot fill the whole.
    #[error("the caps of {domains} domains add up to {sum}, less than 1; raise some of them or keep more domains")]
    CapsBelowOne {
        /// Sum of the caps.
        sum: f64,
        /// How many domains there are.
        domains: usize,
    },
    /// A size from which a cap would be made is not one.
    #[error("the size of domain {} is {size}; a size is finite and at least 0", .domain + 1)]
    SizeOutOfRange {
        /// Position of the domain.
        domain: usize,
        /// Its size.
        size: f64,
    },
    /// Sizes that add up to nothing.
    #[error("the sizes of {domains} domains add up to {sum}; at least one must be above 0, and their sum finite")]
    NoSize {
        /// Sum of the sizes.
        sum: f64,
        /// How many domains there are.
        domains: usize,
    },
    /// A share to keep that is none.
    #[error("the share to keep is {share}; it is above 0 and at most 1")]
    ShareOutOfRange {
        /// The share.
        share: f64,
    },
}
