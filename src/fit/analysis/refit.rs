//! The same fit on other draws of its data: folds, bootstrap replicates, permutations, one model less.

use std::sync::Arc;

use nalgebra::DMatrix;

use crate::analysis::criterion::Criterion;
use crate::analysis::folds::Fold;
use crate::analysis::problem::{AnalysisSettings, Objective, Problem, Recommender};
use crate::analysis::recommendation::{near, near_constraints};
use crate::analysis::resample::LEAST_DEGREES;
use crate::data::columns::CompressionColumns;
use crate::data::design::Design;
use crate::data::problem_error::ProblemError;
use crate::data::statistics::spearman;
use crate::estimator::estimated::estimated;
use crate::objectives::rank::best_by_rank;
use crate::objectives::ridge::ridge_of_checked;
use crate::optimum::best::search_of_checked;
use crate::optimum::uniqueness::representative;

/// A draw of the data. What is `None` is as in the problem. On a draw of other models or domains nothing is defined, and
/// every answer is `None`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample<'a> {
    /// How often each model counts, whole numbers from zero. Length: models.
    pub model_weights: Option<&'a [f64]>,
    /// Other targets: one, or as many as the problem has under [`Objective::Worst`].
    pub targets: Option<&'a [Vec<f64>]>,
    /// Other bits per character of the same models and domains.
    pub columns: Option<&'a CompressionColumns>,
    /// A mixture near which a recommendation is looked for first, such as that of all models: it changes the time only.
    pub start: Option<&'a [f64]>,
}

/// What a refit takes over from the fit on all models instead of choosing it anew.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Held {
    /// How far below the best value of its criterion the recommendation may stay; `None`: the best itself.
    pub tolerance: Option<f64>,
    /// Penalty of a ridge.
    pub lambda: Option<f64>,
}

/// A mixture found on a draw, with its value there.
#[derive(Debug, Clone, PartialEq)]
pub struct Refit {
    /// Shares by domain.
    pub weights: Vec<f64>,
    /// Value of the criterion on the draw.
    pub correlation: f64,
}

/// The optimum on a draw on which correlations are defined.
#[derive(Debug, Clone, PartialEq)]
pub enum RefitOptimum {
    /// The best mixture.
    Mixture(Refit),
    /// No mixture correlates positively there.
    NonePositive,
}

/// Both mixtures made on one draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Refits {
    /// The optimum. `None`: no correlation is defined on the draw, or fewer than three degrees of freedom are left.
    pub optimum: Option<RefitOptimum>,
    /// The recommendation. `None` likewise.
    pub recommended: Option<Refit>,
}

/// Makes the fit of a problem again on draws of its data.
///
/// A refit sees nothing of the fit on all models but what [`Held`] says, and where several mixtures are best it takes the
/// same one as that fit would: the one nearest to the center.
#[derive(Debug, Clone)]
pub struct Refitter<'a> {
    problem: &'a Problem,
    settings: &'a AnalysisSettings,
    columns: Arc<CompressionColumns>,
    center: Vec<f64>,
}

impl<'a> Refitter<'a> {
    /// Checks the problem, and centres its columns once for all draws.
    ///
    /// # Errors
    /// [`ProblemError`]: what [`Problem::check`] and [`CompressionColumns::new`] find, and constraints that leave no mixture.
    pub fn new(problem: &'a Problem, settings: &'a AnalysisSettings) -> Result<Self, ProblemError> {
        let columns = Arc::new(CompressionColumns::new(&problem.bits)?);
        problem.check()?;
        let center = problem.constraints.nearest(&problem.center).ok_or(ProblemError::NoMixture)?;
        Ok(Self { problem, settings, columns, center })
    }

    /// The same problem under other settings; columns are shared.
    pub fn with(&self, settings: &'a AnalysisSettings) -> Self {
        Self { settings, ..self.clone() }
    }

