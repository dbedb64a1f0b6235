//! The least or greatest share of a domain above correlations, as a second-order cone program.

use clarabel::algebra::CscMatrix;
use clarabel::solver::SupportedConeT;

use crate::constraints::limits::Limits;
use crate::constraints::linear::Constraints;
use crate::constraints::polytope::Polytope;
use crate::data::design::Design;
use crate::nearest::distance::move_inside;
use crate::reach::end::End;
use crate::solvers::cone_program::solve;

/// The mixture with the least or greatest share of a domain among those within the constraints whose correlation with each
/// target reaches its threshold (all above zero).
///
/// # Equation
/// `max ± w_d` subject to `⟨Cw, ŷ_k⟩ √(1−c_k²)/c_k ≥ ‖(I − ŷ_k ŷ_kᵀ) C w‖` for every target k.
///
/// `inside` reaches every threshold: an answer is moved toward it by what the solver's tolerance leaves short. `None` where
/// the solver finds nothing.
pub(crate) fn reach_by_cone_program(
    designs: &[Design],
    constraints: &Constraints,
    thresholds: &[f64],
    domain: usize,
    end: End,
    inside: &[f64],
) -> Option<Vec<f64>> {
    let reaches = |weights: &[f64]| {
        designs
            .iter()
            .zip(thresholds)
            .all(|(design, threshold)| design.correlation(weights).is_some_and(|value| value >= *threshold))
    };
    let count = inside.len();
    let limits = Limits::new(constraints);
    let polytope = Polytope::new(&limits, |_| true);
    let mut rows = polytope.rows.clone();
    let mut cones = polytope.cones();
    for (design, &threshold) in designs.iter().zip(thresholds) {
        let cosine = threshold.clamp(1e-9, 1.0 - 1e-15);
        let (matrix, target) = design.by_size_in_few_rows();
        let along = matrix.tr_mul(&target);
        let across = &matrix - &target * along.transpose() / target.norm_squared();
        let opening = (1.0 - cosine * cosine).sqrt() / cosine;
        rows.push((0..count).map(|d| (d, -along[d] * opening)), 0.0);
        for i in 0..across.nrows() {
            rows.push((0..count).map(|d| (d, -across[(i, d)])), 0.0);
        }
        cones.push(SupportedConeT::SecondOrderConeT(across.nrows() + 1));
    }
    let sign = if end == End::Least { 1.0 } else { -1.0 };
    let mut linear = vec![0.0; count];
    linear[domain] = sign;
    // The mixture inside may itself lie farther than an answer that had to be moved.
    solve(CscMatrix::zeros((count, count)), &linear, rows, &cones)
        .into_iter()
        .filter_map(|answer| constraints.nearest(&answer.values[..count]))
        .map(|weights| move_inside(&weights, inside, reaches))
        .min_by(|a, b| (sign * a[domain]).total_cmp(&(sign * b[domain])))
}
