//! The mixture nearest to a center among those that track several targets well enough.

use clarabel::algebra::CscMatrix;
use clarabel::solver::SupportedConeT;

use crate::constraints::linear::{Constraints, Relation};
use crate::data::design::Design;
use crate::nearest::above::follow;
use crate::nearest::distance::{Distance, move_inside};
use crate::solvers::cone_program::{Rows, solve};

/// The mixture nearest to `center` (Euclidean) among those within the constraints whose correlation with every target
/// reaches `threshold`.
///
/// # Equation
/// `min ½‖w − m‖²` subject to `⟨Cw, ŷ_k⟩ √(1−c²)/c ≥ ‖(I − ŷ_k ŷ_kᵀ) C w‖` for every target k: one second-order cone each.
/// A threshold that is not above zero asks for `⟨Cw, ŷ_k⟩ ≥ 0` instead.
///
/// # Method
/// Without linear rows Newton's method as for one target ([`follow`]); with them, and where it fails, the cone program.
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
    let distance = |weights: &[f64]| -> f64 { weights.iter().zip(center).map(|(w, m)| (w - m).powi(2)).sum() };
    let start = constraints.nearest(center)?;
    if reaches(&start) {
        return Some(start);
    }
    if constraints.is_box()
        && let Some(found) = follow(designs, constraints.bounds(), Distance::Quadratic, center, threshold, &start)
    {
        return Some(move_inside(&found, inside, reaches));
    }
    by_cone_program(designs, constraints, center, threshold)
        .into_iter()
        .map(|weights| move_inside(&weights, inside, reaches))
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// What the cone program answers, brought within the constraints.
fn by_cone_program(designs: &[Design], constraints: &Constraints, center: &[f64], threshold: f64) -> Vec<Vec<f64>> {
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
    solve(quadratic, &linear, rows, &cones)
        .into_iter()
        .filter_map(|answer| constraints.nearest(&answer.values))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objectives::worst::best_worst_of_checked;
    use crate::{Bounds, CompressionColumns};
    use nalgebra::DMatrix;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn newton_and_the_cone_program_agree() {
        let (mut compared, mut by_newton, mut several) = (0, 0, 0);
        for seed in 0..24 {
            let mut generator = ChaCha8Rng::seed_from_u64(seed);
            let mut normal = || (0..12).map(|_| generator.random::<f64>()).sum::<f64>() - 6.0;
            let (models, domains) = [(19, 3), (30, 12), (25, 40), (60, 80)][seed as usize % 4];
            let noise = [0.05, 0.3, 1.0][seed as usize % 3];
            let factor: Vec<f64> = (0..models).map(|_| normal()).collect();
            let bits = DMatrix::from_fn(models, domains, |i, _| 1.0 + 0.1 * (factor[i] + noise * normal()));
            let columns = CompressionColumns::new(&bits).unwrap();
            let targets: Vec<Vec<f64>> = (0..3).map(|_| factor.iter().map(|f| 0.5 * normal() - f).collect()).collect();
            let designs: Vec<Design> =
                targets.iter().map(|target| Design::new(&columns, target, None, &[]).unwrap()).collect();
            let names: Vec<String> = (0..domains).map(|d| d.to_string()).collect();
            let cap = (4.0 / domains as f64).min(1.0);
            let capped = Bounds::new(&names, vec![0.0; domains], vec![cap; domains]).unwrap();
            for bounds in [Bounds::simplex(domains), capped] {
                let constraints = Constraints::from(bounds.clone());
                let best = best_worst_of_checked(&designs, &constraints);
                let Some(inside) = best.weights else { continue };
                let center = vec![1.0 / domains as f64; domains];
                let values = |w: &[f64]| -> Vec<f64> { designs.iter().map(|d| d.correlation(w).unwrap()).collect() };
                let least = |w: &[f64]| values(w).into_iter().fold(f64::INFINITY, f64::min);
                let from = least(&center);
                for part in [0.3, 0.9, 0.99] {
                    let threshold = from + part * (best.correlation - from);
                    if threshold <= from.max(0.0) {
                        continue;
                    }
                    compared += 1;
                    let Some(ours) = follow(&designs, &bounds, Distance::Quadratic, &center, threshold, &center) else {
                        continue;
                    };
                    by_newton += 1;
                    several +=
                        usize::from(values(&ours).iter().filter(|rho| (*rho - threshold).abs() < 1e-9).count() > 1);
                    assert!(bounds.contain(&ours, 1e-12) && (least(&ours) - threshold).abs() < 1e-9);
                    let distance = |w: &[f64]| w.iter().zip(&center).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    let theirs = by_cone_program(&designs, &constraints, &center, threshold)
                        .into_iter()
                        .map(|w| distance(&move_inside(&w, &inside, |w| least(w) >= threshold)))
                        .fold(f64::INFINITY, f64::min);
                    assert!(distance(&ours) <= theirs + 1e-8, "{seed} {part}: {} {theirs}", distance(&ours));
                }
            }
        }
        assert!(compared > 80 && by_newton * 5 >= compared * 4, "{by_newton} of {compared}");
        assert!(several > 10, "{several}");
    }
}
