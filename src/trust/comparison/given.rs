//! Mixtures that a comparison is given.

/// Mixtures that a comparison is given. Length of each: domains.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    /// The mixture to evaluate; where there is one, it is the first method, else the recommendation is.
    pub mixture: Option<Vec<f64>>,
    /// Shares of the text that there is.
    pub natural: Option<Vec<f64>>,
    /// A prior other than equal shares.
    pub prior: Option<Vec<f64>>,
}
