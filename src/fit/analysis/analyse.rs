//! The whole fit on all models: certified optimum, recommendation, baselines.

use rayon::prelude::*;

use crate::analysis::criterion::Criterion;
use crate::analysis::problem::{AnalysisSettings, Objective, Problem};
use crate::analysis::recommendation::{Recommendation, recommend};
use crate::analysis::refit::Refitter;
use crate::data::design::Design;
use crate::data::evaluation::{Evaluation, evaluate, mixed_bits};
use crate::data::statistics::spearman;
use crate::data::vector::{add_scaled, norm, scale};
use crate::nearest::trade_off::{TradeOffPoint, trade_off_of_checked};
use crate::objectives::pareto::{ParetoPoint, pareto_of_checked};
use crate::objectives::rank::best_by_rank;
use crate::objectives::sparse::best_sparse_of_checked;
use crate::objectives::worst::best_worst_of_checked;
use crate::optimum::best::{CERTIFIED_GAP, Optimum, OptimumStatus, best_mixture_of_checked};
use crate::optimum::prices::{Prices, prices_of_checked};
use crate::optimum::uniqueness::{Alternatives, alternatives_of_checked};

/// Figures of one mixture on the models fitted on.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessed {
    /// With the target.
    pub evaluation: Evaluation,
    /// With each of several targets; empty where there is one.
    pub by_target: Vec<Evaluation>,
}

/// A fit on all models. How it does on families that it has not seen is for a comparison to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// The best mixture under the objective; its proof too, where there is one.
    pub optimum: Optimum,
    /// Other mixtures as good as the optimum; `None` where there is no optimum, other constraints than bounds, or
    /// another objective than Pearson's correlation with one target.
    pub alternatives: Option<Alternatives>,
    /// What loosening each constraint by one would gain the optimum; `None` where the optimum has no certificate.
    pub prices: Option<Prices>,
    /// The frontier between two targets; empty for one target or more than two.
    pub pareto: Vec<ParetoPoint>,
    /// Domains that a rank search moved; empty for Pearson.
    pub searched: Vec<usize>,
    /// Figures of the optimum.
    pub optimum_assessed: Option<Assessed>,
    /// The mixture to use.
    pub recommended: Recommendation,
    /// Its figures.
    pub recommended_assessed: Assessed,
    /// From the center to the best value of the recommendation's criterion.
    pub trade_off: Vec<TradeOffPoint>,
    /// The center itself, as it is.
    pub center: Assessed,
    /// Equal shares.
    pub uniform: Assessed,
    /// Each domain alone.
    pub single: Vec<Evaluation>,
    /// Domains on which all models compress alike.
    pub constant_domains: Vec<usize>,
}

/// Fits and recommends on all models.
///
/// A refitter's problem has been checked, so there is always an answer.
pub fn analyse(refitter: &Refitter) -> Analysis {
    let (problem, settings) = (refitter.problem(), refitter.settings());
    let domains = problem.bits.ncols();
    let (columns, center) = (refitter.columns(), refitter.center());
    let fit = Fit { problem, settings, refitter };

    let (optimum, alternatives, prices, searched) = fit.optimum();
    let criterion = refitter.criterion(None, &problem.recommended_controls);
    let recommended = recommend(problem, settings, columns, criterion.as_ref(), center, None);
    let trade_off = fit.trade_off(criterion.as_ref(), &recommended);

    let assess = |weights: &[f64]| {
        let bits = mixed_bits(&problem.bits, weights);
        Assessed {
            evaluation: evaluate(&bits, &problem.target),
            by_target: problem.targets.iter().map(|target| evaluate(&bits, target)).collect(),
        }
    };
    let alone = |d: usize| {
        let bits: Vec<f64> = problem.bits.column(d).iter().copied().collect();
        evaluate(&bits, &problem.target)
    };
    Analysis {
        optimum_assessed: optimum.weights.as_deref().map(assess),
        recommended_assessed: assess(&recommended.weights),
        uniform: assess(&vec![1.0 / domains as f64; domains]),
        center: assess(&problem.center),
        single: (0..domains).into_par_iter().map(alone).collect(),
        constant_domains: (0..domains).filter(|&d| columns.norms()[d] == 0.0).collect(),
        optimum,
        alternatives,
        prices,
        pareto: fit.pareto(),
        searched,
        recommended,
        trade_off,
    }
}

/// The parts of an analysis.
struct Fit<'a> {
    problem: &'a Problem,
    settings: &'a AnalysisSettings,
    refitter: &'a Refitter<'a>,
}

/// The optimum with what is known about it: alternatives, prices, domains that a rank search moved.
type OptimumFound = (Optimum, Option<Alternatives>, Option<Prices>, Vec<usize>);

