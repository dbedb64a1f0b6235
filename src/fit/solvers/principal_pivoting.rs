//! Non-negative least squares from inner products, where nearly all coefficients are above zero.

use nalgebra::{DMatrix, DVector};

/// Exchanges of whole sets that may fail to bring the number of broken conditions down before single exchanges begin.
const MOST_FAILURES: usize = 3;

/// Solves `min ½ xᵀHx − gᵀx` over `x ≥ 0` for a positive definite `H`.
///
/// # Method
/// Block principal pivoting (Júdice and Pires 1994): all variables that break a condition (`x_i < 0` where held,
/// `(Hx − g)_i < 0` where not) change sides at once; where that stops to help, the last of them alone, which ends after
/// finitely many steps. Unlike an active set that takes variables one at a time, it needs a few factorisations however many
/// variables are above zero.
///
/// `start`: whether each variable is thought to be above zero. `None` where `H` is not positive definite to working
/// precision, or the limit of steps came first.
pub(crate) fn pivot(matrix: &DMatrix<f64>, right: &DVector<f64>, start: &[bool]) -> Option<Vec<f64>> {
    let count = right.len();
    let mut is_held = start.to_vec();
    let mut fewest = usize::MAX;
    let mut failures = 0;
    let tolerance = 1e-13 * right.amax();
    for _ in 0..3 * count + 100 {
        let values = solve_held(matrix, right, &is_held)?;
        let slopes = matrix * &values - right;
        let is_broken = |i: usize| if is_held[i] { values[i] < 0.0 } else { slopes[i] < -tolerance };
        let broken: Vec<usize> = (0..count).filter(|&i| is_broken(i)).collect();
        let Some(&last) = broken.last() else { return Some(values.as_slice().to_vec()) };
        if broken.len() < fewest {
            fewest = broken.len();
            failures = 0;
        } else {
            failures += 1;
        }
        if failures <= MOST_FAILURES {
            broken.iter().for_each(|&i| is_held[i] = !is_held[i]);
        } else {
            is_held[last] = !is_held[last];
        }
    }
    None
}

/// The solution over the variables held, the others at zero, with one step of refinement.
fn solve_held(matrix: &DMatrix<f64>, right: &DVector<f64>, is_held: &[bool]) -> Option<DVector<f64>> {
    let held: Vec<usize> = (0..is_held.len()).filter(|&i| is_held[i]).collect();
    let mut values = DVector::zeros(is_held.len());
    if held.is_empty() {
        return Some(values);
    }
    let part = matrix.select_rows(&held).select_columns(&held);
    let goal = right.select_rows(&held);
    let factor = part.clone().cholesky()?;
    // Digits that the factor has lost cannot be trusted to tell signs.
    let diagonal = factor.l_dirty().diagonal();
    if diagonal.min() < 1e-6 * diagonal.max() {
        return None;
    }
    let mut solution = factor.solve(&goal);
    solution += factor.solve(&(&goal - &part * &solution));
    held.iter().zip(solution.iter()).for_each(|(&i, &value)| values[i] = value);
    values.iter().all(|value| value.is_finite()).then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_conditions_of_optimality_hold() {
        let mut random = ChaCha8Rng::seed_from_u64(8);
        for count in [1, 2, 5, 20, 60] {
            for _ in 0..20 {
                let columns = DMatrix::from_fn(count + 5, count, |_, _| random.random::<f64>() - 0.3);
                let target = DVector::from_fn(count + 5, |_, _| random.random::<f64>() - 0.4);
                let (matrix, right) = (columns.tr_mul(&columns), columns.tr_mul(&target));
                let Some(values) = pivot(&matrix, &right, &vec![true; count]) else { continue };
                let slopes = &matrix * DVector::from_column_slice(&values) - &right;
                for (value, slope) in values.iter().zip(slopes.iter()) {
                    assert!(*value >= 0.0 && *slope > -1e-10 && (value * slope).abs() < 1e-10, "{value} {slope}");
                }
            }
        }
    }

    #[test]
    fn dependent_columns_are_refused() {
        let columns = DMatrix::from_column_slice(3, 2, &[1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
        let target = DVector::from_column_slice(&[1.0, 1.0, 1.0]);
        assert!(pivot(&columns.tr_mul(&columns), &columns.tr_mul(&target), &[true; 2]).is_none());
    }
}
