//! The mixture nearest to a center among those that correlate well enough, under linear rows or by divergence.

use clarabel::algebra::CscMatrix;
use clarabel::solver::SupportedConeT;
use nalgebra::{DMatrix, DVector};

use crate::constraints::bounds::Bounds;
use crate::constraints::face::Face;
use crate::constraints::limits::Limits;
use crate::constraints::linear::Constraints;
use crate::constraints::polytope::Polytope;
use crate::data::design::Design;
use crate::nearest::above::{follow, tilted};
use crate::nearest::distance::{Distance, distance, move_inside};
use crate::optimum::constrained::Correlation;
use crate::optimum::refine::{Objective, refine};
use crate::solvers::cone_program::{Program, ROUGH_FIRST};

/// The answer of [`nearest_above`](crate::nearest_above) where its Newton's method on the bounds does not apply.
///
/// # Method
/// Under bounds alone, by divergence, the same Newton's method with the shares' exponentials in place of their sums.
/// Elsewhere, and where that fails, a cone program (`ρ(w) ≥ c` is a second-order cone, the divergence a sum of exponential ones) finds the conditions that
/// bind; on their face Newton's method solves the conditions of optimality to working precision.
pub(crate) fn nearest_within_rows(
    design: &Design,
    constraints: &Constraints,
    center: &[f64],
    threshold: f64,
    measure: Distance,
    inside: &[f64],
) -> Option<Vec<f64>> {
    let within = match measure {
        Distance::Quadratic => constraints.clone(),
        Distance::KullbackLeibler => among_the_center(constraints, center)?,
    };
    let reaches = |weights: &[f64]| design.correlation(weights).is_some_and(|rho| rho >= threshold);
    let start = nearest_to_center(&within, center, measure)?;
    if reaches(&start) {
        return Some(start);
    }
    // By divergence the optimum may use domains that the center has not: then another mixture is inside.
    let inside = if within.contain(inside, 1e-9) {
        inside.to_vec()
    } else {
        crate::optimum::best::search_of_checked(design, &within).filter(|best| reaches(best))?
    };
    if !reaches(&inside) {
        return None;
    }
    if measure == Distance::KullbackLeibler
        && within.is_box()
        && let Some(found) = follow(std::slice::from_ref(design), within.bounds(), measure, center, threshold, &start)
    {
        let moved = move_inside(&found, &inside, reaches);
        if within.contain(&moved, 1e-9) {
            return Some(moved);
        }
    }
    let limits = Limits::new(&within);
    let cosine = threshold.clamp(0.0, 1.0 - 1e-15);
    let objective = Above { correlation: Correlation::new(design), center, measure, cosine: Some(cosine) };
    best_of(&objective, &within, &limits, |found| {
        let moved = move_inside(found, &inside, reaches);
        (within.contain(&moved, 1e-9) && reaches(&moved)).then_some(moved)
    })
}

/// The mixture within the constraints that is nearest to the center, whatever it correlates.
pub(crate) fn nearest_to_center(constraints: &Constraints, center: &[f64], measure: Distance) -> Option<Vec<f64>> {
    if measure == Distance::Quadratic {
        return constraints.nearest(center);
    }
    let within = among_the_center(constraints, center)?;
    if within.contain(center, 1e-12) {
        return Some(center.to_vec());
    }
    if within.is_box()
        && let Some(found) = tilted(within.bounds(), &center.iter().map(|m| m.ln()).collect::<Vec<_>>())
    {
        return Some(found);
    }
    let limits = Limits::new(&within);
    let nothing = Correlation { matrix: DMatrix::zeros(0, center.len()), target: DVector::zeros(0) };
    let objective = Above { correlation: nothing, center, measure, cosine: None };
    best_of(&objective, &within, &limits, |found| within.contain(found, 1e-9).then(|| found.to_vec()))
}

