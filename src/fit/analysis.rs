//! The whole fit: certified optimum, recommendation, baselines, and how all of them do on unseen families.

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::columns::CompressionColumns;
use super::constraints::Constraints;
use super::design::Design;
use super::evaluation::{Evaluation, evaluate, mixed_bits};
use super::held_out::{Fold, HeldOut, Method, family_folds, held_out, held_out_single};
use super::lead::{Lead, lead};
use super::nearest::{Distance, nearest_above};
use super::optimum::{Optimum, OptimumStatus, best_mixture, search};
use super::rank::best_by_rank;
use super::resample::{FamilyBootstrap, Population, family_bootstrap};
use super::statistics::spearman;
use super::uniqueness::{Alternatives, alternatives, representative};

/// What a fit maximises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Pearson's correlation, certified.
    #[default]
    Pearson,
    /// Spearman's rank correlation, searched, not certified.
    Spearman,
}

/// The data of a fit: matrices and vectors over the same models.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Bits per character, models × domains, all finite.
    pub bits: DMatrix<f64>,
    /// Target of each model, higher is better.
    pub target: Vec<f64>,
    /// Family number of each model, from 0 without gaps.
    pub families: Vec<usize>,
    /// Covariates that the optimum controls for.
    pub optimum_controls: Vec<Vec<f64>>,
    /// Covariates that the recommendation controls for.
    pub recommended_controls: Vec<Vec<f64>>,
    /// Least and greatest weights, and linear rows; some mixture must obey them.
    pub constraints: Constraints,
}

/// How a fit is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnalysisSettings {
    /// What the optimum maximises.
    pub objective: Objective,
    /// Bootstrap replicates for the standard error.
    pub replicates: usize,
    /// Seed of the random draws.
    pub seed: u64,
}

impl Default for AnalysisSettings {
    fn default() -> Self {
        Self { objective: Objective::Pearson, replicates: 1000, seed: 0 }
    }
}

/// How the recommendation came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecommendationStatus {
    /// The mixture nearest to the center within one standard error of the best correlation.
    WithinOneStandardError,
    /// The center itself is within one standard error of the best: the data cannot tell it from the best.
    CenterIsWithinOneStandardError,
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
    /// Best (partial) correlation of the criterion.
    pub best: f64,
    /// Standard error of the best, from the bootstrap over families.
    pub standard_error: Option<f64>,
    /// (Partial) correlation that the recommendation had to reach.
    pub threshold: Option<f64>,
    /// (Partial) correlation that it has.
    pub correlation: Option<f64>,
    /// Replicates that could not be fitted.
    pub unusable_replicates: usize,
}

/// Figures of one mixture, in and out of sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessed {
    /// In sample.
    pub evaluation: Evaluation,
    /// On families held out, with the mixture chosen anew in every fold. `None` where no family can be held out.
    pub held_out: Option<HeldOut>,
}

/// All that a fit tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// The best mixture under the objective; its proof too, where there is one.
    pub optimum: Optimum,
    /// Other mixtures as good as the optimum; `None` where there is no optimum or no Pearson objective.
    pub alternatives: Option<Alternatives>,
    /// Domains that a rank search moved; empty for Pearson.
    pub searched: Vec<usize>,
    /// Its figures.
    pub optimum_assessed: Option<Assessed>,
    /// The mixture to use.
    pub recommended: Recommendation,
    /// Its figures.
    pub recommended_assessed: Assessed,
    /// Equal shares.
    pub uniform: Assessed,
    /// Each domain alone.
    pub single: Vec<Assessed>,
    /// The domain that is best alone, chosen anew in every fold.
    pub best_single: Option<HeldOut>,
    /// Lead of the recommendation over equal shares on held-out families.
    pub lead_over_uniform: Option<Lead>,
    /// Its lead over the domain that is best alone.
    pub lead_over_best_single: Option<Lead>,
    /// Lead of the optimum over equal shares.
    pub optimum_lead_over_uniform: Option<Lead>,
    /// Domains on which all models compress alike.
    pub constant_domains: Vec<usize>,
    /// Families held out in turn.
    pub folds: usize,
}

/// Hears how far a long fit is.
pub trait Progress: Sync {
    /// A stage of `steps` steps begins.
    fn begin(&self, stage: &str, steps: usize);
    /// One step is done.
    fn step(&self);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _stage: &str, _steps: usize) {}
    fn step(&self) {}
}

/// Stream of the replicates made in fold `f`: `(f + 1) · 2³²`, so that no two draws share numbers.
fn fold_stream(fold: &Fold) -> u64 {
    (fold.family as u64 + 1) << 32
}

