//! The standard error of a correlation, from resampling whole families of models.

use nalgebra::DMatrix;
use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::data::columns::CompressionColumns;
use crate::data::design::Design;
use crate::data::problem_error::ProblemError;
use crate::data::statistics::standard_deviation;

/// Degrees of freedom that a replicate must keep: with fewer, a correlation is near ±1 whatever the data.
pub(crate) const LEAST_DEGREES: usize = 3;

/// A mixture's correlation in bootstrap replicates over families.
#[derive(Debug, Clone, PartialEq)]
pub struct FamilyBootstrap {
    /// Correlation of each replicate in which it is defined, in the order of replicates.
    pub correlations: Vec<f64>,
    /// Replicates that drew too few different models, or in which a correlation is not defined.
    pub unusable: usize,
}

impl FamilyBootstrap {
    /// Standard error of the correlation: the standard deviation over replicates. `None` for fewer than two.
    pub fn standard_error(&self) -> Option<f64> {
        standard_deviation(&self.correlations)
    }
}

/// What replicates are drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Population<'a> {
    /// The mixture's bits per character for every model.
    pub bits: &'a [f64],
    /// Targets of every model; of several the least correlation counts.
    pub targets: &'a [Vec<f64>],
    /// Family number of every model.
    pub families: &'a [usize],
    /// Families to draw from.
    pub drawn: &'a [usize],
    /// Covariates to control for.
    pub controls: &'a [Vec<f64>],
}

impl Population<'_> {
    /// The mixture as one column, where everything is of the same models.
    fn column(&self) -> Result<CompressionColumns, ProblemError> {
        let models = self.bits.len();
        for target in self.targets {
            ProblemError::of_models("targets", target, models)?;
        }
        for control in self.controls {
            ProblemError::of_models("values of a control", control, models)?;
        }
        ProblemError::count("families", "model", self.families.len(), models)?;
        let count = self.families.iter().max().map_or(0, |last| last + 1);
        match self.drawn.iter().find(|family| **family >= count) {
            None => CompressionColumns::new(&DMatrix::from_column_slice(models, 1, self.bits)),
            Some(&found) => Err(ProblemError::Position { what: "family", found, count }),
        }
    }
}

/// Draws as many families as there are, with replacement, and takes the mixture's (partial) correlation on their models,
/// the least where there are several targets.
///
/// Families, not models: models of one family share data and tokenizer, so they are no independent evidence. The mixture
/// is held: at the best mixture the correlation is stationary in the weights, so to first order the best correlation
/// varies as that of the best mixture does (envelope theorem), and refitting each replicate would add only the optimism of
/// doing so.
///
/// Replicate `r` draws from stream `stream + r` of a generator seeded with `seed`, so a replicate is the same whatever runs
/// beside it.
///
/// # Errors
/// [`ProblemError`]: targets, families or controls of other models, a number that is not finite, or a family that does not exist.
pub fn family_bootstrap(
    population: Population,
    replicates: usize,
    seed: u64,
    stream: u64,
) -> Result<FamilyBootstrap, ProblemError> {
    let column = population.column()?;
    let family_count = population.families.iter().max().map_or(0, |last| last + 1);
    let drawn: Vec<Option<f64>> = (0..replicates as u64)
        .into_par_iter()
        .map(|replicate| {
            let mut generator = ChaCha8Rng::seed_from_u64(seed);
            generator.set_stream(stream + replicate);
            let mut times = vec![0.0; family_count];
            for _ in population.drawn {
                times[population.drawn[generator.random_range(0..population.drawn.len())]] += 1.0;
            }
            let weights: Vec<f64> = population.families.iter().map(|&family| times[family]).collect();
            population.targets.iter().try_fold(f64::INFINITY, |least, target| {
                let design = Design::new(&column, target, Some(&weights), population.controls).ok()?;
                if design.degrees_of_freedom() < LEAST_DEGREES {
                    return None;
                }
                design.correlation(&[1.0]).map(|correlation| least.min(correlation))
            })
        })
        .collect();
    let correlations: Vec<f64> = drawn.iter().copied().flatten().collect();
    let unusable = drawn.len() - correlations.len();
    Ok(FamilyBootstrap { correlations, unusable })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten families of two models with independent noise: the bootstrap agrees with the large-sample standard error
    /// of a correlation, (1 − ρ²)/√n.
    #[test]
    fn the_standard_error_is_near_the_large_sample_one() {
        let mut generator = ChaCha8Rng::seed_from_u64(5);
        let mut normal = || (0..12).map(|_| generator.random::<f64>()).sum::<f64>() - 6.0;
        let models = 400;
        let bits: Vec<f64> = (0..models).map(|_| normal()).collect();
        let target: Vec<f64> = bits.iter().map(|b| -b + normal()).collect();
        let families: Vec<usize> = (0..models).collect();
        let population =
            Population { bits: &bits, targets: &[target], families: &families, drawn: &families, controls: &[] };
        let found = family_bootstrap(population, 1000, 1, 0).unwrap();
        let expected = (1.0 - 0.5) / (models as f64).sqrt();
        let error = found.standard_error().unwrap();
        assert!((error / expected - 1.0).abs() < 0.2, "{error} {expected}");
        assert_eq!(found.unusable, 0);
        assert_eq!(found, family_bootstrap(population, 1000, 1, 0).unwrap());
        assert_ne!(found, family_bootstrap(population, 1000, 2, 0).unwrap());
    }

    #[test]
    fn replicates_of_one_family_are_unusable() {
        let population = Population {
            bits: &[1.0, 2.0, 3.0, 4.5],
            targets: &[vec![4.0, 3.0, 2.0, 1.0]],
            families: &[0, 0, 1, 1],
            drawn: &[0, 1],
            controls: &[],
        };
        let found = family_bootstrap(population, 100, 3, 0).unwrap();
        // Half of the draws take one family twice, which leaves one degree of freedom.
        assert!((30..70).contains(&found.unusable), "{}", found.unusable);
    }
}
