//! The mixture nearest to a center among those that correlate well enough, under linear rows or by divergence.

use super::constraints::Constraints;
use super::design::Design;
use super::nearest::Distance;

pub(super) fn nearest_within_rows(
    _design: &Design,
    _constraints: &Constraints,
    _center: &[f64],
    _threshold: f64,
    _distance: Distance,
    _inside: &[f64],
) -> Option<Vec<f64>> {
    None
}
