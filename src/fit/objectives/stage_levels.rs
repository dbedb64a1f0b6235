//! Levels of a lexicographic max-min: how far the least share of the best of some stages can rise.

use crate::data::columns::Columns;
use crate::objectives::stage_program::obeys;
use crate::objectives::stage_program::{Joint, JointAnswer};

/// A step or a gap below this ends a search.
const CLOSE_GAP: f64 = 1e-10;
/// Cone programs to raise a level, at most.
const MOST_STEPS: usize = 20;
/// Cone programs to prove one, at most.
const MOST_PROOFS: usize = 7;
/// How far above the achieved share the first program is that is to prove something.
const FIRST_ABOVE: f64 = 5e-8;
/// A proof may fall below what is achieved by this much: conditions are obeyed up to a tolerance.
const CONTRADICTION: f64 = 1e-7;
/// The first step above the achieved share in the search for one that is excluded.
const FIRST_STEP: f64 = 1e-13;
/// What a stage that cannot gain gives up, as a share of its best, so that the others have room to gain.
pub(crate) const MARGIN: f64 = 1e-8;

/// What all levels share.
pub(crate) struct Shared<'j, 'a> {
    pub joint: &'j Joint<'a>,
    /// Each stage's best correlation with all the supply to itself.
    pub best: &'j [f64],
}

/// The greatest least share of the stages that may still rise.
pub(crate) struct Level {
    /// Achieved.
    pub low: f64,
    /// Proven.
    pub high: f64,
    /// The mixtures that achieve it.
    pub weights: Option<Vec<Vec<f64>>>,
    /// The best program's answer, with its multipliers.
    prices: Option<JointAnswer>,
    /// What a stage's slack is measured in: its best correlation times `‖C w‖`, so that slack is a share of the best.
    units: Vec<f64>,
}

impl Level {
    /// Each rising stage's share of the multipliers; zero for the others.
    pub fn shares_of_prices(&self, held: &[Option<f64>]) -> Vec<f64> {
        let price = |s: usize| self.prices.as_ref().map_or(0.0, |answer| answer.stage_prices[s] * self.units[s]);
        held.iter().enumerate().map(|(s, hold)| if hold.is_none() { price(s) } else { 0.0 }).collect()
    }

    /// Gain of the least share for each unit of supply, in parts of all budgets: the derivative of the slack by the supply
    /// over its derivative by the share.
    pub fn supply_prices(&self, shared: &Shared) -> Vec<f64> {
        let nothing = || vec![0.0; shared.joint.stages.first().map_or(0, |stage| stage.design.count())];
        let Some(answer) = &self.prices else { return nothing() };
        let by_share: f64 = shared
            .joint
            .stages
            .iter()
            .enumerate()
            .map(|(s, stage)| answer.stage_prices[s] * shared.best[s] * stage.length(&answer.weights[s]))
            .sum();
        if by_share <= 0.0 {
            return nothing();
        }
        answer.supply_prices.iter().map(|price| if price / by_share < 1e-7 { 0.0 } else { price / by_share }).collect()
    }
}

impl Shared<'_, '_> {
    /// Each stage's share of its best.
    pub fn ratios(&self, weights: &[Vec<f64>]) -> Vec<f64> {
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

    /// Raises the stages that hold nothing, the others at what they hold. `start` are mixtures to begin with, `lengths` the
    /// stages' `‖C w‖`.
    pub fn rise(&self, held: &[Option<f64>], lengths: &[f64], start: &[Vec<f64>], ceiling: f64) -> Level {
        let mut level =
            Level { low: 0.0, high: ceiling, weights: None, prices: None, units: self.units(held, lengths) };
        if let Some(share) = self.achieved(start, held) {
            (level.low, level.weights) = (share, Some(start.to_vec()));
        }
        let mut share = level.high.min(1.0);
        for _ in 0..MOST_STEPS {
            if level.high - level.low <= CLOSE_GAP {
                break;
            }
            let before = level.low;
            self.attempt(&mut level, held, share);
            if share == before && level.low - before <= CLOSE_GAP {
                break;
            }
            share = level.low;
        }
        level
    }

    /// Lowers what is proven to just above what is achieved: the multipliers of a program at a share that cannot be reached
    /// exclude it, while those at the greatest share itself are as close to excluding nothing.
    pub fn prove(&self, level: &mut Level, held: &[Option<f64>]) {
        let mut above = FIRST_ABOVE;
        for _ in 0..MOST_PROOFS {
            let share = level.low + above;
            if level.high <= share {
                break;
            }
            self.attempt(level, held, share);
            above *= 6.0;
        }
    }

    fn units(&self, held: &[Option<f64>], lengths: &[f64]) -> Vec<f64> {
        let unit = |s: usize| if held[s].is_none() { self.best[s] * lengths[s] } else { 0.0 };
        (0..lengths.len()).map(unit).collect()
    }

    /// Solves the program at one share and takes from its answers what they achieve and prove.
    fn attempt(&self, level: &mut Level, held: &[Option<f64>], share: f64) {
        for answer in self.joint.greatest_slack(&self.cosines(held, share), &level.units.clone()) {
            if let Some(high) = self.proven(&answer, held, level.low, level.high) {
                level.high = level.high.min(high);
            }
            if let Some(achieved) = self.achieved(&answer.weights, held)
                && (achieved > level.low || level.prices.is_none())
            {
                if achieved > level.low || level.weights.is_none() {
                    level.low = achieved.max(0.0);
                    level.weights = Some(answer.weights.clone());
                }
                let lengths: Vec<f64> =
                    self.joint.stages.iter().zip(&answer.weights).map(|(stage, w)| stage.length(w)).collect();
                level.units = self.units(held, &lengths);
                level.prices = Some(answer);
            }
        }
        level.high = level.high.max(level.low);
    }

    /// The least share from `low` to `high` that an answer's multipliers exclude; `None` where they exclude not even `high`.
    fn proven(&self, answer: &JointAnswer, held: &[Option<f64>], low: f64, high: f64) -> Option<f64> {
        let proof = self.joint.proof(answer);
        let excludes = |share: f64| proof.excludes(&self.cosines(held, share));
        // A share that is excluded excludes all above it, though the proof need not show that for them: what it shows is a
        // convex function of the share. So the first to be shown is looked for from below.
        // Multipliers that exclude what has been achieved, by more than the tolerance of the conditions explains, are wrong.
        if excludes(low - CONTRADICTION) {
            return None;
        }
        let (mut open, mut excluded) = (low, low);
        let mut step = FIRST_STEP;
        while !excludes(excluded) {
            if excluded >= high {
                return None;
            }
            open = excluded;
            excluded = (low + step).min(high);
            step *= 4.0;
        }
        for _ in 0..40 {
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
