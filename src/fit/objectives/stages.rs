//! Mixtures for stages of training that draw on one supply of text.

use crate::constraints::bounds::Bounds;
use crate::constraints::linear::Constraints;
use crate::data::columns::Columns;
use crate::data::design::Design;
use crate::data::problem_error::ProblemError;
use crate::objectives::stage_levels::{Level, MARGIN, Shared};
use crate::objectives::stage_program::obeys;
use crate::objectives::stage_program::{Joint, Stage};
use crate::optimum::best::{Optimum, OptimumStatus, best_mixture_of_checked};

/// A gap between the proven and the achieved share of the best up to this counts as proof of optimality.
pub const STAGES_CERTIFIED_GAP: f64 = 1e-6;

/// A stage with less than this share of the multipliers may still gain.
const SATURATED: f64 = 1e-5;

/// One stage of training.
#[derive(Debug, Clone)]
pub struct StageProblem<'a> {
    /// Its columns and its target; shares are shares of tokens.
    pub design: &'a Design<'a>,
    /// The conditions on its mixture.
    pub constraints: &'a Constraints,
    /// Tokens that it trains on, above zero.
    pub budget: f64,
}

/// The mixtures of all stages, and the bound on all others.
#[derive(Debug, Clone, PartialEq)]
pub struct StagesOptimum {
    /// Each stage's shares by domain; empty where there are none.
    pub weights: Vec<Vec<f64>>,
    /// The least over stages of the correlation over the stage's best; zero where there are no mixtures.
    pub share_of_best: f64,
    /// Correlation of each stage's mixture with its target; empty where there are no mixtures.
    pub correlations: Vec<f64>,
    /// Each stage's best correlation with all the supply to itself; zero where none is positive. Empty where supply and
    /// constraints leave no mixtures.
    pub alone: Vec<f64>,
    /// No mixtures give every stage a greater share of its best than this.
    pub bound: f64,
    /// How much `share_of_best` would gain for each token more of a domain's supply, the stages' bests held; zero where
    /// there is enough of it.
    pub supply_prices: Vec<f64>,
    /// How it ended: certified where the bound is within 1e-6 of the share. `NoPositiveCorrelation` without `alone`:
    /// supply and constraints leave no mixtures at all.
    pub status: OptimumStatus,
}

impl StagesOptimum {
    fn none(status: OptimumStatus, alone: Vec<f64>, domains: usize) -> Self {
        Self {
            weights: Vec::new(),
            share_of_best: 0.0,
            correlations: Vec::new(),
            alone,
            bound: 0.0,
            supply_prices: vec![0.0; domains],
            status,
        }
    }
}

/// Finds one mixture for each stage so that the least share of a stage's own best correlation, `ρ_s(w_s) / ρ*_s`, is as
/// great as the shared supply allows: `Σ_s budget_s w_sd ≤ supply_d`. `ρ*_s` is the stage's best with all the supply to
/// itself.
///
/// Then, without lowering the least, the next least is made as great as possible, and so on (lexicographic max-min;
/// stages on a lower level give up 1e-8 of their best for that).
///
/// # Method
/// For a share `c` the mixtures with `⟨C w_s, ŷ_s⟩ ≥ c ρ*_s ‖C w_s‖` for all stages form a convex set (second-order cones).
/// Whether there are any is decided by the greatest slack that can be put on the right side, never by a solver's word.
/// What a program's mixtures achieve is the next program's `c`, until that gains nothing (Dinkelbach 1967); programs just
/// above give multipliers that prove the upper end by Lagrangian relaxation, whatever the solver's accuracy.
///
/// # Edge cases
/// Where domains cancel each other out (mostly where there are more domains than models), mixtures that hardly vary over
/// the models have no room between slack and none, and the optimum is not certified.
///
/// # Units
/// `supply`: tokens of each domain times the greatest number of epochs; infinite where there is no limit. Budgets: tokens.
///
/// # Errors
/// [`ProblemError`]: no stages, or a supply or constraints of other domains than a stage's.
pub fn best_stages(stages: &[StageProblem], supply: &[f64]) -> Result<StagesOptimum, ProblemError> {
    if stages.is_empty() {
        return Err(ProblemError::None { what: "stages" });
    }
    for stage in stages {
        ProblemError::count("supplies", "domain", supply.len(), stage.design.count())?;
        stage.constraints.fit(supply.len())?;
    }
    Ok(best_stages_of_checked(stages, supply))
}