/// The nearest of what the cone program and its refinement give, after `accept` has had its way with each.
fn best_of(
    objective: &Above,
    within: &Constraints,
    limits: &Limits,
    accept: impl Fn(&[f64]) -> Option<Vec<f64>>,
) -> Option<Vec<f64>> {
    let far = |weights: &[f64]| distance(objective.measure, weights, objective.center);
    let mut best: Option<(f64, Vec<f64>)> = None;
    let (polytope, program) = cone_program(objective, limits);
    for tolerance in ROUGH_FIRST {
        let Some(answer) = program.solve(tolerance).and_then(|(answer, _)| answer) else { continue };
        let rough = &answer.values[..limits.domains()];
        let active = polytope.binding(limits, rough, &answer.multipliers);
        let refined = refine(limits, objective, rough, active).filter(|found| within.contain(&found.weights, 1e-12));
        if let Some(found) = refined.as_ref().filter(|found| found.is_optimal)
            && let Some(accepted) = accept(&found.weights)
        {
            return Some(accepted);
        }
        // What is refined stands unless the program's own answer is clearly nearer.
        let candidates = [refined.map(|found| found.weights), within.nearest(rough)];
        for (position, candidate) in candidates.into_iter().enumerate() {
            let Some(accepted) = candidate.and_then(|found| accept(&found)) else { continue };
            let length = far(&accepted);
            let lead = if position == 0 { 0.0 } else { 1e-8 * length };
            if best.as_ref().is_none_or(|(least, _)| length + lead < *least) {
                best = Some((length, accepted));
            }
        }
    }
    best.map(|(_, weights)| weights)
}

/// The constraints with a greatest weight of zero for domains that the center has not; `None` where that leaves nothing.
pub(crate) fn among_the_center(constraints: &Constraints, center: &[f64]) -> Option<Constraints> {
    if center.iter().all(|&m| m > 0.0) {
        return Some(constraints.clone());
    }
    let bounds = constraints.bounds();
    let names: Vec<String> = vec![String::new(); center.len()];
    let greatest = bounds.greatest().iter().zip(center).map(|(&u, &m)| if m > 0.0 { u } else { 0.0 }).collect();
    let bounds = Bounds::new(&names, bounds.least().to_vec(), greatest).ok()?;
    Some(Constraints::of_checked(bounds, constraints.rows().to_vec()))
}

/// The nearness to a center above a correlation (`None`: whatever it is).
struct Above<'a> {
    correlation: Correlation,
    center: &'a [f64],
    measure: Distance,
    cosine: Option<f64>,
}

/// Newton steps on one face.
const MOST_STEPS: usize = 60;
/// Residuals below this, in the scale of their terms, count as solved.
const SOLVED: f64 = 1e-14;

/// A point of Newton's method.
struct State {
    weights: Vec<f64>,
    multiplier: f64,
}

/// What is left of the conditions of optimality at a point, with what the next step needs.
struct Residual {
    /// Of stationarity, over the face's free domains: what lies along its normals is none.
    left: DVector<f64>,
    /// Of the threshold.
    second: f64,
    /// Direction of the compression, and its length.
    unit: DVector<f64>,
    length: f64,
    size: f64,
}

