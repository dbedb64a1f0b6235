//! Resampling whole families of models.

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::bounds::Bounds;
use super::columns::CompressionColumns;
use super::design::Design;
use super::optimum::search;
use super::statistics::standard_deviation;

/// Degrees of freedom that a replicate must keep: with fewer, almost any mixture fits.
const LEAST_DEGREES: usize = 3;

/// The best correlation in bootstrap replicates over families.
#[derive(Debug, Clone, PartialEq)]
pub struct FamilyBootstrap {
    /// Best correlation of each replicate that could be fitted, in the order of replicates.
    pub correlations: Vec<f64>,
    /// Replicates that drew too few different models to be fitted.
    pub unusable: usize,
}

impl FamilyBootstrap {
    /// Standard error of the best correlation: the standard deviation over replicates. `None` for fewer than two.
    pub fn standard_error(&self) -> Option<f64> {
        standard_deviation(&self.correlations)
    }
}

/// What a replicate is drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Population<'a> {
    /// Columns of all models.
    pub columns: &'a CompressionColumns,
    /// Target of all models.
    pub target: &'a [f64],
    /// Family number of each model.
    pub families: &'a [usize],
    /// Families to draw from.
    pub drawn: &'a [usize],
    /// Covariates to control for.
    pub controls: &'a [Vec<f64>],
}

/// Draws as many families as there are, with replacement, and refits the best mixture on their models.
///
/// Families, not models: models of one family share data and tokenizer, so they are no independent evidence. Replicate
/// `r` draws from stream `stream + r` of a generator seeded with `seed`, so a replicate is the same whatever runs beside
/// it.
pub fn family_bootstrap(
    population: Population,
    bounds: &Bounds,
    start: &[usize],
    replicates: usize,
    seed: u64,
    stream: u64,
) -> FamilyBootstrap {
    let fitted: Vec<Option<f64>> = (0..replicates as u64)
        .into_par_iter()
        .map(|replicate| {
            let mut generator = ChaCha8Rng::seed_from_u64(seed);
            generator.set_stream(stream + replicate);
            let family_count = population.families.iter().max().map_or(0, |last| last + 1);
            let mut times = vec![0.0; family_count];
            for _ in population.drawn {
                times[population.drawn[generator.random_range(0..population.drawn.len())]] += 1.0;
            }
            let weights: Vec<f64> = population.families.iter().map(|&family| times[family]).collect();
            let design = Design::new(population.columns, population.target, Some(&weights), population.controls)?;
            if design.degrees_of_freedom() < LEAST_DEGREES {
                return None;
            }
            let best = search(&design, bounds, start).0;
            Some(best.and_then(|weights| design.correlation(&weights)).unwrap_or(0.0))
        })
        .collect();
    let correlations: Vec<f64> = fitted.iter().copied().flatten().collect();
    let unusable = fitted.len() - correlations.len();
    FamilyBootstrap { correlations, unusable }
}
