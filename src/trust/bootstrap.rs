//! The fit made again on families drawn with replacement.

use nalgebra::DMatrix;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::draws::{Purpose, generator};
use super::influence::without_family;
use super::resampled::{Estimates, Insufficient, Resampled, correlation_of, summarise};
use crate::fit::{CompressionColumns, Held, Progress, Refit, RefitOptimum, Refits, Refitter, Sample};

/// Fewer families than this give no interval: so few can be drawn in too few ways.
pub const LEAST_FAMILIES: usize = 5;
/// Fewer usable replicates than this give no interval: its ends would be single draws.
pub const LEAST_REPLICATES: usize = 100;

/// How replicates are drawn and intervals taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resampling {
    /// Replicates to draw.
    pub replicates: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// Share of the sampling distribution that an interval is to hold, between 0 and 1.
    pub confidence: f64,
}

/// Bits that are themselves measured on a sample of documents.
pub trait MeasurementNoise: Sync {
    /// Bits per character, models × domains in the order of the problem, on documents drawn with replacement. A draw of
    /// another shape or with entries that are not finite makes the replicate unusable.
    fn draw(&self, generator: &mut ChaCha8Rng) -> DMatrix<f64>;
}

/// Both mixtures of the fit on all data, which replicates are compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The optimum with the value of its objective; `None` where no mixture correlates positively.
    pub optimum: Option<Refit>,
    /// The recommendation with the value of its criterion; `None` where that is not defined.
    pub recommended: Option<Refit>,
}

/// How both mixtures vary over draws of the families.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap {
    /// Families drawn in each replicate, as many as there are.
    pub families: usize,
    /// The optimum; `None` where the fit on all data has none.
    pub optimum: Option<Resampled>,
    /// The recommendation; `None` where the fit on all data has none.
    pub recommended: Option<Resampled>,
}

/// How the value of a mixture that is given, not fitted, varies over draws of the families.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenBootstrap {
    /// Replicates in which the correlation is defined.
    pub usable: usize,
    /// The others.
    pub unusable: usize,
    /// Correlation, its standard error and interval, or what is missing for them.
    pub estimates: Result<Estimates, Insufficient>,
}

/// Draws as many families as there are, with replacement, and makes optimum and recommendation again on their models;
/// `held` is what the recommendation takes over from the fit on all data.
///
/// Families, not models, are drawn: models of one family share data and tokenizer, so they are no independent evidence.
/// With `noise` the bits are drawn anew in each replicate too, so that the intervals hold the error of measuring on a sample
/// of documents as well; the acceleration of BCa intervals is that of the families alone.
///
/// A replicate is unusable for a mixture where fewer than three degrees of freedom are left or no correlation is defined.
/// Where no mixture correlates positively in a replicate, the optimum's correlation counts as zero and there are no weights
/// to count.
///
/// Replicate `r` draws from its own stream of [`generator`], families first, so results do not depend on threads.
pub fn bootstrap(
    refitter: &Refitter,
    held: Held,
    fitted: &Fitted,
    settings: &Resampling,
    noise: Option<&dyn MeasurementNoise>,
    progress: &dyn Progress,
) -> Bootstrap {
    let families = family_count(refitter);
    progress.begin("bootstrap of the fit", settings.replicates + families);
    let replicates = draw(refitter, settings, noise, &|sample| {
        let refits = refitter.both(sample, held);
        progress.step();
        refits
    });
    let jackknife: Vec<Refits> = (0..families)
        .into_par_iter()
        .map(|family| {
            let weights = without_family(refitter, family);
            let refits = refitter.both(Sample { model_weights: Some(&weights), ..Sample::default() }, held);
            progress.step();
            refits
        })
        .collect();
    let optimum_of = |refits: Option<&Refits>| refits.and_then(|refits| refits.optimum.clone());
    let recommended_of =
        |refits: Option<&Refits>| refits.and_then(|refits| refits.recommended.clone()).map(RefitOptimum::Mixture);
    let summary = |fitted: &Refit, of: &dyn Fn(Option<&Refits>) -> Option<RefitOptimum>| {
        let drawn = replicates.iter().map(|refits| of(refits.as_ref())).collect();
        let left_out: Vec<f64> = jackknife.iter().filter_map(|refits| of(Some(refits)).map(|o| value(&o))).collect();
        // A jackknife with gaps would tell of other families than the replicates.
        let left_out = if left_out.len() == families { left_out } else { Vec::new() };
        summarise(fitted, drawn, &left_out, families, settings.confidence)
    };
    Bootstrap {
        families,
        optimum: fitted.optimum.as_ref().map(|fitted| summary(fitted, &optimum_of)),
        recommended: fitted.recommended.as_ref().map(|fitted| summary(fitted, &recommended_of)),
    }
}