    /// The problem.
    pub fn problem(&self) -> &'a Problem {
        self.problem
    }

    /// The settings.
    pub fn settings(&self) -> &'a AnalysisSettings {
        self.settings
    }

    /// The columns of all models.
    pub fn columns(&self) -> &CompressionColumns {
        &self.columns
    }

    /// The mixture nearest to the problem's center that obeys the constraints.
    pub fn center(&self) -> &[f64] {
        &self.center
    }

    /// One design for each target of a fold (of all models where `None`), controls projected out. `None`: a target is
    /// constant or explained by the controls there.
    pub(crate) fn criterion(&self, fold: Option<&Fold>, controls: &[Vec<f64>]) -> Option<Criterion<'_>> {
        let model_weights = fold.map(|fold| fold.model_weights(self.problem.target.len()));
        let sample = Sample { model_weights: model_weights.as_deref(), ..Sample::default() };
        criterion(&self.columns, self.targets(sample), sample, controls)
    }

    fn criterion_of<'b>(&'b self, sample: Sample<'b>, controls: &[Vec<f64>]) -> Option<Criterion<'b>> {
        let columns = sample.columns.unwrap_or(&self.columns);
        if columns.domains() != self.columns.domains() || columns.models() != self.columns.models() {
            return None;
        }
        criterion(columns, self.targets(sample), sample, controls)
    }

    fn targets<'b>(&'b self, sample: Sample<'b>) -> &'b [Vec<f64>] {
        let one = std::slice::from_ref(&self.problem.target);
        let own = if self.problem.targets.is_empty() { one } else { &self.problem.targets };
        sample.targets.unwrap_or(own)
    }

    /// The optimum on a draw; `None` where no mixture correlates positively there.
    pub fn optimum(&self, sample: Sample) -> Option<Refit> {
        let criterion = self.criterion_of(sample, &self.problem.optimum_controls)?;
        self.optimum_of(&criterion, sample, self.best_of(&criterion))
    }

    /// The optimum under a criterion; `best` is what [`best_of`](Self::best_of) gives for it.
    fn optimum_of(&self, criterion: &Criterion, sample: Sample, best: Option<Vec<f64>>) -> Option<Refit> {
        let problem = self.problem;
        let constraints = &problem.constraints;
        let design = criterion.designs().first()?;
        if self.settings.objective == Objective::Spearman {
            let weights = search_of_checked(design, constraints)?;
            return self.by_rank(sample, weights);
        }
        let weights = best?;
        let correlation = criterion.value(&weights)?;
        if self.settings.objective == Objective::Worst || problem.most_domains.is_some() {
            return Some(Refit { weights, correlation });
        }
        Some(Refit { weights: representative(design, constraints, &weights, correlation, &self.center).1, correlation })
    }

    /// The mixture with the best value of a criterion, where that is positive.
    fn best_of(&self, criterion: &Criterion) -> Option<Vec<f64>> {
        criterion.best(&self.problem.constraints, self.problem.most_domains, self.settings.most_nodes)
    }

    /// Optimum and recommendation on one draw, as [`optimum`](Self::optimum) and [`recommended`](Self::recommended) give
    /// them, in one pass where both have the same controls. Draws that leave fewer than three degrees of freedom give
    /// neither: a correlation is near ±1 there whatever the data.
    pub fn both(&self, sample: Sample, held: Held) -> Refits {
        let problem = self.problem;
        let usable = |controls: &[Vec<f64>]| {
            let criterion = self.criterion_of(sample, controls)?;
            (criterion.degrees_of_freedom() >= LEAST_DEGREES).then(|| (self.best_of(&criterion), criterion))
        };
        let optimum_of = |(best, criterion): &(Option<Vec<f64>>, Criterion)| {
            self.optimum_of(criterion, sample, best.clone()).map_or(RefitOptimum::NonePositive, RefitOptimum::Mixture)
        };
        let first = usable(&problem.optimum_controls);
        let optimum = first.as_ref().map(optimum_of);
        let second = if problem.recommended_controls == problem.optimum_controls {
            first
        } else {
            usable(&problem.recommended_controls)
        };
        Refits {
            optimum,
            recommended: second.and_then(|(best, criterion)| self.recommended_of(sample, &criterion, best, held)),
        }
    }

    /// The value that the optimum reaches on a draw: all that a permutation needs. Zero where no mixture correlates
    /// positively; `None` where no correlation is defined.
    pub fn best_value(&self, sample: Sample) -> Option<f64> {
        self.best_value_under(sample, &self.problem.optimum_controls)
    }

    /// The same under other controls. A rank correlation knows no controls and ignores them.
    pub fn best_value_under(&self, sample: Sample, controls: &[Vec<f64>]) -> Option<f64> {
        let criterion = self.criterion_of(sample, controls)?;
        if self.settings.objective == Objective::Spearman {
            return Some(self.optimum(sample).map_or(0.0, |found| found.correlation));
        }
        Some(self.best_of(&criterion).and_then(|weights| criterion.value(&weights)).unwrap_or(0.0))
    }

    /// The recommendation on a draw: the mixture nearest to the center within the tolerance held, or the ridge of the
    /// penalty held, or what the estimator makes of the draw; the center where no mixture correlates positively. `None`
    /// where no correlation is defined.
    pub fn recommended(&self, sample: Sample, held: Held) -> Option<Refit> {
        let criterion = self.criterion_of(sample, &self.problem.recommended_controls)?;
        self.recommended_of(sample, &criterion, self.best_of(&criterion), held)
    }

    /// The recommendation under a criterion; `best` is what [`best_of`](Self::best_of) gives for it.
    fn recommended_of(
        &self,
        sample: Sample,
        criterion: &Criterion,
        best: Option<Vec<f64>>,
        held: Held,
    ) -> Option<Refit> {
        let (problem, settings) = (self.problem, self.settings);
        if let Recommender::Estimator(estimator, projection) = settings.recommender {
            let drawn = sample.columns.map(CompressionColumns::bits);
            let weights = estimated(
                (estimator, projection),
                drawn.as_ref().unwrap_or(&problem.bits),
                &self.targets(sample)[0],
                &problem.constraints,
                sample.model_weights,
            )?;
            return Some(Refit { correlation: criterion.value(&weights)?, weights });
        }
        let (weights, correlation) = match best {
            None => (self.center.clone(), criterion.value(&self.center)?),
            Some(best) if settings.recommender != Recommender::LeastChange => {
                let weights = match held.lambda {
                    Some(lambda) => {
                        let constraints = near_constraints(problem, &best);
                        let design = criterion.single(&constraints)?;
                        let toward = problem.shrinks_toward(&design);
                        ridge_of_checked(&design, &constraints, &toward, lambda, sample.start).unwrap_or(best)
                    }
                    None => best,
                };
                let correlation = criterion.value(&weights)?;
                (weights, correlation)
            }
            Some(best) => {
                let threshold = held.tolerance.and_then(|tolerance| Some(criterion.value(&best)? - tolerance));
                let found = near(problem, settings, criterion, &self.center, &best, threshold);
                (found.weights, found.correlation?)
            }
        };
        Some(Refit { weights, correlation })
    }

    /// The (least partial) correlation of a mixture on a draw, under the controls of the recommendation.
    pub fn value(&self, sample: Sample, weights: &[f64]) -> Option<f64> {
        self.value_under(sample, weights, &self.problem.recommended_controls)
    }

    /// The same under other controls.
    pub fn value_under(&self, sample: Sample, weights: &[f64], controls: &[Vec<f64>]) -> Option<f64> {
        self.value_beyond(sample, weights, controls, 0)
    }

    /// The value of a mixture where the draw leaves at least three degrees of freedom.
    pub fn resampled_value(&self, sample: Sample, weights: &[f64]) -> Option<f64> {
        self.value_beyond(sample, weights, &self.problem.recommended_controls, LEAST_DEGREES)
    }

    /// A mixture is one column, so no other is looked at.
    fn value_beyond(
        &self,
        sample: Sample,
        weights: &[f64],
        controls: &[Vec<f64>],
        least_degrees: usize,
    ) -> Option<f64> {
        let columns = sample.columns.unwrap_or(&self.columns);
        let bits: Vec<f64> = columns.combination(weights).iter().map(|value| -value).collect();
        let column = CompressionColumns::new(&DMatrix::from_vec(bits.len(), 1, bits)).ok()?;
        let criterion = criterion(&column, self.targets(sample), sample, controls)?;
        if criterion.degrees_of_freedom() < least_degrees {
            return None;
        }
        criterion.value(&[1.0])
    }

    fn by_rank(&self, sample: Sample, start: Vec<f64>) -> Option<Refit> {
        let columns = sample.columns.unwrap_or(&self.columns);
        let target = &self.targets(sample)[0];
        // A model that counts several times stands there as often.
        let models: Vec<usize> = match sample.model_weights {
            None => (0..target.len()).collect(),
            Some(times) => (0..target.len()).flat_map(|i| std::iter::repeat_n(i, times[i] as usize)).collect(),
        };
        let (weights, _) = best_by_rank(columns, target, &models, &self.problem.constraints, &start);
        let compression = columns.combination(&weights);
        let pick = |values: &[f64]| -> Vec<f64> { models.iter().map(|&i| values[i]).collect() };
        let correlation = spearman(&pick(&compression), &pick(target))?;
        (correlation > 0.0).then_some(Refit { weights, correlation })
    }
}

fn criterion<'a>(
    columns: &'a CompressionColumns,
    targets: &[Vec<f64>],
    sample: Sample,
    controls: &[Vec<f64>],
) -> Option<Criterion<'a>> {
    Criterion::new(targets.iter().map(|target| Design::new(columns, target, sample.model_weights, controls).ok()))
}