impl Above<'_> {
    /// Gradient of half the squared distance, or of the divergence, by one share.
    fn slope(&self, weight: f64, domain: usize) -> f64 {
        match self.measure {
            Distance::Quadratic => weight - self.center[domain],
            // The constant that the derivative has besides is one of Σw = 1.
            Distance::KullbackLeibler => {
                if self.center[domain] > 0.0 {
                    (weight.max(1e-300) / self.center[domain]).ln()
                } else {
                    0.0
                }
            }
        }
    }

    fn curvature(&self, weight: f64) -> f64 {
        match self.measure {
            Distance::Quadratic => 1.0,
            Distance::KullbackLeibler => 1.0 / weight.max(1e-300),
        }
    }

    /// `Cᵀ(ŷ − c u)`: where the threshold's own slack grows.
    fn pull(&self, unit: &DVector<f64>, cosine: f64) -> Vec<f64> {
        self.correlation.matrix.tr_mul(&(&self.correlation.target - unit * cosine)).as_slice().to_vec()
    }

    /// The same over the free domains of a face.
    fn pull_on(&self, face: &Face, unit: &DVector<f64>, cosine: f64) -> DVector<f64> {
        let pull = self.pull(unit, cosine);
        DVector::from_iterator(face.free.len(), face.free.iter().map(|&d| pull[d]))
    }

    fn residual(&self, face: &Face, state: &State) -> Option<Residual> {
        let slopes = face.free.iter().map(|&d| self.slope(state.weights[d], d));
        let mut left = DVector::from_iterator(face.free.len(), slopes);
        let x = self.correlation.compression(&state.weights);
        let length = x.norm();
        let (unit, mut second) = (if length > 0.0 { &x / length } else { x.clone() }, 0.0);
        if let Some(cosine) = self.cosine {
            if length == 0.0 {
                return None;
            }
            left -= self.pull_on(face, &unit, cosine) * state.multiplier;
            second = unit.dot(&self.correlation.target) - cosine;
        }
        let size = DVector::from_vec(face.coordinates(left.as_slice())).norm().hypot(second);
        size.is_finite().then_some(Residual { left, second, unit, length, size })
    }

    /// Newton's step over the free domains and in the multiplier.
    ///
    /// The curvature is a diagonal, that of the distance, and as many more dimensions as the compression has; its inverse
    /// (Woodbury) leaves a system in the normals of the face and the multiplier.
    fn step(&self, face: &Face, columns: &DMatrix<f64>, state: &State, residual: &Residual) -> Option<(Vec<f64>, f64)> {
        let (count, normals) = (face.free.len(), face.normals());
        let flat: Vec<f64> = face.free.iter().map(|&d| 1.0 / self.curvature(state.weights[d])).collect();
        let by_flat = |mut matrix: DMatrix<f64>| -> DMatrix<f64> {
            for mut column in matrix.column_iter_mut() {
                column.iter_mut().zip(&flat).for_each(|(value, f)| *value *= f);
            }
            matrix
        };
        // Conditions on the step, the directions that keep them, and last the residual.
        let with_threshold = usize::from(self.cosine.is_some());
        let mut conditions = DMatrix::zeros(count, normals.len() + with_threshold);
        for (mut column, normal) in conditions.column_iter_mut().zip(normals) {
            column.copy_from_slice(normal);
        }
        let mut sides = conditions.clone().insert_column(normals.len() + with_threshold, 0.0);
        sides.column_mut(normals.len() + with_threshold).copy_from(&residual.left);
        let mut solved = by_flat(sides.clone());
        if let Some(cosine) = self.cosine {
            // The threshold's residual is a cosine: its derivative is that of the compression's direction.
            let cosine_here = residual.second + cosine;
            let turn = self.pull_on(face, &residual.unit, cosine_here) / residual.length;
            conditions.column_mut(normals.len()).copy_from(&turn);
            sides.column_mut(normals.len()).copy_from(&-self.pull_on(face, &residual.unit, cosine));
            let bend = state.multiplier * cosine / residual.length;
            let along = columns.tr_mul(&residual.unit);
            let across = columns - &residual.unit * along.transpose();
            let flattened = by_flat(across.transpose());
            let inner = DMatrix::identity(across.nrows(), across.nrows()) + &across * &flattened * bend;
            let plain = by_flat(sides);
            solved = &plain - flattened * inner.lu().solve(&(&across * &plain))? * bend;
        }
        let last = normals.len() + with_threshold;
        let base = solved.column(last).into_owned();
        let directions = solved.columns(0, last);
        let mut right = -conditions.tr_mul(&base);
        if with_threshold == 1 {
            right[normals.len()] += residual.second;
        }
        let amounts = conditions.tr_mul(&directions).lu().solve(&right)?;
        let change = -base - directions * &amounts;
        let multiplier_change = if with_threshold == 1 { amounts[normals.len()] } else { 0.0 };
        let on_face = face.direction(&face.coordinates(change.as_slice()));
        (on_face.iter().all(|value| value.is_finite()) && multiplier_change.is_finite())
            .then_some((on_face, multiplier_change))
    }

    /// The longest part of a step that keeps every share above zero where the divergence needs that.
    fn longest(&self, face: &Face, weights: &[f64], direction: &[f64]) -> f64 {
        if self.measure == Distance::Quadratic {
            return 1.0;
        }
        face.free
            .iter()
            .zip(direction)
            .filter(|&(_, &change)| change < 0.0)
            .map(|(&domain, &change)| 0.95 * weights[domain] / -change)
            .fold(1.0, f64::min)
    }
}