/// The same draws for a mixture whose weights are given: its (least, partial) correlation under the controls of the
/// recommendation. `None` where that is not defined on all data.
///
/// # Shapes
/// `weights`: domains.
pub fn bootstrap_given(
    refitter: &Refitter,
    weights: &[f64],
    settings: &Resampling,
    noise: Option<&dyn MeasurementNoise>,
    progress: &dyn Progress,
) -> Option<GivenBootstrap> {
    let point = refitter.value(Sample::default(), weights)?;
    let families = family_count(refitter);
    progress.begin("bootstrap of a mixture", settings.replicates);
    let drawn = draw(refitter, settings, noise, &|sample| {
        let value = refitter.resampled_value(sample, weights);
        progress.step();
        value
    });
    let correlations: Vec<f64> = drawn.into_iter().flatten().flatten().collect();
    let left_out = |family: usize| {
        let model_weights = without_family(refitter, family);
        refitter.resampled_value(Sample { model_weights: Some(&model_weights), ..Sample::default() }, weights)
    };
    let jackknife: Option<Vec<f64>> = (0..families).map(left_out).collect();
    Some(GivenBootstrap {
        usable: correlations.len(),
        unusable: settings.replicates - correlations.len(),
        estimates: correlation_of(point, &correlations, &jackknife.unwrap_or_default(), families, settings.confidence),
    })
}

/// The correlation of an optimum; zero where no mixture correlates positively.
fn value(optimum: &RefitOptimum) -> f64 {
    match optimum {
        RefitOptimum::Mixture(refit) => refit.correlation,
        RefitOptimum::NonePositive => 0.0,
    }
}

fn family_count(refitter: &Refitter) -> usize {
    refitter.problem().families.iter().max().map_or(0, |last| last + 1)
}

/// Calls `each` on the draw of every replicate; `None` where the noise has no usable draw.
fn draw<T: Send>(
    refitter: &Refitter,
    settings: &Resampling,
    noise: Option<&dyn MeasurementNoise>,
    each: &(dyn Fn(Sample) -> T + Sync),
) -> Vec<Option<T>> {
    let families = family_count(refitter);
    (0..settings.replicates as u64)
        .into_par_iter()
        .map(|replicate| {
            let mut generator = generator(settings.seed, Purpose::Bootstrap, replicate);
            let mut times = vec![0.0; families];
            for _ in 0..families {
                times[generator.random_range(0..families)] += 1.0;
            }
            let model_weights: Vec<f64> = refitter.problem().families.iter().map(|&family| times[family]).collect();
            let sample = Sample { model_weights: Some(&model_weights), ..Sample::default() };
            let Some(noise) = noise else { return Some(each(sample)) };
            let bits = noise.draw(&mut generator);
            if bits.shape() != refitter.problem().bits.shape() || !bits.iter().all(|value| value.is_finite()) {
                return None;
            }
            let columns = CompressionColumns::new(&bits);
            Some(each(Sample { columns: Some(&columns), ..sample }))
        })
        .collect()
}
