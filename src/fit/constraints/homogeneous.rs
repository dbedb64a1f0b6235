//! Conditions on shares written for `v = t w`, which may have any sum `t ≥ 0`: a cone, and its faces.

use crate::constraints::face::Face;
use crate::constraints::limits::Limits;
use crate::data::design::Design;
use crate::data::vector::{norm, remove_components, scale};

/// Entries of one row: variable and coefficient.
pub(crate) type Entries = Vec<(usize, f64)>;

/// A share this close to a bound is on it, and a row this close to equality holds with equality.
const ON: f64 = 1e-9;

/// The conditions on mixtures as rows over the variables `v_0 … v_{D−1}` and `t` (number D), all with zero on the right
/// side.
///
/// # Equation
/// `Σv = t`, `l t ≤ v ≤ u t`, `Gv ≤ h t`; for `t > 0` they hold exactly where `v / t` is a mixture within the
/// constraints.
#[derive(Debug, Default)]
pub(crate) struct Homogeneous {
    /// Rows that are zero.
    pub equalities: Vec<Entries>,
    /// Rows that are not above zero.
    pub inequalities: Vec<Entries>,
}

impl Homogeneous {
    /// Two inequalities that leave one value are written as one equality: they have no interior, which an interior-point
    /// method needs.
    pub fn new(limits: &Limits) -> Self {
        let total = limits.domains();
        let mut rows = Self::default();
        rows.equalities.push((0..total).map(|d| (d, 1.0)).chain([(total, -1.0)]).collect());
        for d in 0..total {
            if limits.is_fixed(d) {
                rows.equalities.push(vec![(d, 1.0), (total, -limits.least[d])]);
                continue;
            }
            rows.inequalities.push(vec![(d, -1.0), (total, limits.least[d])]);
            if limits.is_capped(d) {
                rows.inequalities.push(vec![(d, 1.0), (total, -limits.greatest[d])]);
            }
        }
        for row in limits.rows.iter().filter(|row| !row.is_redundant) {
            let entries = row.coefficients.iter().copied().chain([(total, -row.right)]).collect();
            if row.is_equality {
                rows.equalities.push(entries);
            } else {
                rows.inequalities.push(entries);
            }
        }
        rows
    }
}

/// An orthonormal basis of the span of `{t C w}` over the face of a mixture, which holds the mixtures that meet with
/// equality what this one does: near the mixture, projecting onto the cone of all mixtures is projecting onto this span.
///
/// # Shapes
/// Each vector: models.
pub(crate) fn span_of_face(design: &Design, limits: &Limits, weights: &[f64]) -> Vec<Vec<f64>> {
    let mut span: Vec<Vec<f64>> = Vec::new();
    let Some(face) = Face::new(limits, &limits.tight(weights, ON), weights) else { return span };
    let norms = design.column_norms();
    let mut push = |combination: &[f64]| {
        let mut column = design.compression(combination);
        let size: f64 = combination.iter().zip(&norms).map(|(v, n)| (v * n).abs()).sum();
        remove_components(&mut column, span.iter().map(Vec::as_slice));
        let length = norm(&column);
        if length > 1e-11 * size {
            scale(&mut column, 1.0 / length);
            span.push(column);
        }
    };
    push(&face.point);
    let mut coordinates = vec![0.0; face.dimension()];
    for axis in 0..face.dimension() {
        coordinates[axis] = 1.0;
        let mut combination = vec![0.0; limits.domains()];
        for (&domain, value) in face.free.iter().zip(face.direction(&coordinates)) {
            combination[domain] = value;
        }
        coordinates[axis] = 0.0;
        push(&combination);
    }
    span
}