impl Fit<'_> {
    /// The optimum on all models, with its certificate.
    fn optimum(&self) -> OptimumFound {
        let problem = self.problem;
        let constraints = &problem.constraints;
        let Some(criterion) = self.refitter.criterion(None, &problem.optimum_controls) else {
            // The controls explain the target: nothing is left that a mixture could track.
            return (none(), None, None, Vec::new());
        };
        let design = &criterion.designs()[0];
        if self.settings.objective == Objective::Worst {
            let found = best_worst_of_checked(criterion.designs(), constraints);
            let prices = match &found.weights {
                Some(weights) if found.bound - found.correlation <= CERTIFIED_GAP => {
                    self.prices_of_worst(criterion.designs(), &found.mixing, weights)
                }
                _ => None,
            };
            let optimum = Optimum {
                weights: found.weights,
                correlation: found.correlation,
                bound: found.bound,
                bound_holds_above_variation: found.bound_holds_above_variation,
                status: found.status,
            };
            return (optimum, None, prices, Vec::new());
        }
        if let Some(most) = problem.most_domains {
            let found = best_sparse_of_checked(design, constraints, most, self.settings.most_nodes);
            let optimum = Optimum {
                weights: found.weights,
                correlation: found.correlation,
                bound: found.bound,
                bound_holds_above_variation: found.bound_holds_above_variation,
                status: found.status,
            };
            return (optimum, None, None, Vec::new());
        }
        let mut optimum = best_mixture_of_checked(design, constraints);
        let Some(weights) = optimum.weights.clone() else { return (optimum, None, None, Vec::new()) };
        if self.settings.objective == Objective::Spearman {
            let models: Vec<usize> = (0..problem.target.len()).collect();
            let (best, searched) =
                best_by_rank(self.refitter.columns(), &problem.target, &models, constraints, &weights);
            let bits = mixed_bits(&problem.bits, &best);
            let rank = spearman(&bits, &problem.target).map_or(0.0, |r| -r);
            optimum = Optimum {
                weights: Some(best),
                correlation: rank,
                bound: 1.0,
                bound_holds_above_variation: None,
                status: OptimumStatus::NotCertified,
            };
            return (optimum, None, None, searched);
        }
        let found = alternatives_of_checked(design, constraints, &weights, optimum.correlation, self.refitter.center());
        optimum.weights = Some(found.weights.clone());
        let prices = (optimum.gap() <= CERTIFIED_GAP).then(|| prices_of_checked(design, constraints, &found.weights));
        (optimum, Some(found), prices, Vec::new())
    }

    /// Prices of the least correlation: at its optimum it moves as `Σ α_k ρ_k` does with the multipliers α of the targets
    /// (envelope theorem), which is `‖ȳ‖` times the correlation with `ȳ = Σ α_k ŷ_k`.
    fn prices_of_worst(&self, designs: &[Design], mixing: &[f64], weights: &[f64]) -> Option<Prices> {
        let mut mean = vec![0.0; self.problem.target.len()];
        for (design, &share) in designs.iter().zip(mixing) {
            add_scaled(&mut mean, share, design.target());
        }
        let length = norm(&mean);
        let design = Design::new(self.refitter.columns(), &mean, None, &self.problem.optimum_controls).ok()?;
        let mut prices = prices_of_checked(&design, &self.problem.constraints, weights);
        for values in [&mut prices.rows, &mut prices.least, &mut prices.greatest] {
            scale(values, length);
        }
        Some(prices)
    }

    /// The frontier between two targets under the controls of the optimum.
    fn pareto(&self) -> Vec<ParetoPoint> {
        let criterion = self.refitter.criterion(None, &self.problem.optimum_controls);
        match criterion.as_ref().map(Criterion::designs) {
            Some([first, second]) if self.settings.curve_points > 1 => {
                pareto_of_checked([first, second], &self.problem.constraints, self.settings.curve_points)
            }
            _ => Vec::new(),
        }
    }

    /// The trade-off between nearness to the center and the criterion of the recommendation, among the domains of the best
    /// mixture where their number is limited.
    fn trade_off(&self, criterion: Option<&Criterion>, recommended: &Recommendation) -> Vec<TradeOffPoint> {
        let (Some(criterion), Some(best)) = (criterion, &recommended.best_weights) else { return Vec::new() };
        let (problem, settings) = (self.problem, self.settings);
        if settings.curve_points == 0 {
            return Vec::new();
        }
        let constraints = match problem.most_domains {
            Some(_) => problem.constraints.only(&best.iter().map(|&weight| weight > 0.0).collect::<Vec<_>>()),
            None => problem.constraints.clone(),
        };
        match criterion.designs() {
            [design] => trade_off_of_checked(
                design,
                &constraints,
                &problem.center,
                settings.distance,
                best,
                settings.curve_points,
            ),
            _ => criterion.trade_off(&constraints, &problem.center, settings.distance, best, settings.curve_points),
        }
    }
}

/// No mixture at all.
fn none() -> Optimum {
    Optimum {
        weights: None,
        correlation: 0.0,
        bound: 0.0,
        bound_holds_above_variation: None,
        status: OptimumStatus::NoPositiveCorrelation,
    }
}
