//! The mixture to use: near the center, and nearly as good as the best.

use std::borrow::Cow;

use crate::analysis::criterion::Criterion;
use crate::analysis::folds::Fold;
use crate::analysis::penalty::{PenaltyChoice, choose_penalty};
use crate::analysis::problem::{AnalysisSettings, Problem, Recommender};
use crate::analysis::resample::{FamilyBootstrap, Population, family_bootstrap};
use crate::constraints::linear::Constraints;
use crate::data::columns::CompressionColumns;
use crate::estimator::estimated::estimated;
use crate::objectives::ridge::ridge_of_checked;

/// How the recommendation came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecommendationStatus {
    /// The mixture nearest to the center among those that correlate nearly as well as the best.
    NearestToCenter,
    /// The center as it is: what was found is not distinguishable from it on families left out, or worse.
    KeptCenter,
    /// The center itself correlates nearly as well as the best: the data cannot tell it from the best.
    CenterIsWithin,
    /// The best mixture under a penalty on the distance from a named mixture, or from the marginal one.
    Ridge,
    /// What the ridge shrinks toward: no smaller penalty does clearly better on families left out.
    Shrunk,
    /// What the ridge shrinks toward: there are too few families to leave out for a choice of the penalty.
    TooFewFamilies,
    /// What a published estimator makes of each domain alone.
    Estimator,
    /// No mixture correlates positively, so the center stands.
    NoPositiveCorrelation,
    /// Too few families for a standard error, so the optimum of the criterion stands.
    NoStandardError,
    /// The solver found no mixture in between, so the optimum of the criterion stands.
    NotFound,
}

/// The mixture to use.
#[derive(Debug, Clone, PartialEq)]
pub struct Recommendation {
    /// Shares by domain.
    pub weights: Vec<f64>,
    /// How it came about.
    pub status: RecommendationStatus,
    /// Best value of the criterion.
    pub best: f64,
    /// The mixture that has it; `None` where no value is positive.
    pub best_weights: Option<Vec<f64>>,
    /// Standard error of the best, from the bootstrap over families.
    pub standard_error: Option<f64>,
    /// Value from which on a mixture counts as nearly as good as the best; what a least change has to reach.
    pub threshold: Option<f64>,
    /// Value that it has.
    pub correlation: Option<f64>,
    /// Replicates that could not be fitted.
    pub unusable_replicates: usize,
    /// The penalty of a ridge and how it was chosen.
    pub ridge: Option<PenaltyChoice>,
    /// The mixture that a ridge shrinks toward, as near as the constraints allow.
    pub toward: Option<Vec<f64>>,
}

/// Recommends on all models or on those of a fold, of which `criterion` is the view. `center` obeys the constraints.
pub(crate) fn recommend(
    problem: &Problem,
    settings: &AnalysisSettings,
    columns: &CompressionColumns,
    criterion: Option<&Criterion>,
    center: &[f64],
    fold: Option<&Fold>,
) -> Recommendation {
    let mut recommendation = Recommendation {
        weights: center.to_vec(),
        status: RecommendationStatus::NoPositiveCorrelation,
        best: 0.0,
        best_weights: None,
        standard_error: None,
        threshold: None,
        correlation: None,
        unusable_replicates: 0,
        ridge: None,
        toward: None,
    };
    let estimated = match settings.recommender {
        Recommender::Estimator(estimator, projection) => {
            let times = fold.map(|fold| fold.model_weights(problem.target.len()));
            let constraints = &problem.constraints;
            estimated((estimator, projection), &problem.bits, &problem.target, constraints, times.as_deref())
        }
        _ => None,
    };
    if let Some(weights) = estimated.clone() {
        recommendation.correlation = criterion.and_then(|criterion| criterion.value(&weights));
        recommendation.weights = weights;
        recommendation.status = RecommendationStatus::Estimator;
        if fold.is_some() {
            return recommendation;
        }
    }
    let best = criterion.and_then(|criterion| {
        let weights = criterion.best(&problem.constraints, problem.most_domains, settings.most_nodes)?;
        Some((criterion, criterion.value(&weights)?, weights))
    });
    let Some((criterion, best, weights)) = best else { return recommendation };
    recommendation.best = best;
    recommendation.best_weights = Some(weights.clone());
    // In a fold only the tolerance needs it.
    if fold.is_none() || settings.recommender == Recommender::LeastChange {
        let bootstrap = bootstrap(problem, settings, fold, &weights);
        recommendation.standard_error = bootstrap.standard_error();
        recommendation.unusable_replicates = bootstrap.unusable;
    }
    if estimated.is_some() {
        return recommendation;
    }
    let threshold = settings.within.threshold(best, recommendation.standard_error);
    recommendation.threshold = threshold;
    recommendation.correlation = Some(best);

    if matches!(settings.recommender, Recommender::Estimator(..)) {
        return Recommendation { weights, status: RecommendationStatus::NotFound, ..recommendation };
    }
    if settings.recommender != Recommender::LeastChange {
        return shrink(problem, settings, columns, criterion, fold, recommendation);
    }
    let found = near(problem, settings, criterion, center, &weights, threshold);
    Recommendation { weights: found.weights, status: found.status, correlation: found.correlation, ..recommendation }
}

