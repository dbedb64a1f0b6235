//! The whole fit: certified optimum, recommendation, baselines, and how all of them do on unseen families.

use mixopt_base::Observer;
use rayon::prelude::*;

use super::criterion::Criterion;
use super::design::Design;
use super::evaluation::{Evaluation, evaluate, mixed_bits};
use super::folds::family_folds;
use super::held_out::{HeldOut, chosen_weights, held_out_of, held_out_single};
use super::lead::{Lead, lead};
use super::optimum::{CERTIFIED_GAP, Optimum, OptimumStatus, best_mixture};
use super::pareto::{ParetoPoint, pareto};
use super::prices::{Prices, prices};
use super::problem::{AnalysisSettings, Objective, Problem};
use super::rank::best_by_rank;
use super::recommendation::{Recommendation, recommend};
use super::refit::Refitter;
use super::sparse::best_sparse;
use super::statistics::spearman;
use super::trade_off::{TradeOffPoint, trade_off};
use super::uniqueness::{Alternatives, alternatives};
use super::vector::{add_scaled, norm, scale};
use super::worst::best_worst;

/// Figures of one mixture, in and out of sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessed {
    /// In sample.
    pub evaluation: Evaluation,
    /// On families held out, with the mixture chosen anew in every fold. `None` where no family can be held out.
    pub held_out: Option<HeldOut>,
    /// The same for each of several targets; empty where there is one.
    pub by_target: Vec<(Evaluation, Option<HeldOut>)>,
}

/// All that a fit tells.
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
    /// Its figures.
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
    pub single: Vec<Assessed>,
    /// The domain that is best alone, chosen anew in every fold.
    pub best_single: Option<HeldOut>,
    /// Lead of the recommendation over equal shares on held-out families.
    pub lead_over_uniform: Option<Lead>,
    /// Its lead over the center.
    pub lead_over_center: Option<Lead>,
    /// Its lead over the domain that is best alone.
    pub lead_over_best_single: Option<Lead>,
    /// Lead of the optimum over equal shares.
    pub optimum_lead_over_uniform: Option<Lead>,
    /// Domains on which all models compress alike.
    pub constant_domains: Vec<usize>,
    /// Families held out in turn.
    pub folds: usize,
}

/// Fits, recommends and assesses.
///
/// # Panics
/// If the target is constant, shapes disagree or no mixture obeys the constraints; a joined study and settings have none
/// of these.
pub fn analyse(problem: &Problem, settings: &AnalysisSettings, observer: &dyn Observer) -> Analysis {
    let domains = problem.bits.ncols();
    let uniform = vec![1.0 / domains as f64; domains];
    let folds = family_folds(&problem.families, &problem.target);
    let refitter = Refitter::new(problem, settings);
    let (columns, center) = (refitter.columns(), refitter.center());
    let fit = Fit { problem, settings, refitter: &refitter };

    let (optimum, alternatives, prices, searched) = fit.optimum();
    let criterion = refitter.criterion(None, &problem.recommended_controls);
    let recommended = recommend(problem, settings, criterion.as_ref(), center, None);
    let trade_off = fit.trade_off(criterion.as_ref(), &recommended);

    observer.begin("held-out families", (2 * folds.len()) as u64, "fits");
    let step = || observer.advance(1);
    let optimum_chosen = chosen_weights(&folds, &|fold| refitter.optimum_in(fold), &step);
    let recommended_chosen = chosen_weights(&folds, &|fold| Some(refitter.recommended_in(fold)), &step);
    let best_single_chosen = chosen_weights(&folds, &|fold| refitter.best_single_in(fold), &|| ());
    let of = |chosen: &[Option<Vec<f64>>], target: &[f64]| held_out_of(&problem.bits, target, &folds, chosen);
    let assess = |weights: &[f64], chosen: &[Option<Vec<f64>>]| {
        let bits = mixed_bits(&problem.bits, weights);
        let figures = |target: &Vec<f64>| (evaluate(&bits, target), of(chosen, target));
        let (evaluation, held_out) = figures(&problem.target);
        Assessed { evaluation, held_out, by_target: problem.targets.iter().map(figures).collect() }
    };
    let always = |weights: &[f64]| assess(weights, &vec![Some(weights.to_vec()); folds.len()]);

    let optimum_assessed = optimum.weights.as_ref().map(|weights| assess(weights, &optimum_chosen));
    let recommended_assessed = assess(&recommended.weights, &recommended_chosen);
    let uniform = always(&uniform);
    let at_center = always(&problem.center);
    let best_single = of(&best_single_chosen, &problem.target);
    let single = (0..domains)
        .into_par_iter()
        .map(|d| {
            let bits: Vec<f64> = problem.bits.column(d).iter().copied().collect();
            Assessed {
                evaluation: evaluate(&bits, &problem.target),
                held_out: held_out_single(&bits, &problem.target, &folds),
                by_target: Vec::new(),
            }
        })
        .collect();
    let lead_of = |ours: &Option<HeldOut>, theirs: &Option<HeldOut>| {
        let (ours, theirs) = (ours.as_ref()?, theirs.as_ref()?);
        lead(ours, theirs, &problem.target, &problem.families, settings.replicates, settings.seed)
    };
    let optimum_held_out = of(&optimum_chosen, &problem.target);
    Analysis {
        lead_over_uniform: lead_of(&recommended_assessed.held_out, &uniform.held_out),
        lead_over_center: lead_of(&recommended_assessed.held_out, &at_center.held_out),
        lead_over_best_single: lead_of(&recommended_assessed.held_out, &best_single),
        optimum_lead_over_uniform: lead_of(&optimum_held_out, &uniform.held_out),
        optimum_assessed,
        recommended_assessed,
        uniform,
        center: at_center,
        single,
        best_single,
        constant_domains: (0..domains).filter(|&d| columns.norms()[d] == 0.0).collect(),
        folds: folds.len(),
        optimum,
        alternatives,
        prices,
        pareto: fit.pareto(),
        searched,
        recommended,
        trade_off,
    }
}

/// The parts of an analysis that are repeated in folds.
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
            let found = best_worst(criterion.designs(), constraints);
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
            let found = best_sparse(design, constraints, most, self.settings.most_nodes);
            let optimum = Optimum {
                weights: found.weights,
                correlation: found.correlation,
                bound: found.bound,
                bound_holds_above_variation: found.bound_holds_above_variation,
                status: found.status,
            };
            return (optimum, None, None, Vec::new());
        }
        let mut optimum = best_mixture(design, constraints);
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
        let found = alternatives(design, constraints, &weights, optimum.correlation, self.refitter.center());
        optimum.weights = Some(found.weights.clone());
        let prices = (optimum.gap() <= CERTIFIED_GAP).then(|| prices(design, constraints, &found.weights));
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
        let design = Design::new(self.refitter.columns(), &mean, None, &self.problem.optimum_controls)?;
        let mut prices = prices(&design, &self.problem.constraints, weights);
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
                pareto([first, second], &self.problem.constraints, self.settings.curve_points)
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
            [design] => {
                trade_off(design, &constraints, &problem.center, settings.distance, best, settings.curve_points)
            }
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