/// As [`best_stages`], of shapes that are known to fit.
pub(crate) fn best_stages_of_checked(stages: &[StageProblem], supply: &[f64]) -> StagesOptimum {
    let domains = supply.len();
    let Some(joint) = prepare(stages, supply) else {
        return StagesOptimum::none(OptimumStatus::NoPositiveCorrelation, Vec::new(), domains);
    };
    if joint.least_excess().is_none_or(|excess| excess > 1e-8) {
        return StagesOptimum::none(OptimumStatus::NoPositiveCorrelation, Vec::new(), domains);
    }
    let alone: Vec<Optimum> = joint
        .stages
        .iter()
        .map(|stage| {
            best_mixture_of_checked(
                stage.design,
                &Constraints::of_checked(stage.tight.clone(), stage.constraints.rows().to_vec()),
            )
        })
        .collect();
    let best: Vec<f64> = alone.iter().map(|optimum| optimum.correlation).collect();
    if alone.iter().any(|optimum| optimum.weights.is_none()) {
        return StagesOptimum::none(OptimumStatus::NoPositiveCorrelation, best, domains);
    }
    // No stage exceeds what its own certificate allows.
    let ceilings: Vec<f64> = alone.iter().map(|optimum| optimum.bound / optimum.correlation).collect();
    let lengths: Vec<f64> = joint
        .stages
        .iter()
        .zip(&alone)
        .map(|(stage, optimum)| optimum.weights.as_ref().map_or(1.0, |weights| stage.length(weights)))
        .collect();
    let own: Vec<Vec<f64>> = alone.iter().filter_map(|optimum| optimum.weights.clone()).collect();
    let shared = Shared { joint: &joint, best: &best };

    // What each stage must reach: nothing yet, so all of them rise. The start is each stage's own best, which may be
    // possible for all at once.
    let mut held: Vec<Option<f64>> = vec![None; stages.len()];
    let mut first: Option<Level> = None;
    let mut weights: Option<Vec<Vec<f64>>> = None;
    while held.iter().any(Option::is_none) {
        let rising = ceilings.iter().zip(&held).filter(|(_, hold)| hold.is_none()).map(|(ceiling, _)| *ceiling);
        let start = weights.as_ref().unwrap_or(&own);
        let mut level = shared.rise(&held, &lengths, start, rising.fold(f64::INFINITY, f64::min));
        if first.is_none() {
            shared.prove(&mut level, &held);
        }
        let Some(achieved) = level.weights.clone() else { break };
        let prices = level.shares_of_prices(&held);
        let top = prices.iter().copied().fold(0.0_f64, f64::max);
        for (s, hold) in held.iter_mut().enumerate() {
            if hold.is_none() && (prices[s] >= SATURATED * top || top == 0.0) {
                *hold = Some(level.low - MARGIN);
            }
        }
        weights = Some(achieved);
        first.get_or_insert(level);
    }
    let (Some(first), Some(weights)) = (first, weights) else {
        let bound = ceilings.iter().copied().fold(f64::INFINITY, f64::min);
        return StagesOptimum { bound, ..StagesOptimum::none(OptimumStatus::NotCertified, best, domains) };
    };
    let ratios = shared.ratios(&weights);
    let share_of_best = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let budgets: f64 = stages.iter().map(|stage| stage.budget).sum();
    let supply_prices = first.supply_prices(&shared).into_iter().map(|price| price / budgets).collect();
    let bound = first.high.max(share_of_best);
    StagesOptimum {
        correlations: ratios.iter().zip(&best).map(|(ratio, best)| ratio * best).collect(),
        weights,
        share_of_best,
        alone: best,
        bound,
        supply_prices,
        status: if bound - share_of_best <= STAGES_CERTIFIED_GAP {
            OptimumStatus::Certified
        } else {
            OptimumStatus::NotCertified
        },
    }
}

