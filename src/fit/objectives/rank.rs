//! Rank correlation as the objective: a derivative-free search, not certified.

use argmin::core::{CostFunction, Error, Executor, State};
use argmin::solver::neldermead::NelderMead;

use crate::constraints::linear::Constraints;
use crate::data::columns::CompressionColumns;
use crate::data::statistics::{average_ranks, pearson};
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
    let objective = RankObjective {
        columns,
        ranks: average_ranks(&chosen),
        target: chosen,
        models,
        constraints,
        base: start,
        searched: searched_domains(columns, target, models, start),
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

fn searched_domains(columns: &CompressionColumns, target: &[f64], models: &[usize], start: &[f64]) -> Vec<usize> {
    let domains = columns.domains();
    if domains <= MOST_SEARCHED {
        return (0..domains).collect();
    }
    let ranks = average_ranks(&models.iter().map(|&i| target[i]).collect::<Vec<f64>>());
    let alone = |d: usize| {
        let column = columns.column(d);
        let chosen: Vec<f64> = models.iter().map(|&i| column[i]).collect();
        pearson(&average_ranks(&chosen), &ranks).unwrap_or(-1.0)
    };
    let scores: Vec<f64> = (0..domains).map(alone).collect();
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
    target: Vec<f64>,
    ranks: Vec<f64>,
    models: &'a [usize],
    constraints: &'a Constraints,
    base: &'a [f64],
    searched: Vec<usize>,
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
        let rank = pearson(&average_ranks(&compression), &self.ranks);
        let plain = pearson(&compression, &self.target);
        match (rank, plain) {
            (Some(rank), Some(plain)) => rank + PEARSON_SHARE * plain,
            _ => -2.0,
        }
    }
}

impl CostFunction for &RankObjective<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, roots: &Self::Param) -> Result<f64, Error> {
        Ok(-self.value(&self.weights(roots)))
    }
}
