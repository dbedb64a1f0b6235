//! The fit that outliers do not move.

use nalgebra::{DMatrix, DVector};

use mixopt_fit::statistics::pearson;
use mixopt_fit::{Objective, Refitter, Sample, mixed_bits};

/// Tuning constant of Huber's loss: 95% of least squares' efficiency under normal noise.
const TUNING: f64 = 1.345;
/// Makes the median absolute deviation a standard deviation under normal noise.
const NORMAL: f64 = 1.482_602_218_505_602;
/// Most refits; beyond them the fit is reported as not settled.
const MOST_ROUNDS: usize = 500;
/// Rounds in which the scale is taken anew; after them it stands, so that what is left is convex.
const ROUNDS_OF_SCALE: usize = 100;
/// Weights that move less than this have settled.
const SETTLED: f64 = 1e-10;

/// A fit by Huber's loss.
#[derive(Debug, Clone, PartialEq)]
pub struct Robust {
    /// Shares by domain.
    pub weights: Vec<f64>,
    /// How much each model counts, from 0 to 1; below one where its residual is beyond 1.345 scales.
    pub model_weights: Vec<f64>,
    /// Models that count less than one.
    pub downweighted: usize,
    /// Scale of residuals: 1.4826 times their median size, in units of the target. Zero where more than half of the models
    /// lie on the law.
    pub scale: f64,
    /// Slope of the law under these model weights, target per bit.
    pub slope: f64,
    /// Its intercept.
    pub intercept: f64,
    /// Pearson's correlation of −bits with the target, every model counted once. `None` for a mixture that compresses all
    /// models alike.
    pub pearson: Option<f64>,
    /// Whether the weights of models settled.
    pub converged: bool,
}

/// Fits mixture and law by Huber's loss, beside the plain fit.
///
/// # Equation
/// `min over a and v in the cone of the constraints of Σ huber((y − a − Cv) / s)` with `C = −B`, `huber(r) = r²/2` up to
/// 1.345 and linear beyond, by iteratively reweighted least squares: each round is a weighted projection onto the cone,
/// with weights `min(1, 1.345 s / |residual|)`. `s` is 1.4826 times the median size of the residuals. It is taken anew in
/// every round until it settles, or for the first 100 rounds; for a given `s` the problem is convex. Controls of the
/// optimum enter as further terms of the law.
///
/// # Edge cases
/// `None` for other objectives than Pearson's correlation, and where no mixture correlates positively. Where more than
/// half of the models lie on the law there is no scale: weights of the last round stand.
///
/// # Source
/// Huber, Robust Estimation of a Location Parameter, 1964; Holland and Welsch 1977 for the reweighting.
pub fn robust_fit(refitter: &Refitter) -> Option<Robust> {
    let problem = refitter.problem();
    if refitter.settings().objective != Objective::Pearson || !problem.targets.is_empty() {
        return None;
    }
    let target = &problem.target;
    let spread = target.iter().fold(0.0_f64, |most, y| most.max((y - target[0]).abs()));
    let mut model_weights = vec![1.0; target.len()];
    let mut scale = 0.0;
    let mut converged = false;
    let mut law = None;
    for round in 0..MOST_ROUNDS {
        let found = step(refitter, &model_weights)?;
        let before = scale;
        if round < ROUNDS_OF_SCALE {
            scale = median_size(&found.residuals) * NORMAL;
        }
        if scale <= 1e-12 * spread {
            (scale, converged) = (0.0, true);
            law = Some(found);
            break;
        }
        let next: Vec<f64> = found.residuals.iter().map(|r| (TUNING * scale / r.abs()).min(1.0)).collect();
        // Distances in ratio: what a far outlier still counts settles as well.
        let moved = next.iter().zip(&model_weights).map(|(a, b)| (a - b).abs() / a.max(*b)).fold(0.0, f64::max);
        law = Some(found);
        let scale_settled = (scale - before).abs() <= SETTLED * scale;
        if moved <= SETTLED && scale_settled {
            converged = true;
            break;
        }
        model_weights = next;
    }
    let law = law?;
    let bits = mixed_bits(&problem.bits, &law.weights);
    Some(Robust {
        downweighted: model_weights.iter().filter(|&&weight| weight < 1.0 - 1e-9).count(),
        pearson: pearson(&bits, target).map(|r| -r),
        weights: law.weights,
        model_weights,
        scale,
        slope: law.slope,
        intercept: law.intercept,
        converged,
    })
}

struct Step {
    weights: Vec<f64>,
    slope: f64,
    intercept: f64,
    residuals: Vec<f64>,
}

