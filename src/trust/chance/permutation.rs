//! How often chance does as well: the fit on permuted scores.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use crate::chance::exchange::{Arrangement, Arranger, Exchange};
use crate::resampling::draws::{Purpose, generator};
use crate::resampling::interval::quantile;
use mixopt_base::Observer;
use mixopt_fit::{Refitter, Sample};

/// Correlations that differ by less are ties: a permutation that gives the same scores must count as equal, whatever
/// rounding does.
pub(crate) const TIE: f64 = 1e-9;

/// How a permutation test is made.
#[derive(Debug, Clone, Copy)]
pub struct PermutationSettings<'a> {
    /// Which scores take each other's place.
    pub exchange: Exchange<'a>,
    /// Covariates of the criterion, models each: those of the problem's optimum, those of its recommendation, or none.
    pub controls: &'a [Vec<f64>],
    /// Random permutations. Where there are no more than this besides the data, all are made and the test is exact.
    pub permutations: usize,
    /// Seed of the random draws.
    pub seed: u64,
}

/// Why there is no permutation test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PermutationError {
    /// No permutations were asked for.
    #[error("a permutation test needs at least one permutation")]
    NoPermutations,
    /// Strata were made for another number of models.
    #[error("the strata are of {strata} models, the scores of {models}")]
    OtherModels {
        /// Models of the strata.
        strata: usize,
        /// Models of the problem.
        models: usize,
    },
    /// Only the data themselves can be arranged.
    #[error("no two scores can take each other's place, so a permutation test has nothing to compare with")]
    NothingToExchange,
    /// The data have no value of the criterion.
    #[error("the correlation is not defined: scores are constant or explained by the controls")]
    NotDefined,
}

/// How a value compares with its values on permuted scores.
#[derive(Debug, Clone, PartialEq)]
pub struct PermutationTest {
    /// Value on the data.
    pub observed: f64,
    /// Share of all arrangements, the data among them, with a value at least as large: in (0, 1].
    pub p_value: f64,
    /// Arrangements besides the data.
    pub permutations: usize,
    /// How many of these have a value at least as large; those without a value count as such.
    pub at_least_as_large: usize,
    /// Whether all arrangements were made instead of random ones.
    pub exact: bool,
    /// Mean over permutations; `None` where none has a value.
    pub null_mean: Option<f64>,
    /// Median over permutations.
    pub null_median: Option<f64>,
    /// 0.9 quantile over permutations.
    pub null_90: Option<f64>,
    /// 0.95 quantile over permutations: what chance exceeds once in twenty times.
    pub null_95: Option<f64>,
    /// Permutations in which no correlation is defined.
    pub undefined: usize,
}

/// Tests the best mixture's (partial) correlation: the scores are permuted over models and the best mixture is found anew
/// each time, so that choosing the weights is part of what chance may do.
///
/// # Equation
/// With `T` the best value on the data and `T*_b` those of `B` random permutations,
///
/// `p = (1 + #{b: T*_b ≥ T}) / (1 + B)`,
///
/// values within 1e-9 counting as equal (Phipson and Smyth 2010). Where there are at most `B` permutations besides the
/// data, each is made once and the same formula is the exact p-value. It is one-sided: mixtures whose compression goes
/// with low scores are no evidence. Where no mixture correlates positively, the best value is zero and p is 1. Where
/// domains are so many that some mixture fits any scores (40 independent domains and 20 models), all values tie and p is
/// near 1 whatever the data: the test is fair, but finds nothing.
///
/// # Controls
/// Scores are not exchangeable given covariates; the residuals of their regression on the constant and the covariates
/// nearly are. These are permuted, the fitted part is added back, and the criterion projects the covariates out again
/// (Freedman and Lane 1983). This is not exact: residuals of regression are correlated, the more so the fewer models there
/// are to a covariate.
///
/// Several targets (the least of several correlations) are permuted together, models staying whole.
///
/// # Errors
/// See [`PermutationError`]. Permutation `b` has stream `b` of its purpose.
pub fn permutation_test(
    refitter: &Refitter,
    settings: PermutationSettings,
    observer: &dyn Observer,
) -> Result<PermutationTest, PermutationError> {
    test(refitter, settings, observer, |sample| refitter.best_value_under(sample, settings.controls))
}

/// The same for a mixture that is held whatever the scores: that of a mixture chosen without them. For one that was fitted
/// on the same scores the p-value is too small.
///
/// # Shapes
/// `weights`: one share for each domain.
///
/// # Errors
/// As [`permutation_test`]; also where the mixture compresses all models alike.
pub fn permutation_test_of(
    refitter: &Refitter,
    weights: &[f64],
    settings: PermutationSettings,
    observer: &dyn Observer,
) -> Result<PermutationTest, PermutationError> {
    test(refitter, settings, observer, |sample| refitter.value_under(sample, weights, settings.controls))
}

