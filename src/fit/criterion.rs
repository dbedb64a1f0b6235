//! What is maximised, on all models or on those of a fold: one correlation, or the least of several.

use super::constraints::Constraints;
use super::design::Design;
use super::nearest::{Distance, nearest_above};
use super::nearest_all::nearest_above_all;
use super::optimum::search;
use super::sparse::best_sparse;
use super::worst::best_worst;

/// One view of the models for each target.
pub(super) struct Criterion<'a> {
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
            ([design], None) => search(design, constraints),
            ([design], Some(most)) => best_sparse(design, constraints, most, most_nodes).weights,
            (designs, _) => best_worst(designs, constraints).weights,
        };
        weights.filter(|weights| self.value(weights).is_some_and(|value| value > 0.0))
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
            [design] => nearest_above(design, constraints, center, threshold, distance, inside),
            designs => nearest_above_all(designs, constraints, center, threshold, inside),
        }
    }
}
