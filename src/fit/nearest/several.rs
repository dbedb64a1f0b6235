//! The mixture nearest to a center among those that track several targets well enough.

use clarabel::algebra::CscMatrix;
use clarabel::solver::SupportedConeT;

use crate::constraints::linear::{Constraints, Relation};
use crate::data::design::Design;
use crate::nearest::distance::move_inside;
use crate::solvers::cone_program::{Rows, solve};

/// The mixture nearest to `center` (Euclidean) among those within the constraints whose correlation with every target
/// reaches `threshold`.
///
/// # Equation
/// `min ½‖w − m‖²` subject to `⟨Cw, ŷ_k⟩ √(1−c²)/c ≥ ‖(I − ŷ_k ŷ_kᵀ) C w‖` for every target k: one second-order cone each.
/// A threshold that is not above zero asks for `⟨Cw, ŷ_k⟩ ≥ 0` instead.
///
/// `inside` is a mixture that reaches the threshold with room to spare (the best): the answer is moved toward it by what
/// the solver's tolerance leaves short. `None` where the solver finds nothing.
pub(crate) fn nearest_above_all(
    designs: &[Design],
    constraints: &Constraints,
    center: &[f64],
    threshold: f64,
    inside: &[f64],
) -> Option<Vec<f64>> {
    let reaches = |weights: &[f64]| {
        designs.iter().all(|design| design.correlation(weights).is_some_and(|correlation| correlation >= threshold))
    };
    let start = constraints.nearest(center)?;
    if reaches(&start) {
        return Some(start);
    }
    let count = center.len();
    let mut rows = Rows::default();
    rows.push((0..count).map(|d| (d, 1.0)), 1.0);
    for row in constraints.rows().iter().filter(|row| row.relation == Relation::Equal) {
        rows.push(row.coefficients.iter().copied(), row.right);
    }
    let equalities = rows.len();
    let bounds = constraints.bounds();
    for (d, (&least, &greatest)) in bounds.least().iter().zip(bounds.greatest()).enumerate() {
        rows.push([(d, -1.0)], -least);
        if greatest < 1.0 {
            rows.push([(d, 1.0)], greatest);
        }
    }
    for row in constraints.rows() {
        match row.relation {
            Relation::AtMost => rows.push(row.coefficients.iter().copied(), row.right),
            Relation::AtLeast => rows.push(row.coefficients.iter().map(|&(d, value)| (d, -value)), -row.right),
            Relation::Equal => {}
        }
    }
    let cosine = threshold.clamp(0.0, 1.0 - 1e-15);
    let mut cones = Vec::new();
    let mut half_spaces = Vec::new();
    let mut second_order = Vec::new();
    for design in designs {
        let (matrix, target) = design.by_size_in_few_rows();
        let along = matrix.transpose() * &target;
        let across = &matrix - &target * along.transpose();
        if cosine > 0.0 {
            second_order.push(((1.0 - cosine * cosine).sqrt() / cosine, along, across));
        } else {
            half_spaces.push(along);
        }
    }
    for along in &half_spaces {
        rows.push((0..count).map(|d| (d, -along[d])), 0.0);
    }
    cones.push(SupportedConeT::ZeroConeT(equalities));
    cones.push(SupportedConeT::NonnegativeConeT(rows.len() - equalities));
    for (opening, along, across) in &second_order {
        rows.push((0..count).map(|d| (d, -along[d] * opening)), 0.0);
        for i in 0..across.nrows() {
            rows.push((0..count).map(|d| (d, -across[(i, d)])), 0.0);
        }
        cones.push(SupportedConeT::SecondOrderConeT(across.nrows() + 1));
    }
    let all: Vec<usize> = (0..count).collect();
    let quadratic = CscMatrix::new_from_triplets(count, count, all.clone(), all, vec![1.0; count]);
    let linear: Vec<f64> = center.iter().map(|m| -m).collect();
    let distance = |weights: &[f64]| -> f64 { weights.iter().zip(center).map(|(w, m)| (w - m).powi(2)).sum() };
    solve(quadratic, &linear, rows, &cones)
        .into_iter()
        .filter_map(|answer| constraints.nearest(&answer.values))
        .map(|weights| move_inside(&weights, inside, reaches))
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
}