fn test(
    refitter: &Refitter,
    settings: PermutationSettings,
    observer: &dyn Observer,
    value: impl Fn(Sample) -> Option<f64> + Sync,
) -> Result<PermutationTest, PermutationError> {
    let problem = refitter.problem();
    let one = std::slice::from_ref(&problem.target);
    let targets = if problem.targets.is_empty() { one } else { &problem.targets };
    let observed = value(Sample::default()).ok_or(PermutationError::NotDefined)?;
    let parts: Vec<Parts> = targets.iter().map(|target| Parts::new(target, None, settings.controls)).collect();
    let plan = Plan::new(settings, &problem.families)?;
    observer.begin("permutations", plan.permutations as u64, "permutations");
    let values: Vec<Option<f64>> = (0..plan.permutations)
        .into_par_iter()
        .map(|index| {
            let arrangement = plan.arrangement(index);
            let permuted: Vec<Vec<f64>> =
                parts.iter().map(|parts| parts.joined(&plan.arranger.apply(&arrangement, &parts.residuals))).collect();
            let found = value(Sample { targets: Some(&permuted), ..Sample::default() });
            observer.advance(1);
            found
        })
        .collect();
    Ok(PermutationTest::new(observed, &values, plan.exact))
}

impl PermutationTest {
    fn new(observed: f64, values: &[Option<f64>], exact: bool) -> Self {
        let at_least_as_large = values.iter().filter(|value| value.is_none_or(|value| value >= observed - TIE)).count();
        let mut sorted: Vec<f64> = values.iter().copied().flatten().collect();
        let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
        sorted.sort_by(f64::total_cmp);
        let some = |value: &dyn Fn() -> f64| (!sorted.is_empty()).then(value);
        Self {
            observed,
            p_value: (1 + at_least_as_large) as f64 / (1 + values.len()) as f64,
            permutations: values.len(),
            at_least_as_large,
            exact,
            null_mean: some(&|| mean),
            null_median: some(&|| quantile(&sorted, 0.5)),
            null_90: some(&|| quantile(&sorted, 0.9)),
            null_95: some(&|| quantile(&sorted, 0.95)),
            undefined: values.len() - sorted.len(),
        }
    }
}

/// Which arrangements are made.
pub(crate) struct Plan {
    pub arranger: Arranger,
    /// Arrangements besides the data.
    pub permutations: usize,
    /// Whether they are all there are.
    pub exact: bool,
    seed: u64,
}

impl Plan {
    pub fn new(settings: PermutationSettings, families: &[usize]) -> Result<Self, PermutationError> {
        if settings.permutations == 0 {
            return Err(PermutationError::NoPermutations);
        }
        let models = families.len();
        if let Exchange::WithinStrata(strata) = settings.exchange
            && strata.models() != models
        {
            return Err(PermutationError::OtherModels { strata: strata.models(), models });
        }
        let arranger = Arranger::new(settings.exchange, families);
        let others = arranger.count().map(|count| count - 1);
        if others == Some(0) {
            return Err(PermutationError::NothingToExchange);
        }
        let exact = others.filter(|&others| others <= settings.permutations as u64);
        Ok(Self {
            arranger,
            permutations: exact.map_or(settings.permutations, |others| others as usize),
            exact: exact.is_some(),
            seed: settings.seed,
        })
    }

    /// Arrangement `index` of the permutations, from zero; never the data themselves where all are made.
    pub fn arrangement(&self, index: usize) -> Arrangement {
        if self.exact {
            return self.arranger.numbered(index as u64 + 1);
        }
        self.arranger.draw(&mut generator(self.seed, Purpose::Permutation, index as u64))
    }
}

/// A target divided by its regression on the constant and the controls.
pub(crate) struct Parts {
    /// What the controls explain, for every model.
    fitted: Vec<f64>,
    /// What they do not; zero for models that do not count.
    pub residuals: Vec<f64>,
}

impl Parts {
    /// `counts`: one for models whose score there is, zero for others (`None`: all). Controls that those before them
    /// explain add nothing (least squares of least length).
    pub fn new(target: &[f64], counts: Option<&[f64]>, controls: &[Vec<f64>]) -> Self {
        let count = |model: usize| counts.map_or(1.0, |counts| counts[model]);
        // Columns of length one, so that what is negligible does not depend on units.
        let mut covariates = vec![vec![1.0; target.len()]];
        covariates.extend(controls.iter().cloned());
        for covariate in &mut covariates {
            let mean = covariate.iter().sum::<f64>() / target.len() as f64;
            let spread: f64 = covariate.iter().map(|value| (value - mean).powi(2)).sum();
            let (shift, length) = if spread > 0.0 { (mean, spread.sqrt()) } else { (0.0, 1.0) };
            covariate.iter_mut().for_each(|value| *value = (*value - shift) / length);
        }
        let all = DMatrix::from_fn(target.len(), covariates.len(), |model, column| covariates[column][model]);
        let used = DMatrix::from_fn(all.nrows(), all.ncols(), |model, column| count(model) * all[(model, column)]);
        let seen = DVector::from_fn(target.len(), |model, _| count(model) * target[model]);
        let decomposition = used.svd(true, true);
        let least = 1e-10 * decomposition.singular_values.max();
        // Both factors were asked for, so there is a solution.
        let coefficients = decomposition.solve(&seen, least).unwrap_or_else(|_| DVector::zeros(all.ncols()));
        let fitted: Vec<f64> = (all * coefficients).iter().copied().collect();
        let residuals = (0..target.len()).map(|model| count(model) * (target[model] - fitted[model])).collect();
        Self { fitted, residuals }
    }

    /// A target of the same fitted part with other residuals.
    pub fn joined(&self, residuals: &[f64]) -> Vec<f64> {
        self.fitted.iter().zip(residuals).map(|(fitted, residual)| fitted + residual).collect()
    }
}