/// Fits, recommends and assesses.
///
/// # Panics
/// If the target is constant or shapes disagree; a joined study has neither.
pub fn analyse(problem: &Problem, settings: &AnalysisSettings, progress: &dyn Progress) -> Analysis {
    let domains = problem.bits.ncols();
    let center = vec![1.0 / domains as f64; domains];
    let columns = CompressionColumns::new(&problem.bits);
    let folds = family_folds(&problem.families, &problem.target);
    let fit = Fit { problem, settings, columns: &columns, center: &center };

    let (optimum, alternatives, searched) = fit.optimum();
    let recommended = fit.recommend(None);

    let assess = |weights: &[f64], held_out: Option<HeldOut>| Assessed {
        evaluation: evaluate(&mixed_bits(&problem.bits, weights), &problem.target),
        held_out,
    };
    progress.begin("held-out families", 4 * folds.len());
    let over_folds = |method: Method| held_out(&problem.bits, &problem.target, &folds, &method, &|| progress.step());
    let optimum_held_out = over_folds(Box::new(|fold| fit.optimum_of(fold)));
    let recommended_held_out = over_folds(Box::new(|fold| Some(fit.recommend(Some(fold)).weights)));
    let uniform_held_out = over_folds(Box::new(|_| Some(center.clone())));
    let best_single = over_folds(Box::new(|fold| fit.best_single(fold)));

    let single = (0..domains)
        .into_par_iter()
        .map(|d| {
            let bits: Vec<f64> = problem.bits.column(d).iter().copied().collect();
            Assessed {
                evaluation: evaluate(&bits, &problem.target),
                held_out: held_out_single(&bits, &problem.target, &folds),
            }
        })
        .collect();
    let lead_of = |ours: &Option<HeldOut>, theirs: &Option<HeldOut>| {
        let (ours, theirs) = (ours.as_ref()?, theirs.as_ref()?);
        lead(ours, theirs, &problem.target, &problem.families, settings.replicates, settings.seed)
    };
    Analysis {
        lead_over_uniform: lead_of(&recommended_held_out, &uniform_held_out),
        lead_over_best_single: lead_of(&recommended_held_out, &best_single),
        optimum_lead_over_uniform: lead_of(&optimum_held_out, &uniform_held_out),
        optimum_assessed: optimum.weights.as_ref().map(|weights| assess(weights, optimum_held_out)),
        recommended_assessed: assess(&recommended.weights, recommended_held_out),
        uniform: assess(&center, uniform_held_out),
        single,
        best_single,
        constant_domains: (0..domains).filter(|&d| columns.norms()[d] == 0.0).collect(),
        folds: folds.len(),
        optimum,
        alternatives,
        searched,
        recommended,
    }
}

/// The parts of an analysis that are repeated in folds.
struct Fit<'a> {
    problem: &'a Problem,
    settings: &'a AnalysisSettings,
    columns: &'a CompressionColumns,
    center: &'a [f64],
}

