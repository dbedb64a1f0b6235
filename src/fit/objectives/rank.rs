//! Rank correlation as the objective: a derivative-free search, not certified.

use std::sync::{Mutex, PoisonError};

use argmin::core::{CostFunction, Error, Executor, State};
use argmin::solver::neldermead::NelderMead;

use crate::constraints::linear::Constraints;
use crate::data::columns::CompressionColumns;
use crate::data::statistics::{average_ranks, is_constant, mean};
use crate::data::vector::{add_scaled, scale};

/// Domains that the search moves; a simplex of more corners gets nowhere on a piecewise constant function.
const MOST_SEARCHED: usize = 16;
/// Rank correlation is constant on whole regions: this share of Pearson's correlation tells the search where to go.
const PEARSON_SHARE: f64 = 1e-6;
/// Sizes of the first simplex, in square roots of shares; the search restarts from its best point with each.
const SIMPLEX_SIZES: [f64; 4] = [0.6, 0.3, 0.1, 0.03];

/// The best mixture by Spearman's correlation that a search from `start` finds, with the domains it moved.
///
/// # Method
/// Spearman's correlation is piecewise constant in the shares, so no gradient and no bound exist. Nelder and Mead's
/// simplex search (argmin) runs over the square roots of the shares of at most 16 domains: those of the start and those
/// that correlate best alone. It is deterministic, and its answer never falls below the start. Under linear rows (the start
/// obeys them) every step ends where the first row would break.
///
/// # Shapes
/// `models`: positions of the models to use. `target`: one value for each of the columns' models.
pub(crate) fn best_by_rank(
    columns: &CompressionColumns,
    target: &[f64],
    models: &[usize],
    constraints: &Constraints,
    start: &[f64],
) -> (Vec<f64>, Vec<usize>) {
    let chosen: Vec<f64> = models.iter().map(|&i| target[i]).collect();
    let ranks = average_ranks(&chosen);
    let searched = searched_domains(columns, &ranks, models, start);
    // What the start holds outside the search takes part only where a bound wants it.
    let drawn = |domain: usize| -> Vec<f64> {
        let column = columns.column(domain);
        models.iter().map(|&i| column[i]).collect()
    };
    let objective = RankObjective {
        columns,
        ranks: Deviations::new(&ranks),
        target: Deviations::new(&chosen),
        drawn: searched.iter().map(|&domain| drawn(domain)).collect(),
        models,
        constraints,
        is_plain: constraints.is_simplex(),
        base: start,
        searched,
        room: Mutex::new(Room::default()),
    };
    let mut best = start.to_vec();
    let mut best_value = objective.value(start);
    for size in SIMPLEX_SIZES {
        let center: Vec<f64> = objective.searched.iter().map(|&d| best[d].max(0.0).sqrt()).collect();
        let mut corners = vec![center.clone()];
        for position in 0..center.len() {
            let mut corner = center.clone();
            corner[position] += size;
            corners.push(corner);
        }
        let Ok(solver) = NelderMead::new(corners).with_sd_tolerance(1e-12) else { continue };
        let run = Executor::new(&objective, solver).configure(|state| state.max_iters(400)).run();
        // A search that argmin gives up leaves the best mixture so far.
        let Ok(run) = run else { continue };
        if let Some(point) = run.state().get_best_param() {
            let weights = objective.weights(point);
            let value = objective.value(&weights);
            if value > best_value {
                best_value = value;
                best = weights;
            }
        }
    }
    (best, objective.searched.clone())
}

fn searched_domains(columns: &CompressionColumns, ranks: &[f64], models: &[usize], start: &[f64]) -> Vec<usize> {
    let domains = columns.domains();
    if domains <= MOST_SEARCHED {
        return (0..domains).collect();
    }
    let ranks = Deviations::new(ranks);
    let mut chosen = Vec::with_capacity(models.len());
    let mut sorted = Vec::with_capacity(models.len());
    let mut own = Vec::with_capacity(models.len());
    let mut alone = |d: usize| {
        let column = columns.column(d);
        chosen.clear();
        chosen.extend(models.iter().map(|&i| column[i]));
        rank_into(&chosen, &mut sorted, &mut own);
        ranks.correlation(&own).unwrap_or(-1.0)
    };
    let scores: Vec<f64> = (0..domains).map(&mut alone).collect();
    let mut order: Vec<usize> = (0..domains).collect();
    // The start's domains first, the heaviest of them first; then the best alone.
    order.sort_by(|&a, &b| {
        (start[b] > 0.0)
            .cmp(&(start[a] > 0.0))
            .then(start[b].total_cmp(&start[a]))
            .then(scores[b].total_cmp(&scores[a]))
            .then(a.cmp(&b))
    });
    order.truncate(MOST_SEARCHED);
    order.sort_unstable();
    order
}