/// A mixture near the center, and how it came about.
pub(crate) struct Near {
    pub weights: Vec<f64>,
    pub status: RecommendationStatus,
    pub correlation: Option<f64>,
}

/// The mixture nearest to the center among those that reach a threshold; `best` is the one that reaches most, and stands
/// where there is no threshold or no mixture is found.
pub(crate) fn near(
    problem: &Problem,
    settings: &AnalysisSettings,
    criterion: &Criterion,
    center: &[f64],
    best: &[f64],
    threshold: Option<f64>,
) -> Near {
    let at = |weights: Vec<f64>, status| Near { correlation: criterion.value(&weights), weights, status };
    let Some(threshold) = threshold else { return at(best.to_vec(), RecommendationStatus::NoStandardError) };
    let constraints = near_constraints(problem, best);
    if problem.most_domains.is_none() && criterion.value(center).is_some_and(|value| value >= threshold) {
        return at(center.to_vec(), RecommendationStatus::CenterIsWithin);
    }
    match criterion.nearest(&constraints, &problem.center, threshold, settings.distance, best) {
        Some(nearest) => at(nearest, RecommendationStatus::NearestToCenter),
        None => at(best.to_vec(), RecommendationStatus::NotFound),
    }
}

/// The constraints under which near mixtures are looked for: where there may be few domains, these are a choice of the best
/// ones, so it is those of `best`.
pub(crate) fn near_constraints<'a>(problem: &'a Problem, best: &[f64]) -> Cow<'a, Constraints> {
    match problem.most_domains {
        Some(_) => Cow::Owned(problem.constraints.only(&best.iter().map(|&weight| weight > 0.0).collect::<Vec<_>>())),
        None => Cow::Borrowed(&problem.constraints),
    }
}

/// The ridge, its penalty given or chosen on the same models.
fn shrink(
    problem: &Problem,
    settings: &AnalysisSettings,
    columns: &CompressionColumns,
    criterion: &Criterion,
    fold: Option<&Fold>,
    mut recommendation: Recommendation,
) -> Recommendation {
    let best = recommendation.best_weights.clone().unwrap_or_else(|| recommendation.weights.clone());
    let constraints = near_constraints(problem, &best);
    let design = criterion.single(&constraints);
    let center = design.as_ref().map(|design| problem.shrinks_toward(design));
    let toward = center.as_ref().and_then(|center| constraints.nearest(center));
    let choice = match settings.recommender {
        Recommender::RidgeOf(lambda) => Some(PenaltyChoice { lambda, path: Vec::new() }),
        _ => {
            let training = match fold {
                // Models that the problem does not have are in no fold of it.
                Some(fold) => fold.training.iter().copied().filter(|&model| model < problem.target.len()).collect(),
                None => (0..problem.target.len()).collect::<Vec<usize>>(),
            };
            choose_penalty(problem, &constraints, columns, &training)
        }
    };
    let found = match (&choice, &toward, design.as_ref().zip(center.as_ref())) {
        (None, Some(toward), _) => Some((toward.clone(), RecommendationStatus::TooFewFamilies)),
        (Some(choice), Some(toward), _) if choice.lambda == f64::INFINITY => {
            Some((toward.clone(), RecommendationStatus::Shrunk))
        }
        (Some(choice), _, Some((design, center))) => {
            ridge_of_checked(design, &constraints, center, choice.lambda, None)
                .map(|weights| (weights, RecommendationStatus::Ridge))
        }
        _ => None,
    };
    let (weights, status) = found.unwrap_or((best, RecommendationStatus::NotFound));
    recommendation.correlation = criterion.value(&weights);
    Recommendation { weights, status, ridge: choice, toward, ..recommendation }
}

/// Bootstrap over the families that there are to fit on.
fn bootstrap(problem: &Problem, settings: &AnalysisSettings, fold: Option<&Fold>, weights: &[f64]) -> FamilyBootstrap {
    let all: Vec<usize>;
    let drawn = match fold {
        Some(fold) => &fold.training_families,
        None => {
            all = (0..problem.families.iter().max().map_or(0, |last| last + 1)).collect();
            &all
        }
    };
    let one = std::slice::from_ref(&problem.target);
    let population = Population {
        bits: &crate::data::evaluation::mixed_bits(&problem.bits, weights),
        targets: if problem.targets.is_empty() { one } else { &problem.targets },
        families: &problem.families,
        drawn,
        controls: &problem.recommended_controls,
    };
    // A fold of other families has no replicate that counts.
    family_bootstrap(population, settings.replicates, settings.seed, fold.map_or(0, Fold::stream))
        .unwrap_or(FamilyBootstrap { correlations: Vec::new(), unusable: settings.replicates })
}
