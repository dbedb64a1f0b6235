//! The mixture that looks at each domain alone.

use crate::data::columns::Columns;
use crate::data::design::Design;

/// Shares in proportion to how much of the target's variance each domain alone explains.
///
/// # Equation
/// `w_d ∝ max(0, r_d)²` with `r_d` the (partial) correlation of domain `d`'s compression with the target: the slope of the
/// regression on that domain alone, cut at zero, in units of variance. It is what shrinking goes toward where no mixture is
/// named: unlike equal shares it already leans to what goes with the target, and unlike the optimum it does not choose
/// between domains that are alike.
///
/// `None` where no domain correlates positively. Length: domains.
pub fn marginal_mixture(design: &Design) -> Option<Vec<f64>> {
    let mut shares = vec![0.0; design.count()];
    design.inner_products(design.target(), &mut shares);
    shares.iter_mut().for_each(|r| *r = r.max(0.0).powi(2));
    let total: f64 = shares.iter().sum();
    (total > 0.0).then(|| shares.iter().map(|share| share / total).collect())
}
