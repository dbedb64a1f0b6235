//! Programs with greatest weights or a least correlation, solved by an interior-point method (clarabel).

use clarabel::algebra::CscMatrix;
use clarabel::solver::SupportedConeT;
use nalgebra::DMatrix;

use crate::constraints::bounds::Bounds;
use crate::data::columns::Columns;
use crate::data::design::Design;
use crate::data::vector::{add_scaled, dot};
use crate::solvers::cone_program::{Rows, solve};

/// Shares this close to a bound are set onto it: an interior-point method only comes near.
const SNAP: f64 = 1e-9;

/// The triangular factor of a tall matrix, which has the same inner products in fewer rows.
fn triangle(matrix: DMatrix<f64>) -> DMatrix<f64> {
    if matrix.ncols() < matrix.nrows() { matrix.qr().r() } else { matrix }
}

/// Sets shares that are nearly on a bound onto it and makes the result a mixture again.
fn snap(bounds: &Bounds, weights: &[f64]) -> Vec<f64> {
    let snapped: Vec<f64> = weights
        .iter()
        .zip(bounds.least().iter().zip(bounds.greatest()))
        .map(|(w, (l, u))| {
            if w - l < SNAP {
                *l
            } else if u - w < SNAP {
                *u
            } else {
                *w
            }
        })
        .collect();
    let is_bound = |index: usize| snapped[index] == bounds.least()[index] || snapped[index] == bounds.greatest()[index];
    let free: f64 = (0..snapped.len()).filter(|&d| !is_bound(d)).map(|d| snapped[d]).sum();
    let fixed: f64 = snapped.iter().sum::<f64>() - free;
    if free > 0.0 && fixed < 1.0 {
        let factor = (1.0 - fixed) / free;
        let scaled: Vec<f64> =
            (0..snapped.len()).map(|d| if is_bound(d) { snapped[d] } else { snapped[d] * factor }).collect();
        if bounds.contain(&scaled, 1e-12) {
            return scaled;
        }
    }
    bounds.nearest(&snapped)
}

/// The mixture within bounds that correlates best: the homogenised cone program of the mathematics of a fit,
/// `min ½‖x‖² − bᵀx`, `x = C v`, `t = Σv`, `l t ≤ v ≤ u t`, `w = v / t`.
///
/// `None` where no mixture within the bounds correlates positively (the projection is the origin) or the solver fails.
pub(crate) fn bounded_optimum(design: &Design, bounds: &Bounds) -> Option<Vec<f64>> {
    let (matrix, target) = design.by_size_in_few_rows();
    let (height, count) = matrix.shape();
    let total = count;
    let first_x = count + 1;
    let variables = first_x + height;

    let mut rows = Rows::default();
    for i in 0..height {
        let left = (0..count).map(|d| (d, matrix[(i, d)]));
        rows.push(left.chain([(first_x + i, -1.0)]), 0.0);
    }
    rows.push((0..count).map(|d| (d, 1.0)).chain([(total, -1.0)]), 0.0);
    // Two inequalities that leave one value have no interior, which an interior-point method needs: an equality does.
    let is_fixed = |d: usize| bounds.least()[d] == bounds.greatest()[d];
    for d in (0..count).filter(|&d| is_fixed(d)) {
        rows.push([(d, 1.0), (total, -bounds.least()[d])], 0.0);
    }
    let equalities = rows.len();
    for (d, (&least, &greatest)) in bounds.least().iter().zip(bounds.greatest()).enumerate() {
        if is_fixed(d) {
            continue;
        }
        rows.push([(d, -1.0), (total, least)], 0.0);
        if greatest < 1.0 {
            rows.push([(d, 1.0), (total, -greatest)], 0.0);
        }
    }
    let cones = [SupportedConeT::ZeroConeT(equalities), SupportedConeT::NonnegativeConeT(rows.len() - equalities)];

    let xs: Vec<usize> = (first_x..variables).collect();
    let quadratic = CscMatrix::new_from_triplets(variables, variables, xs.clone(), xs, vec![1.0; height]);
    let mut linear = vec![0.0; variables];
    linear[first_x..].iter_mut().zip(target.iter()).for_each(|(l, b)| *l = -b);

    let mixture = |solution: Vec<f64>| -> Option<(f64, Vec<f64>)> {
        let sum: f64 = solution[..count].iter().sum();
        if sum <= 1e-9 {
            return None;
        }
        let weights: Vec<f64> = solution[..count].iter().map(|v| v / sum).collect();
        let weights = snap(bounds, &bounds.nearest(&weights));
        Some((design.correlation(&weights)?, weights))
    };
    solve(quadratic, &linear, rows, &cones)
        .into_iter()
        .filter_map(|answer| mixture(answer.values))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, weights)| weights)
}

