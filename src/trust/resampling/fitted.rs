//! The fit on all models that replicates are compared with.

use mixopt_fit::Refit;

/// Both mixtures of the fit on all data, which replicates are compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The optimum with the value of its objective; `None` where no mixture correlates positively.
    pub optimum: Option<Refit>,
    /// The recommendation with the value of its criterion; `None` where that is not defined.
    pub recommended: Option<Refit>,
}