impl Fit<'_> {
    fn design(&self, fold: Option<&Fold>, controls: &[Vec<f64>]) -> Option<Design<'_>> {
        match fold {
            None => Design::new(self.columns, &self.problem.target, None, controls),
            Some(fold) => {
                let mut weights = vec![0.0; self.problem.target.len()];
                fold.training.iter().for_each(|&i| weights[i] = 1.0);
                Design::new(self.columns, &self.problem.target, Some(&weights), controls)
            }
        }
    }

    /// The optimum on all models, with its certificate.
    fn optimum(&self) -> (Optimum, Option<Alternatives>, Vec<usize>) {
        let problem = self.problem;
        let Some(design) = self.design(None, &problem.optimum_controls) else {
            // The controls explain the target: nothing is left that a mixture could track.
            let none = Optimum {
                weights: None,
                correlation: 0.0,
                bound: 0.0,
                bound_holds_above_variation: None,
                status: OptimumStatus::NoPositiveCorrelation,
            };
            return (none, None, Vec::new());
        };
        let mut optimum = best_mixture(&design, &problem.constraints);
        let Some(weights) = optimum.weights.clone() else { return (optimum, None, Vec::new()) };
        match self.settings.objective {
            Objective::Pearson => {
                let found = alternatives(&design, &problem.constraints, &weights, optimum.correlation, self.center);
                optimum.weights = Some(found.weights.clone());
                (optimum, Some(found), Vec::new())
            }
            Objective::Spearman => {
                let models: Vec<usize> = (0..problem.target.len()).collect();
                let (best, searched) = best_by_rank(self.columns, &problem.target, &models, &problem.constraints, &weights);
                let bits = mixed_bits(&problem.bits, &best);
                let rank = spearman(&bits, &problem.target).map_or(0.0, |r| -r);
                optimum = Optimum {
                    weights: Some(best),
                    correlation: rank,
                    bound: 1.0,
                    bound_holds_above_variation: None,
                    status: OptimumStatus::NotCertified,
                };
                (optimum, None, searched)
            }
        }
    }

    /// The optimum's weights on the models of a fold. It sees nothing of the fit on all models, and where several mixtures
    /// are best it takes the same one as that fit would.
    fn optimum_of(&self, fold: &Fold) -> Option<Vec<f64>> {
        let constraints = &self.problem.constraints;
        let design = self.design(Some(fold), &self.problem.optimum_controls)?;
        let weights = search(&design, constraints)?;
        match self.settings.objective {
            Objective::Pearson => {
                let correlation = design.correlation(&weights).filter(|&rho| rho > 0.0)?;
                Some(representative(&design, constraints, &weights, correlation, self.center).1)
            }
            Objective::Spearman => {
                Some(best_by_rank(self.columns, &self.problem.target, &fold.training, constraints, &weights).0)
            }
        }
    }

    /// The domain that is best alone on the models of a fold.
    fn best_single(&self, fold: &Fold) -> Option<Vec<f64>> {
        let pick = |values: &[f64]| -> Vec<f64> { fold.training.iter().map(|&i| values[i]).collect() };
        let target = pick(&self.problem.target);
        let mut best: Option<(usize, f64)> = None;
        for domain in 0..self.columns.domains() {
            let correlation = super::statistics::pearson(&pick(self.columns.column(domain)), &target);
            if let Some(value) = correlation
                && best.is_none_or(|(_, so_far)| value > so_far)
            {
                best = Some((domain, value));
            }
        }
        let (domain, _) = best?;
        let mut weights = vec![0.0; self.columns.domains()];
        weights[domain] = 1.0;
        Some(weights)
    }

    /// The mixture nearest to the center within one standard error of the best, on all models or those of a fold.
    fn recommend(&self, fold: Option<&Fold>) -> Recommendation {
        let problem = self.problem;
        let constraints = &problem.constraints;
        let nearest_to_center =
            || constraints.nearest(self.center).unwrap_or_else(|| constraints.bounds().nearest(self.center));
        let without = |status: RecommendationStatus| Recommendation {
            weights: nearest_to_center(),
            status,
            best: 0.0,
            standard_error: None,
            threshold: None,
            correlation: None,
            unusable_replicates: 0,
        };
        let Some(design) = self.design(fold, &problem.recommended_controls) else {
            return without(RecommendationStatus::NoPositiveCorrelation);
        };
        let Some((weights, best)) = search(&design, constraints)
            .and_then(|weights| design.correlation(&weights).map(|rho| (weights, rho)))
            .filter(|(_, rho)| *rho > 0.0)
        else {
            return without(RecommendationStatus::NoPositiveCorrelation);
        };
        let bootstrap = self.bootstrap(fold, &weights);
        let mut recommendation = Recommendation {
            weights,
            status: RecommendationStatus::NoStandardError,
            best,
            standard_error: bootstrap.standard_error(),
            threshold: None,
            correlation: Some(best),
            unusable_replicates: bootstrap.unusable,
        };
        let Some(error) = recommendation.standard_error else { return recommendation };
        let threshold = best - error;
        recommendation.threshold = Some(threshold);
        let center = nearest_to_center();
        let at_center = design.correlation(&center);
        if at_center.is_some_and(|rho| rho >= threshold) {
            recommendation.weights = center;
            recommendation.correlation = at_center;
            recommendation.status = RecommendationStatus::CenterIsWithinOneStandardError;
            return recommendation;
        }
        match nearest_above(
            &design,
            constraints,
            self.center,
            threshold,
            Distance::Quadratic,
            &recommendation.weights,
        ) {
            Some(nearest) => {
                recommendation.correlation = design.correlation(&nearest);
                recommendation.weights = nearest;
                recommendation.status = RecommendationStatus::WithinOneStandardError;
            }
            None => recommendation.status = RecommendationStatus::NotFound,
        }
        recommendation
    }

    /// Bootstrap over the families that there are to fit on.
    fn bootstrap(&self, fold: Option<&Fold>, weights: &[f64]) -> FamilyBootstrap {
        let problem = self.problem;
        let all: Vec<usize>;
        let drawn = match fold {
            Some(fold) => &fold.training_families,
            None => {
                all = (0..problem.families.iter().max().map_or(0, |last| last + 1)).collect();
                &all
            }
        };
        let population = Population {
            bits: &mixed_bits(&problem.bits, weights),
            target: &problem.target,
            families: &problem.families,
            drawn,
            controls: &problem.recommended_controls,
        };
        let stream = fold.map_or(0, fold_stream);
        family_bootstrap(population, self.settings.replicates, self.settings.seed, stream)
    }
}
