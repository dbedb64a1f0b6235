//! What is maximised, on all models or on those of a fold: one correlation, or the least of several.

use rayon::prelude::*;

use crate::constraints::linear::Constraints;
use crate::data::columns::Columns;
use crate::data::design::Design;
use crate::data::vector::add_scaled;
use crate::nearest::above::nearest_above_of_checked;
use crate::nearest::distance::Distance;
use crate::nearest::distance::distance as far;
use crate::nearest::several::nearest_above_all;
use crate::nearest::trade_off::TradeOffPoint;
use crate::objectives::sparse::best_sparse_of_checked;
use crate::objectives::worst::best_worst_of_checked;
use crate::optimum::best::search_of_checked;

/// One view of the models for each target.
pub(crate) struct Criterion<'a> {
    designs: Vec<Design<'a>>,
}

impl<'a> Criterion<'a> {
    /// `None` where there is no design or one is missing: a target is constant there or explained by the controls.
    pub fn new(designs: impl IntoIterator<Item = Option<Design<'a>>>) -> Option<Self> {
        let designs: Vec<Design> = designs.into_iter().collect::<Option<_>>()?;
        (!designs.is_empty()).then_some(Self { designs })
    }

    /// The design of each target.
    pub fn designs(&self) -> &[Design<'a>] {
        &self.designs
    }

    /// Degrees of freedom: the models and controls of all designs are the same.
    pub fn degrees_of_freedom(&self) -> usize {
        self.designs.first().map_or(0, Design::degrees_of_freedom)
    }

    /// The (least) correlation of a mixture.
    pub fn value(&self, weights: &[f64]) -> Option<f64> {
        self.designs
            .iter()
            .map(|design| design.correlation(weights))
            .try_fold(f64::INFINITY, |least, value| value.map(|value| least.min(value)))
    }

    /// The best mixture and its value, where that is positive.
    pub fn best(&self, constraints: &Constraints, most_domains: Option<usize>, most_nodes: usize) -> Option<Vec<f64>> {
        let weights = match (self.designs.as_slice(), most_domains) {
            ([design], None) => search_of_checked(design, constraints),
            ([design], Some(most)) => best_sparse_of_checked(design, constraints, most, most_nodes).weights,
            (designs, _) => best_worst_of_checked(designs, constraints).weights,
        };
        weights.filter(|weights| self.value(weights).is_some_and(|value| value > 0.0))
    }

    /// What a ridge is made on: the design itself, or of several targets the one whose best mixture is the best of the least
    /// correlation, `ȳ = Σ α_k ŷ_k` with the multipliers `α` of the targets there. `None` where no mixture correlates
    /// positively with all of them.
    pub fn single(&self, constraints: &Constraints) -> Option<Design<'a>> {
        match self.designs.as_slice() {
            [design] => Some(design.clone()),
            designs => {
                let mixing = best_worst_of_checked(designs, constraints).mixing;
                let mut mean = vec![0.0; designs.first()?.dimension()];
                designs.iter().zip(&mixing).for_each(|(design, &share)| add_scaled(&mut mean, share, design.target()));
                designs.first()?.with_target(&mean)
            }
        }
    }

    /// The mixture nearest to the center among those whose value reaches the threshold; `inside` is one of them. Several
    /// targets know the quadratic distance only.
    pub fn nearest(
        &self,
        constraints: &Constraints,
        center: &[f64],
        threshold: f64,
        distance: Distance,
        inside: &[f64],
    ) -> Option<Vec<f64>> {
        match self.designs.as_slice() {
            [design] => nearest_above_of_checked(design, constraints, center, threshold, distance, inside),
            designs => nearest_above_all(designs, constraints, center, threshold, inside),
        }
    }

    /// Mixtures from the one nearest to the center to the best, each the nearest of all that reach its threshold; thresholds
    /// are evenly spaced. A threshold for which the solver finds none is left out.
    pub fn trade_off(
        &self,
        constraints: &Constraints,
        center: &[f64],
        distance: Distance,
        best: &[f64],
        points: usize,
    ) -> Vec<TradeOffPoint> {
        let ends = constraints.nearest(center).and_then(|start| Some((self.value(&start)?, self.value(best)?)));
        let Some((from, to)) = ends else { return Vec::new() };
        (0..points)
            .into_par_iter()
            .filter_map(|index| {
                let threshold = from + (to - from) * index as f64 / (points.max(2) - 1) as f64;
                let weights = if index + 1 == points {
                    best.to_vec()
                } else {
                    self.nearest(constraints, center, threshold, distance, best)?
                };
                let correlation = self.value(&weights)?;
                Some(TradeOffPoint { threshold, correlation, distance: far(distance, &weights, center), weights })
            })
            .collect()
    }
}
