//! The best mixture within bounds, built from the corners of what the bounds allow.

use crate::constraints::bounds::Bounds;
use crate::data::columns::Columns;
use crate::data::design::Design;
use crate::data::vector::{norm, scale};
use crate::solvers::active_set::Search;

/// Finds the mixture within `bounds` whose compression correlates best, or comes close: the certificate judges.
///
/// # Method
/// Mixtures within bounds are the mixtures of the corners of the polytope that the bounds cut from the simplex, so they
/// span a cone again, with far too many columns to write down. The corner with the greatest price is found by filling the
/// domains in the order of their prices; it becomes a column of the active set, which runs to its end before the next corner
/// is asked for. It ends where no corner has a positive price (Wolfe 1976 for the nearest point of a polytope, with
/// corners generated as in Dantzig and Wolfe 1960).
///
/// `None` where no mixture within the bounds correlates positively, or the limit of rounds came first.
pub(crate) fn best_of_corners(design: &Design, bounds: &Bounds) -> Option<Vec<f64>> {
    let norms = design.column_norms();
    let largest = norms.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let most_rounds = 10 * design.dimension() + 200;
    let most_pivots = 20 * most_rounds;
    let mut search = Search::new(design.target());
    let mut corners: Vec<(Vec<(usize, f64)>, f64)> = Vec::new();
    let mut prices = vec![0.0; design.count()];
    for _ in 0..most_rounds {
        design.inner_products(search.residual(), &mut prices);
        prices.iter_mut().zip(&norms).for_each(|(price, size)| *price *= size / largest);
        let corner = bounds.best_corner(&prices);
        let mut column = design.compression(&corner);
        let length = norm(&column);
        let gain: f64 = corner.iter().zip(&prices).map(|(w, price)| w * price).sum();
        if length <= 1e-13 * largest || gain * largest <= search.tolerance() * length {
            return mixture_of(&search, &corners, bounds);
        }
        scale(&mut column, 1.0 / length);
        search.add(corners.len(), column);
        let shares = corner.into_iter().enumerate().filter(|&(_, share)| share > 0.0).collect();
        corners.push((shares, length));
        // Rounding can make columns go in and out without end; the cone program answers then.
        if !search.run(most_pivots) {
            return None;
        }
        if search.held().all(|(position, _)| position + 1 != corners.len()) {
            // The corner with the greatest price did not stay: what it could add is rounding.
            return mixture_of(&search, &corners, bounds);
        }
    }
    None
}

/// The mixture of the corners held, each by its coefficient over the length of its column. Adding up can pass a bound by a
/// rounding digit, which is taken back.
fn mixture_of(search: &Search, corners: &[(Vec<(usize, f64)>, f64)], bounds: &Bounds) -> Option<Vec<f64>> {
    let mut weights = vec![0.0; bounds.least().len()];
    let mut total = 0.0;
    for (position, coefficient) in search.held() {
        let (shares, length) = &corners[position];
        let part = coefficient / length;
        total += part;
        for &(domain, share) in shares {
            weights[domain] += part * share;
        }
    }
    if total <= 0.0 {
        return None;
    }
    scale(&mut weights, 1.0 / total);
    let limits = bounds.least().iter().zip(bounds.greatest());
    Some(weights.iter().zip(limits).map(|(weight, (least, greatest))| weight.clamp(*least, *greatest)).collect())
}