struct RankObjective<'a> {
    columns: &'a CompressionColumns,
    target: Deviations,
    ranks: Deviations,
    /// The columns of the domains searched, over the models drawn.
    drawn: Vec<Vec<f64>>,
    models: &'a [usize],
    constraints: &'a Constraints,
    /// Any mixture is allowed.
    is_plain: bool,
    base: &'a [f64],
    searched: Vec<usize>,
    /// Where a value is taken, with the order of the value before it.
    room: Mutex<Room>,
}

impl RankObjective<'_> {
    /// Shares from square roots; domains outside the search keep weight zero unless a bound wants more.
    fn weights(&self, roots: &[f64]) -> Vec<f64> {
        let mut weights = vec![0.0; self.base.len()];
        for (&domain, root) in self.searched.iter().zip(roots) {
            weights[domain] = root * root;
        }
        let sum: f64 = weights.iter().sum();
        if sum > 0.0 {
            scale(&mut weights, 1.0 / sum);
        }
        let bounds = self.constraints.bounds();
        let weights = if bounds.contain(&weights, 1e-12) { weights } else { bounds.nearest(&weights) };
        if self.constraints.is_box() { weights } else { self.within_rows(weights) }
    }

    /// The last point on the way from the start to a mixture that obeys the rows: a projection at every step of a search
    /// would cost a program.
    fn within_rows(&self, weights: Vec<f64>) -> Vec<f64> {
        let room = |weights: &[f64]| -> Vec<f64> {
            self.constraints.rows().iter().map(|row| 1e-12 * row.size() - row.excess(weights)).collect()
        };
        let (from, to) = (room(self.base), room(&weights));
        let reach = |(&from, &to): (&f64, &f64)| if to >= 0.0 { 1.0 } else { from.max(0.0) / (from.max(0.0) - to) };
        let step = from.iter().zip(&to).map(reach).fold(1.0, f64::min);
        if step >= 1.0 {
            return weights;
        }
        self.base.iter().zip(&weights).map(|(a, b)| a + step * (b - a)).collect()
    }

    fn value(&self, weights: &[f64]) -> f64 {
        let mut all = vec![0.0; self.columns.models()];
        for (domain, (&weight, &size)) in weights.iter().zip(self.columns.norms()).enumerate() {
            if weight > 0.0 {
                add_scaled(&mut all, weight * size, self.columns.column(domain));
            }
        }
        let compression: Vec<f64> = self.models.iter().map(|&i| all[i]).collect();
        self.value_of(&compression)
    }

    /// The value of the mixture of some roots. Where any mixture is allowed the shares are those of the domains searched, so
    /// that the others need not be looked at.
    fn value_at(&self, roots: &[f64]) -> f64 {
        let sum: f64 = roots.iter().map(|root| root * root).sum();
        if !self.is_plain || sum <= 0.0 || !sum.is_finite() {
            return self.value(&self.weights(roots));
        }
        let mut compression = vec![0.0; self.models.len()];
        for ((root, &domain), column) in roots.iter().zip(&self.searched).zip(&self.drawn) {
            let weight = root * root * (1.0 / sum);
            if weight > 0.0 {
                add_scaled(&mut compression, weight * self.columns.norms()[domain], column);
            }
        }
        self.value_of(&compression)
    }

    fn value_of(&self, compression: &[f64]) -> f64 {
        // A panic in between left nothing that is not made anew.
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        match (self.ranks.correlation(room.rank(compression)), self.target.correlation(compression)) {
            (Some(rank), Some(plain)) => rank + PEARSON_SHARE * plain,
            _ => -2.0,
        }
    }
}

/// Values that many others are correlated with.
struct Deviations {
    from_mean: Vec<f64>,
    size: f64,
    is_constant: bool,
}

impl Deviations {
    fn new(values: &[f64]) -> Self {
        let mean = mean(values);
        let from_mean: Vec<f64> = values.iter().map(|value| value - mean).collect();
        let size = from_mean.iter().map(|value| value * value).sum::<f64>().sqrt();
        Self { from_mean, size, is_constant: is_constant(values) }
    }

