//! Mixtures for stages of training that draw on one supply of text.

use super::bounds::Bounds;
use super::columns::Columns;
use super::constraints::Constraints;
use super::design::Design;
use super::optimum::{Optimum, OptimumStatus, best_mixture};
use super::stage_program::{Joint, JointAnswer, Stage};

/// Supply, rows and sums of shares may be missed by this much (a share, or a part of all budgets).
pub const STAGES_TOLERANCE: f64 = 1e-9;

/// A gap between the proven and the achieved share of the best up to this counts as proof of optimality.
pub const STAGES_CERTIFIED_GAP: f64 = 1e-6;

/// A gap below this ends the search.
const CLOSE_GAP: f64 = 1e-9;
/// Cone programs for one level.
const MOST_PROGRAMS: usize = 40;
/// What a stage that cannot gain gives up, as a share of its best, so that the others have room to gain.
const MARGIN: f64 = 1e-8;
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
/// What a program's mixtures achieve is a lower end for `c`, what its multipliers prove (`Proof`, Lagrangian relaxation) an
/// upper end; the next program is at the lower end (Dinkelbach 1967) or, where that gains nothing, half way.
///
/// # Units
/// `supply`: tokens of each domain times the greatest number of epochs; infinite where there is no limit. Budgets: tokens.
pub fn best_stages(stages: &[StageProblem], supply: &[f64]) -> StagesOptimum {
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
            best_mixture(stage.design, &Constraints::new(stage.tight.clone(), stage.constraints.rows().to_vec()))
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

    // What each stage must reach: nothing yet, so all of them rise.
    let mut held: Vec<Option<f64>> = vec![None; stages.len()];
    let mut first: Option<Level> = None;
    let mut weights: Option<Vec<Vec<f64>>> = None;
    while held.iter().any(Option::is_none) {
        let rising = ceilings.iter().zip(&held).filter(|(_, hold)| hold.is_none()).map(|(ceiling, _)| *ceiling);
        let level = shared.rise(&held, &lengths, &own, rising.fold(f64::INFINITY, f64::min));
        let Some(achieved) = level.weights.clone() else { break };
        let top = level.shares_of_prices(&held).into_iter().fold(0.0_f64, f64::max);
        let prices = level.shares_of_prices(&held);
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
/// `None` where no mixtures are found.
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
    let fits = |stage: &StageProblem| stage.design.count() == supply.len() && stage.budget > 0.0;
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

/// Whether mixtures obey their stages' constraints and the supply, up to the tolerance.
fn obeys(joint: &Joint, weights: &[Vec<f64>]) -> bool {
    joint.excess(weights) <= STAGES_TOLERANCE
        && joint.stages.iter().zip(weights).all(|(stage, weights)| {
            let largest = stage.constraints.rows().iter().flat_map(|row| &row.coefficients);
            let largest = largest.fold(1.0_f64, |most, (_, a)| most.max(a.abs()));
            stage.constraints.contain(weights, STAGES_TOLERANCE * largest)
        })
}

/// What all levels share.
struct Shared<'j, 'a> {
    joint: &'j Joint<'a>,
    best: &'j [f64],
}

/// The greatest least share of the stages that may still rise.
struct Level {
    /// Achieved.
    low: f64,
    /// Proven.
    high: f64,
    /// The mixtures that achieve it.
    weights: Option<Vec<Vec<f64>>>,
    /// The answer that proves the upper end.
    proof: Option<JointAnswer>,
    units: Vec<f64>,
}

impl Level {
    /// Each rising stage's share of the multipliers; zero for the others.
    fn shares_of_prices(&self, held: &[Option<f64>]) -> Vec<f64> {
        let price = |s: usize| self.proof.as_ref().map_or(0.0, |proof| proof.stage_prices[s] * self.units[s]);
        held.iter().enumerate().map(|(s, hold)| if hold.is_none() { price(s) } else { 0.0 }).collect()
    }

    /// Gain of the least share for each unit of supply, in parts of all budgets: the derivative of the slack by the supply
    /// over its derivative by the share.
    fn supply_prices(&self, shared: &Shared) -> Vec<f64> {
        let nothing = || vec![0.0; shared.joint.stages.first().map_or(0, |stage| stage.design.count())];
        let Some(proof) = &self.proof else { return nothing() };
        let by_share: f64 = shared
            .joint
            .stages
            .iter()
            .enumerate()
            .map(|(s, stage)| proof.stage_prices[s] * shared.best[s] * stage.length(&proof.weights[s]))
            .sum();
        if by_share <= 0.0 {
            return nothing();
        }
        proof.supply_prices.iter().map(|price| if price / by_share < 1e-7 { 0.0 } else { price / by_share }).collect()
    }
}

impl Shared<'_, '_> {
    /// Each stage's share of its best.
    fn ratios(&self, weights: &[Vec<f64>]) -> Vec<f64> {
        let ratio = |(s, w): (usize, &Vec<f64>)| {
            self.joint.stages[s].design.correlation(w).map_or(f64::NEG_INFINITY, |rho| rho / self.best[s])
        };
        weights.iter().enumerate().map(ratio).collect()
    }

    /// The share that mixtures achieve for the stages that rise; `None` where they break a condition or fall below what
    /// another stage holds.
    fn achieved(&self, weights: &[Vec<f64>], held: &[Option<f64>]) -> Option<f64> {
        if !obeys(self.joint, weights) {
            return None;
        }
        let ratios = self.ratios(weights);
        let mut least = f64::INFINITY;
        for (ratio, hold) in ratios.iter().zip(held) {
            match hold {
                Some(hold) if *ratio < hold - MARGIN => return None,
                Some(_) => {}
                None => least = least.min(*ratio),
            }
        }
        Some(least)
    }

    fn cosines(&self, held: &[Option<f64>], share: f64) -> Vec<f64> {
        self.best.iter().zip(held).map(|(best, hold)| best * hold.unwrap_or(share).max(0.0)).collect()
    }

    /// Raises the stages that hold nothing, the others at what they hold.
    fn rise(&self, held: &[Option<f64>], lengths: &[f64], own: &[Vec<f64>], ceiling: f64) -> Level {
        let unit = |s: usize, length: f64| if held[s].is_none() { self.best[s] * length } else { 0.0 };
        let units: Vec<f64> = lengths.iter().enumerate().map(|(s, &length)| unit(s, length)).collect();
        let mut level = Level { low: 0.0, high: ceiling, weights: None, proof: None, units };
        // Each stage's own best may be possible for all at once.
        if let Some(share) = self.achieved(own, held) {
            (level.low, level.weights) = (share, Some(own.to_vec()));
        }
        let mut share = level.high.min(1.0);
        for _ in 0..MOST_PROGRAMS {
            if level.high - level.low <= CLOSE_GAP {
                break;
            }
            let before = (level.low, level.high);
            for answer in self.joint.greatest_slack(&self.cosines(held, share), &level.units.clone()) {
                if let Some(achieved) = self.achieved(&answer.weights, held)
                    && (achieved > level.low || level.weights.is_none())
                {
                    level.low = achieved.max(0.0);
                    level.weights = Some(answer.weights.clone());
                    for (s, stage) in self.joint.stages.iter().enumerate() {
                        level.units[s] = unit(s, stage.length(&answer.weights[s]));
                    }
                }
                if let Some(high) = self.proven(&answer, held, level.low, level.high)
                    && (high < level.high || level.proof.is_none())
                {
                    level.high = high;
                    level.proof = Some(answer);
                }
            }
            let gained = (level.low - before.0) + (before.1 - level.high);
            if gained <= 0.0 && share != before.0 {
                break;
            }
            share = if level.low > before.0 || share != level.low { level.low } else { 0.5 * (level.low + level.high) };
        }
        level
    }

    /// The least share from `low` to `high` that an answer's multipliers exclude; `None` where they exclude not even `high`.
    fn proven(&self, answer: &JointAnswer, held: &[Option<f64>], low: f64, high: f64) -> Option<f64> {
        let proof = self.joint.proof(answer);
        let excludes = |share: f64| proof.excludes(&self.cosines(held, share));
        // A share that is excluded excludes all above it.
        if !excludes(high) {
            return None;
        }
        let (mut open, mut excluded) = (low, high);
        for _ in 0..60 {
            let middle = 0.5 * (open + excluded);
            if excludes(middle) {
                excluded = middle;
            } else {
                open = middle;
            }
        }
        Some(excluded)
    }
}