/// The mixture nearest to `center` among those within the bounds that correlate with the target at `threshold` or
/// better, up to the solver's tolerance.
///
/// # Equation
/// `min ½‖w − m‖²` subject to `⟨Cw, ŷ⟩ √(1−c²)/c ≥ ‖(I − ŷŷᵀ) C w‖`, which is `ρ(w) ≥ c` as a second-order cone (a half
/// space where `c ≤ 0`).
///
/// All answers that the solver gave, since the caller can tell which is best; none where it finds nothing (never its word
/// that there is nothing).
pub(crate) fn nearest_by_cone_program(
    design: &Design,
    bounds: &Bounds,
    center: &[f64],
    threshold: f64,
) -> Vec<Vec<f64>> {
    let (matrix, target) = design.by_size();
    let count = matrix.ncols();
    let along = matrix.transpose() * &target;
    let across = triangle(&matrix - &target * along.transpose());

    let mut rows = Rows::default();
    rows.push((0..count).map(|d| (d, 1.0)), 1.0);
    for (d, (&least, &greatest)) in bounds.least().iter().zip(bounds.greatest()).enumerate() {
        rows.push([(d, -1.0)], -least);
        if greatest < 1.0 {
            rows.push([(d, 1.0)], greatest);
        }
    }
    let mut cones = vec![SupportedConeT::ZeroConeT(1)];
    let cosine = threshold.clamp(0.0, 1.0 - 1e-15);
    if cosine > 0.0 {
        cones.push(SupportedConeT::NonnegativeConeT(rows.len() - 1));
        let opening = (1.0 - cosine * cosine).sqrt() / cosine;
        rows.push((0..count).map(|d| (d, -along[d] * opening)), 0.0);
        for i in 0..across.nrows() {
            rows.push((0..count).map(|d| (d, -across[(i, d)])), 0.0);
        }
        cones.push(SupportedConeT::SecondOrderConeT(across.nrows() + 1));
    } else {
        rows.push((0..count).map(|d| (d, -along[d])), 0.0);
        cones.push(SupportedConeT::NonnegativeConeT(rows.len() - 1));
    }

    let all: Vec<usize> = (0..count).collect();
    let quadratic = CscMatrix::new_from_triplets(count, count, all.clone(), all, vec![1.0; count]);
    let linear: Vec<f64> = center.iter().map(|m| -m).collect();
    solve(quadratic, &linear, rows, &cones)
        .into_iter()
        .map(|answer| snap(bounds, &bounds.nearest(&answer.values)))
        .collect()
}

/// Among the mixtures of the domains `active` whose compression points along `direction`, the one nearest to `center`.
///
/// Where an optimum is not unique, its mixtures are exactly those: `C w = s p` with `s ≥ 0`, a linear condition.
///
/// # Shapes
/// `direction`: models. `active`: domain indices; the others keep weight zero.
pub(crate) fn nearest_along(design: &Design, active: &[usize], direction: &[f64], center: &[f64]) -> Option<Vec<f64>> {
    let norms = design.column_norms();
    let largest = norms.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let size = dot(direction, direction).sqrt();
    if size == 0.0 {
        return None;
    }
    let mut across = DMatrix::zeros(design.dimension(), active.len());
    let mut along = vec![0.0; active.len()];
    let mut column = vec![0.0; design.dimension()];
    for (position, &index) in active.iter().enumerate() {
        design.write_column(index, &mut column);
        column.iter_mut().for_each(|value| *value *= norms[index] / largest);
        let part = dot(&column, direction) / size;
        along[position] = part;
        add_scaled(&mut column, -part / size, direction);
        across.column_mut(position).copy_from_slice(&column);
    }
    // An orthonormal basis of the rows that matter: redundant equalities trouble the solver.
    let decomposition = triangle(across).svd(false, true);
    let rows_of = decomposition.v_t?;
    let greatest = decomposition.singular_values.iter().copied().fold(0.0_f64, f64::max);

    let mut rows = Rows::default();
    rows.push((0..active.len()).map(|d| (d, 1.0)), 1.0);
    for (i, &value) in decomposition.singular_values.iter().enumerate() {
        if value > 1e-10 * greatest && value > 1e-13 {
            rows.push((0..active.len()).map(|d| (d, rows_of[(i, d)])), 0.0);
        }
    }
    let equalities = rows.len();
    for d in 0..active.len() {
        rows.push([(d, -1.0)], 0.0);
    }
    rows.push((0..active.len()).map(|d| (d, -along[d])), 0.0);
    let cones = [SupportedConeT::ZeroConeT(equalities), SupportedConeT::NonnegativeConeT(rows.len() - equalities)];
    let all: Vec<usize> = (0..active.len()).collect();
    let quadratic = CscMatrix::new_from_triplets(active.len(), active.len(), all.clone(), all, vec![1.0; active.len()]);
    let linear: Vec<f64> = active.iter().map(|&d| -center[d]).collect();
    let solution = solve(quadratic, &linear, rows, &cones).into_iter().next()?.values;
    let mut weights = vec![0.0; design.count()];
    for (&index, &value) in active.iter().zip(&solution) {
        weights[index] = value;
    }
    let bounds = Bounds::simplex(weights.len());
    Some(snap(&bounds, &bounds.nearest(&weights)))
}