    /// As [`pearson`](crate::data::statistics::pearson), with every value read twice only.
    fn correlation(&self, values: &[f64]) -> Option<f64> {
        if self.is_constant || values.len() < 2 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let (mut along, mut spread, mut size) = (0.0, 0.0, 0.0);
        for (value, other) in values.iter().zip(&self.from_mean) {
            let away = value - mean;
            along += away * other;
            spread += away * away;
            size += value * value;
        }
        (spread > 1e-26 * size).then(|| (along / (spread.sqrt() * self.size)).clamp(-1.0, 1.0))
    }
}

/// Room to rank values that stand in nearly the order of those before them.
#[derive(Default)]
struct Room {
    /// Values in ascending order, with their positions.
    sorted: Vec<(f64, u32)>,
    ranks: Vec<f64>,
}

impl Room {
    /// Ranks from 1, ties sharing their average rank: what [`average_ranks`] gives, by insertion into the order of the
    /// values before. All values are finite.
    fn rank(&mut self, values: &[f64]) -> &[f64] {
        let sorted = &mut self.sorted;
        if sorted.len() == values.len() {
            sorted.iter_mut().for_each(|entry| entry.0 = values[entry.1 as usize]);
        } else {
            sorted.clear();
            sorted.extend(values.iter().copied().zip(0..));
            sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        for end in 1..sorted.len() {
            let entry = sorted[end];
            let mut place = end;
            while place > 0 && sorted[place - 1].0 > entry.0 {
                sorted[place] = sorted[place - 1];
                place -= 1;
            }
            sorted[place] = entry;
        }
        self.ranks.clear();
        self.ranks.resize(values.len(), 0.0);
        let mut start = 0;
        while start < sorted.len() {
            let mut end = start + 1;
            while end < sorted.len() && sorted[end].0 == sorted[start].0 {
                end += 1;
            }
            let shared = (start + 1 + end) as f64 / 2.0;
            sorted[start..end].iter().for_each(|&(_, index)| self.ranks[index as usize] = shared);
            start = end;
        }
        &self.ranks
    }
}

/// Ranks from 1, ties sharing their average rank, into `ranks`; `sorted` is room to work in. What
/// [`average_ranks`] gives, without allocation.
fn rank_into(values: &[f64], sorted: &mut Vec<(u64, u32)>, ranks: &mut Vec<f64>) {
    sorted.clear();
    // Bits in the order of numbers: those below zero turned over. Zero has one sign.
    sorted.extend(values.iter().zip(0..).map(|(value, index)| {
        let bits = (value + 0.0).to_bits();
        (if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }, index)
    }));
    sorted.sort_unstable();
    ranks.clear();
    ranks.resize(values.len(), 0.0);
    let mut start = 0;
    while start < sorted.len() {
        let mut end = start + 1;
        while end < sorted.len() && sorted[end].0 == sorted[start].0 {
            end += 1;
        }
        let shared = (start + 1 + end) as f64 / 2.0;
        sorted[start..end].iter().for_each(|&(_, index)| ranks[index as usize] = shared);
        start = end;
    }
}

impl CostFunction for &RankObjective<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, roots: &Self::Param) -> Result<f64, Error> {
        Ok(-self.value_at(roots))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::statistics::pearson;

    #[test]
    fn ranks_and_correlations_are_those_of_the_statistics() {
        let values = [3.0, -1.0, 0.0, -0.0, 3.0, -7.5, 1e-300, 2.0];
        let others = [0.1, 0.4, -0.2, 0.9, 0.3, 0.8, 0.0, 0.5];
        let (mut sorted, mut ranks) = (Vec::new(), Vec::new());
        rank_into(&values, &mut sorted, &mut ranks);
        assert_eq!(ranks, average_ranks(&values));
        let mut room = Room::default();
        for values in [values, others, values.map(|value: f64| -value), values] {
            assert_eq!(room.rank(&values), average_ranks(&values));
        }
        let found = Deviations::new(&others).correlation(&values).unwrap();
        assert!((found - pearson(&values, &others).unwrap()).abs() < 1e-15);
        assert_eq!(Deviations::new(&others).correlation(&[0.3; 8]), None);
        assert_eq!(Deviations::new(&[0.3; 8]).correlation(&others), None);
    }
}