impl Objective for Above<'_> {
    fn best_on(&self, face: &Face) -> Option<(Vec<f64>, Vec<f64>)> {
        if self.measure == Distance::KullbackLeibler && face.free.iter().any(|&d| face.point[d] <= 0.0) {
            return None;
        }
        let columns = self.correlation.matrix.select_columns(&face.free);
        let mut state = State { weights: face.point.clone(), multiplier: 0.0 };
        let mut residual = self.residual(face, &state)?;
        if let Some(cosine) = self.cosine {
            // The multiplier that fits the point best.
            let pull = face.coordinates(self.pull_on(face, &residual.unit, cosine).as_slice());
            let left = face.coordinates(residual.left.as_slice());
            let size: f64 = pull.iter().map(|p| p * p).sum();
            if size > 0.0 {
                let along: f64 = left.iter().zip(&pull).map(|(l, p)| l * p).sum();
                state.multiplier = (along / size).max(0.0);
                residual = self.residual(face, &state)?;
            }
        }
        for _ in 0..MOST_STEPS {
            if residual.size <= SOLVED {
                break;
            }
            let Some((direction, multiplier_change)) = self.step(face, &columns, &state, &residual) else { break };
            let mut length = self.longest(face, &state.weights, &direction);
            let mut moved = None;
            while length > 1e-6 && moved.is_none() {
                let mut weights = state.weights.clone();
                face.free.iter().zip(&direction).for_each(|(&d, step)| weights[d] += length * step);
                let trial = State { weights, multiplier: state.multiplier + length * multiplier_change };
                moved = self
                    .residual(face, &trial)
                    .filter(|next| next.size < (1.0 - 1e-4 * length) * residual.size)
                    .map(|next| (trial, next));
                length *= 0.5;
            }
            // At the limit of precision no step lessens the residual any more.
            let Some((trial, next)) = moved else { break };
            (state, residual) = (trial, next);
        }
        if residual.size > 1e-9 || state.multiplier < 0.0 {
            return None;
        }
        let weights = state.weights;
        let pull = self.cosine.map_or_else(|| vec![0.0; weights.len()], |cosine| self.pull(&residual.unit, cosine));
        let gradient = (0..weights.len()).map(|d| state.multiplier * pull[d] - self.slope(weights[d], d)).collect();
        Some((weights, gradient))
    }
}