/// The best mixture under weights of models, with the law and the residuals of all models.
fn step(refitter: &Refitter, model_weights: &[f64]) -> Option<Step> {
    let problem = refitter.problem();
    let found = refitter.optimum(Sample { model_weights: Some(model_weights), ..Sample::default() })?;
    let bits = mixed_bits(&problem.bits, &found.weights);
    let models = bits.len();
    let terms = 2 + problem.optimum_controls.len();
    let value = |i: usize, j: usize| match j {
        0 => 1.0,
        1 => bits[i],
        _ => problem.optimum_controls[j - 2][i],
    };
    // Terms are centred and scaled, so that the tolerance of the decomposition means the same for all.
    let total: f64 = model_weights.iter().sum();
    let centres: Vec<f64> =
        (0..terms).map(|j| if j == 0 { 0.0 } else { weighted(model_weights, |i| value(i, j)) / total }).collect();
    let sizes: Vec<f64> = (0..terms)
        .map(|j| weighted(model_weights, |i| (value(i, j) - centres[j]).powi(2)).sqrt())
        .map(|size| if size > 0.0 { size } else { 1.0 })
        .collect();
    let term = |i: usize, j: usize| (value(i, j) - centres[j]) / sizes[j];
    let matrix = DMatrix::from_fn(models, terms, |i, j| model_weights[i].sqrt() * term(i, j));
    let right = DVector::from_fn(models, |i, _| model_weights[i].sqrt() * problem.target[i]);
    let solution = matrix.svd(true, true).solve(&right, 1e-12).ok()?;
    let residuals =
        (0..models).map(|i| problem.target[i] - (0..terms).map(|j| solution[j] * term(i, j)).sum::<f64>()).collect();
    let slope = solution[1] / sizes[1];
    let intercept = solution[0] / sizes[0] - (1..terms).map(|j| solution[j] / sizes[j] * centres[j]).sum::<f64>();
    Some(Step { weights: found.weights, slope, intercept, residuals })
}

fn weighted(weights: &[f64], value: impl Fn(usize) -> f64) -> f64 {
    weights.iter().enumerate().map(|(i, weight)| weight * value(i)).sum()
}

/// Median of the absolute values.
fn median_size(values: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = values.iter().map(|value| value.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    crate::resampling::interval::quantile(&sizes, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mixopt_fit::{AnalysisSettings, Problem};

    /// Made by benches/make_trust_law.py with cvxpy.
    #[derive(serde::Deserialize)]
    struct Stored {
        bits: Vec<Vec<f64>>,
        target: Vec<f64>,
        /// The scale that the residuals of the answer have.
        scale: f64,
        weights: Vec<f64>,
        slope: f64,
        intercept: f64,
    }

    fn problem(case: &Stored) -> Problem {
        let bits = DMatrix::from_fn(case.bits.len(), case.bits[0].len(), |i, j| case.bits[i][j]);
        Problem::plain(bits, case.target.clone(), (0..case.target.len()).collect())
    }

    fn cases() -> Vec<Stored> {
        let text = include_str!("../../../tests/data/trust_law.json");
        let stored: serde_json::Value = serde_json::from_str(text).unwrap();
        serde_json::from_value(stored["robust"].clone()).unwrap()
    }

    #[test]
    fn mixtures_are_those_of_a_convex_program_at_the_same_scale() {
        let settings = AnalysisSettings::default();
        let cases = cases();
        assert!(cases.len() >= 3);
        for case in cases {
            let problem = problem(&case);
            let found = robust_fit(&Refitter::new(&problem, &settings).unwrap()).unwrap();
            let near = |a: f64, b: f64| assert!((a - b).abs() <= 2e-5 * (1.0 + b.abs()), "{a} is not {b}");
            assert!(found.converged && found.downweighted > 0);
            near(found.scale, case.scale);
            near(found.slope, case.slope);
            near(found.intercept, case.intercept);
            found.weights.iter().zip(&case.weights).for_each(|(a, b)| near(*a, *b));
        }
    }

    #[test]
    fn an_outlier_of_any_size_moves_the_mixture_by_a_bounded_amount() {
        let settings = AnalysisSettings::default();
        let case = &cases()[0];
        let mut problem = problem(case);
        let clean = robust_fit(&Refitter::new(&problem, &settings).unwrap()).unwrap();
        let mut moved = Vec::new();
        for size in [1.0, 1e3, 1e6] {
            problem.target[5] = case.target[5] + size;
            let found = robust_fit(&Refitter::new(&problem, &settings).unwrap()).unwrap();
            assert!(found.converged);
            moved.push(found.weights.iter().zip(&clean.weights).map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0);
        }
        assert!(moved[2] < 0.2, "{moved:?}");
        assert!((moved[2] - moved[1]).abs() < 1e-3, "{moved:?}");
    }

    #[test]
    fn a_target_that_is_a_mixture_has_no_scale() {
        let case = &cases()[0];
        let mut problem = problem(case);
        problem.target = mixed_bits(&problem.bits, &[0.25, 0.5, 0.25]).iter().map(|bits| -bits).collect();
        let found = robust_fit(&Refitter::new(&problem, &AnalysisSettings::default()).unwrap()).unwrap();
        assert_eq!((found.scale, found.downweighted, found.converged), (0.0, 0, true));
        assert!((found.pearson.unwrap() - 1.0).abs() < 1e-9);
        // The other way round nothing correlates positively.
        problem.target.iter_mut().for_each(|value| *value = -*value);
        assert_eq!(robust_fit(&Refitter::new(&problem, &AnalysisSettings::default()).unwrap()), None);
    }
}