/// The mixtures nearest to `centers` among all with `ρ_s ≥ thresholds_s` within the shared supply: they minimise
/// `Σ_s budget_s ‖w_s − m_s‖²`.
///
/// `inside` are mixtures that reach the thresholds (those of [`best_stages`]): the cone program's answer is moved toward
/// them, or toward others that exceed the thresholds by more, by what its tolerance leaves short, so that the thresholds
/// hold exactly. A threshold of zero or less asks for a correlation that is not negative.
/// `None` where no mixtures are found, or where a shape is another.
///
/// # Shapes
/// `centers`, `inside`: stages, each by domain. `thresholds`: stages. `supply`: as for [`best_stages`].
pub fn nearest_stages(
    stages: &[StageProblem],
    supply: &[f64],
    centers: &[Vec<f64>],
    thresholds: &[f64],
    inside: &[Vec<f64>],
) -> Option<Vec<Vec<f64>>> {
    let fits =
        |mixtures: &[Vec<f64>]| mixtures.len() == stages.len() && mixtures.iter().all(|w| w.len() == supply.len());
    if !fits(centers) || thresholds.len() != stages.len() {
        return None;
    }
    let joint = prepare(stages, supply)?;
    let cosines: Vec<f64> = thresholds.iter().map(|c| c.clamp(0.0, 1.0)).collect();
    let correlation = |s: usize, weights: &[f64]| joint.stages[s].design.correlation(weights);
    let reaches = |all: &[Vec<f64>]| -> bool {
        all.iter().enumerate().all(|(s, w)| correlation(s, w).is_some_and(|rho| rho >= thresholds[s]))
    };
    let units: Vec<f64> = joint.stages.iter().map(|_| 1.0).collect();
    let distance = |all: &[Vec<f64>]| -> f64 {
        let squared = |w: &[f64], m: &[f64]| w.iter().zip(m).map(|(w, m)| (w - m).powi(2)).sum::<f64>();
        joint.stages.iter().zip(all.iter().zip(centers)).map(|(stage, (w, m))| stage.part * squared(w, m)).sum()
    };
    let near: Vec<Vec<Vec<f64>>> =
        joint.nearest(centers, &cosines).into_iter().map(|a| a.weights).filter(|w| obeys(&joint, w)).collect();
    let smallest = |all: Vec<Vec<Vec<f64>>>| all.into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
    let reached: Vec<Vec<Vec<f64>>> = near.iter().filter(|weights| reaches(weights)).cloned().collect();
    if !reached.is_empty() {
        return smallest(reached);
    }
    // Mixtures well inside come first: the way toward them is the shorter.
    let deep = joint.greatest_slack(&cosines, &units).into_iter().map(|answer| answer.weights);
    let inside = deep
        .chain(Some(inside.to_vec()).filter(|inside| fits(inside)))
        .find(|weights| obeys(&joint, weights) && reaches(weights))?;
    smallest(near.iter().map(|weights| move_inside(weights, &inside, reaches)).collect()).or(Some(inside))
}

/// The first mixtures on the way from `from` to `inside` that `reaches` accepts, by bisection: they form a convex set.
fn move_inside(from: &[Vec<f64>], inside: &[Vec<f64>], reaches: impl Fn(&[Vec<f64>]) -> bool) -> Vec<Vec<f64>> {
    let between = |step: f64| -> Vec<Vec<f64>> {
        from.iter().zip(inside).map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + step * (b - a)).collect()).collect()
    };
    let (mut outside, mut enough) = (0.0, 1.0);
    for _ in 0..60 {
        let middle: f64 = 0.5 * (outside + enough);
        if reaches(&between(middle)) {
            enough = middle;
        } else {
            outside = middle;
        }
    }
    if enough == 1.0 { inside.to_vec() } else { between(enough) }
}

/// `None` where a stage's bounds and the whole supply leave it no mixture, or a number is not one that counts tokens.
fn prepare<'a>(stages: &[StageProblem<'a>], supply: &[f64]) -> Option<Joint<'a>> {
    let budgets: f64 = stages.iter().map(|stage| stage.budget).sum();
    let fits = |stage: &StageProblem| {
        stage.design.count() == supply.len() && stage.constraints.domains() == supply.len() && stage.budget > 0.0
    };
    if stages.is_empty() || !budgets.is_finite() || !stages.iter().all(fits) || supply.iter().any(|s| s.is_nan()) {
        return None;
    }
    let prepared: Option<Vec<Stage>> = stages
        .iter()
        .map(|stage| {
            let bounds = stage.constraints.bounds();
            let greatest: Vec<f64> =
                bounds.greatest().iter().zip(supply).map(|(u, supply)| u.min(supply / stage.budget)).collect();
            let names = vec![String::new(); supply.len()];
            let tight = Bounds::new(&names, bounds.least().to_vec(), greatest).ok()?;
            Some(Stage::new(stage.design, stage.constraints, tight, stage.budget / budgets))
        })
        .collect();
    let parts: Vec<f64> = supply.iter().map(|supply| supply / budgets).collect();
    Some(Joint::new(prepared?, &parts))
}