/// The cone program, whose first rows are those of the polytope and whose first variables are the shares.
fn cone_program(objective: &Above, limits: &Limits) -> (Polytope, Program) {
    let count = limits.domains();
    let by_divergence = objective.measure == Distance::KullbackLeibler;
    let measured: Vec<usize> = (0..count).filter(|&d| by_divergence && !limits.is_fixed(d)).collect();
    // An exponential cone keeps its share above zero by itself.
    let polytope = Polytope::new(limits, |d| !by_divergence || limits.least[d] > 0.0);
    let mut rows = polytope.rows.clone();
    let mut cones = polytope.cones();
    if let Some(cosine) = objective.cosine {
        let (matrix, target) = (&objective.correlation.matrix, &objective.correlation.target);
        let along = matrix.tr_mul(target);
        let size = target.norm_squared();
        let across = matrix - target * along.transpose() / size;
        if cosine > 0.0 {
            let opening = (1.0 - cosine * cosine).sqrt() / cosine;
            rows.push((0..count).map(|d| (d, -along[d] * opening)), 0.0);
            for i in 0..across.nrows() {
                rows.push((0..count).map(|d| (d, -across[(i, d)])), 0.0);
            }
            cones.push(SupportedConeT::SecondOrderConeT(across.nrows() + 1));
        } else {
            rows.push((0..count).map(|d| (d, -along[d])), 0.0);
            cones.push(SupportedConeT::NonnegativeConeT(1));
        }
    }
    // w ln(w/m) ≤ s is (−s, w, m) in the exponential cone.
    for (position, &d) in measured.iter().enumerate() {
        rows.push([(count + position, 1.0)], 0.0);
        rows.push([(d, -1.0)], 0.0);
        rows.push([], objective.center[d]);
        cones.push(SupportedConeT::ExponentialConeT());
    }
    let variables = count + measured.len();
    let mut linear = vec![0.0; variables];
    let quadratic = if by_divergence {
        linear[count..].fill(1.0);
        CscMatrix::zeros((variables, variables))
    } else {
        linear.iter_mut().zip(objective.center).for_each(|(l, m)| *l = -m);
        let all: Vec<usize> = (0..count).collect();
        CscMatrix::new_from_triplets(count, count, all.clone(), all, vec![1.0; count])
    };
    (polytope, Program::new(quadratic, linear, rows, cones))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CompressionColumns;
    use crate::optimum::best::best_mixture_of_checked;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn by_divergence_newton_and_the_cone_program_agree() {
        let (mut compared, mut by_newton) = (0, 0);
        for seed in 0..24 {
            let mut generator = ChaCha8Rng::seed_from_u64(seed);
            let mut normal = || (0..12).map(|_| generator.random::<f64>()).sum::<f64>() - 6.0;
            let (models, domains) = [(19, 3), (30, 12), (25, 40), (60, 100)][seed as usize % 4];
            let noise = [0.05, 0.3, 1.0][seed as usize % 3];
            let factor: Vec<f64> = (0..models).map(|_| normal()).collect();
            let bits = DMatrix::from_fn(models, domains, |i, _| 1.0 + 0.1 * (factor[i] + noise * normal()));
            let target: Vec<f64> = factor.iter().map(|f| 0.5 * normal() - f).collect();
            let columns = CompressionColumns::new(&bits).unwrap();
            let design = Design::new(&columns, &target, None, &[]).unwrap();
            let raw: Vec<f64> = (0..domains).map(|d| 1.0 + (d % 3) as f64).collect();
            let center: Vec<f64> = raw.iter().map(|r| r / raw.iter().sum::<f64>()).collect();
            let names: Vec<String> = (0..domains).map(|d| d.to_string()).collect();
            let cap = (4.0 / domains as f64).min(1.0);
            let capped = Bounds::new(&names, vec![0.2 / domains as f64; domains], vec![cap; domains]).unwrap();
            for bounds in [Bounds::simplex(domains), capped] {
                let constraints = Constraints::from(bounds.clone());
                let best = best_mixture_of_checked(&design, &constraints);
                let measure = Distance::KullbackLeibler;
                let start = nearest_to_center(&constraints, &center, measure).unwrap();
                let from = design.correlation(&start).unwrap();
                for part in [0.3, 0.9, 0.99] {
                    let threshold = from + part * (best.correlation - from);
                    if threshold <= from.max(0.0) {
                        continue;
                    }
                    compared += 1;
                    let Some(ours) =
                        follow(std::slice::from_ref(&design), &bounds, measure, &center, threshold, &start)
                    else {
                        continue;
                    };
                    by_newton += 1;
                    let limits = Limits::new(&constraints);
                    let correlation = Correlation::new(&design);
                    let objective = Above { correlation, center: &center, measure, cosine: Some(threshold) };
                    let theirs = best_of(&objective, &constraints, &limits, |found| Some(found.to_vec())).unwrap();
                    assert!(bounds.contain(&ours, 1e-12));
                    assert!((design.correlation(&ours).unwrap() - threshold).abs() < 1e-10);
                    // Made to reach the threshold, the program's answer is not nearer.
                    let reaches = |w: &[f64]| design.correlation(w).is_some_and(|rho| rho >= threshold);
                    let moved = move_inside(&theirs, best.weights.as_deref().unwrap(), reaches);
                    let (here, there) = (distance(measure, &ours, &center), distance(measure, &moved, &center));
                    assert!(here <= there + 1e-8, "{seed} {part}: {here} {there}");
                }
            }
        }
        assert!(compared > 100 && by_newton * 10 >= compared * 9, "{by_newton} of {compared}");
    }
}
