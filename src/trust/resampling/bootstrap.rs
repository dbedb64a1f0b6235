//! The fit made again on families drawn with replacement.

use crate::resampling::fitted::Fitted;
use nalgebra::DMatrix;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::influence::left_out::without_family;
use crate::resampling::draws::{Purpose, generator};
use crate::resampling::resampled::{Estimates, Insufficient, Resampled, correlation_of, summarise};
use mixopt_base::Observer;
use mixopt_fit::{CompressionColumns, Held, Refit, RefitOptimum, Refits, Refitter, Sample};

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
    /// Correlation in each usable replicate, in the order of replicates.
    pub correlations: Vec<f64>,
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
    observer: &dyn Observer,
) -> Bootstrap {
    let families = family_count(refitter);
    observer.begin("bootstrap of the fit", (settings.replicates + families) as u64, "refits");
    let start = fitted.recommended.as_ref().map(|found| found.weights.as_slice());
    let replicates = draw(refitter, settings, noise, &|sample| {
        let refits = refitter.both(Sample { start, ..sample }, held);
        observer.advance(1);
        refits
    });
    let jackknife: Vec<Refits> = (0..families)
        .into_par_iter()
        .map(|family| {
            let weights = without_family(refitter, family);
            let refits = refitter.both(Sample { model_weights: Some(&weights), start, ..Sample::default() }, held);
            observer.advance(1);
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
    observer: &dyn Observer,
) -> Option<GivenBootstrap> {
    let point = refitter.value(Sample::default(), weights)?;
    let families = family_count(refitter);
    observer.begin("bootstrap of a mixture", settings.replicates as u64, "refits");
    let drawn = draw(refitter, settings, noise, &|sample| {
        let value = refitter.resampled_value(sample, weights);
        observer.advance(1);
        value
    });
    let correlations: Vec<f64> = drawn.into_iter().flatten().flatten().collect();
    let left_out = |family: usize| {
        let model_weights = without_family(refitter, family);
        refitter.resampled_value(Sample { model_weights: Some(&model_weights), ..Sample::default() }, weights)
    };
    let jackknife: Option<Vec<f64>> = (0..families).map(left_out).collect();
    let jackknife = jackknife.unwrap_or_default();
    let estimates = correlation_of(point, &correlations, &jackknife, families, settings.confidence);
    Some(GivenBootstrap {
        usable: correlations.len(),
        unusable: settings.replicates - correlations.len(),
        correlations,
        estimates,
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
            if bits.shape() != refitter.problem().bits.shape() {
                return None;
            }
            let columns = CompressionColumns::new(&bits).ok()?;
            Some(each(Sample { columns: Some(&columns), ..sample }))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Insufficient, IntervalMethod};
    use mixopt_base::Silent;
    use mixopt_fit::statistics::pearson;
    use mixopt_fit::{AnalysisSettings, Problem, mixed_bits};

    fn normal(generator: &mut ChaCha8Rng) -> f64 {
        (0..12).map(|_| generator.random::<f64>()).sum::<f64>() - 6.0
    }

    /// Families of two models; the target goes with the first two domains.
    fn problem(families: usize) -> Problem {
        let mut generator = generator(3, Purpose::Power, families as u64);
        let models = 2 * families;
        let factor: Vec<f64> = (0..models).map(|_| normal(&mut generator)).collect();
        let bits = DMatrix::from_fn(models, 4, |i, _| 1.0 + 0.1 * (factor[i] + 0.5 * normal(&mut generator)));
        let target =
            (0..models).map(|i| -0.6 * bits[(i, 0)] - 0.4 * bits[(i, 1)] + 0.05 * normal(&mut generator)).collect();
        Problem::plain(bits, target, (0..models).map(|i| i / 2).collect())
    }

    const HELD: Held = Held { tolerance: Some(0.02), lambda: Some(0.1) };
    const RESAMPLING: Resampling = Resampling { replicates: 300, seed: 5, confidence: 0.9 };

    fn fitted(refitter: &Refitter) -> Fitted {
        Fitted {
            optimum: refitter.optimum(Sample::default()),
            recommended: refitter.recommended(Sample::default(), HELD),
        }
    }

    fn run(problem: &Problem, resampling: &Resampling, noise: Option<&dyn MeasurementNoise>) -> Bootstrap {
        let settings = AnalysisSettings::default();
        let refitter = Refitter::new(problem, &settings).unwrap();
        bootstrap(&refitter, HELD, &fitted(&refitter), resampling, noise, &Silent)
    }

    #[test]
    fn threads_change_nothing() {
        let problem = problem(12);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| run(&problem, &RESAMPLING, None))
        };
        let (one, four) = (with(1), with(4));
        assert_eq!(one, four);
        assert_ne!(one, run(&problem, &Resampling { seed: 6, ..RESAMPLING }, None));
        let optimum = one.optimum.unwrap();
        assert_eq!(optimum.estimates.unwrap().method, IntervalMethod::BiasCorrectedAccelerated);
        assert_eq!(optimum.usable + optimum.unusable, 300);
    }

    /// Every replicate, written out: models stand as often as their family was drawn.
    #[test]
    fn replicates_of_a_given_mixture_are_correlations_of_the_models_drawn() {
        let problem = problem(12);
        let settings = AnalysisSettings::default();
        let refitter = Refitter::new(&problem, &settings).unwrap();
        let weights = [0.4, 0.3, 0.2, 0.1];
        let found = bootstrap_given(&refitter, &weights, &RESAMPLING, None, &Silent).unwrap();
        let both = bootstrap(&refitter, HELD, &fitted(&refitter), &RESAMPLING, None, &Silent);
        let (optimum, bits) = (both.optimum.unwrap(), mixed_bits(&problem.bits, &weights));
        assert_eq!((found.usable, found.unusable, optimum.usable), (300, 0, 300));
        for (replicate, (&value, &best)) in found.correlations.iter().zip(&optimum.correlations).enumerate() {
            let mut generator = generator(5, Purpose::Bootstrap, replicate as u64);
            let (mut x, mut y) = (Vec::new(), Vec::new());
            for _ in 0..12 {
                let family = generator.random_range(0..12);
                for model in [2 * family, 2 * family + 1] {
                    x.push(-bits[model]);
                    y.push(problem.target[model]);
                }
            }
            assert!((value - pearson(&x, &y).unwrap()).abs() < 1e-12);
            assert!(best >= value - 1e-12, "the best mixture of a draw is at least as good as a given one");
        }
        let estimates = found.estimates.unwrap();
        assert!((estimates.correlation + pearson(&bits, &problem.target).unwrap()).abs() < 1e-12);
        assert!(estimates.interval.contains(estimates.correlation));
    }

    #[test]
    fn too_few_families_or_replicates_say_what_is_needed() {
        let four = run(&problem(4), &RESAMPLING, None).recommended.unwrap();
        let missing = Insufficient::Families { found: 4, needed: 5 };
        assert_eq!((four.estimates, four.domains), (Err(missing), Err(missing)));
        let few = run(&problem(12), &Resampling { replicates: 99, ..RESAMPLING }, None).optimum.unwrap();
        assert_eq!(few.estimates, Err(Insufficient::Replicates { found: 99, needed: 100 }));
    }

    struct Noise<'a> {
        bits: &'a DMatrix<f64>,
        size: f64,
    }

    impl MeasurementNoise for Noise<'_> {
        fn draw(&self, generator: &mut ChaCha8Rng) -> DMatrix<f64> {
            self.bits.map(|value| value + self.size * normal(generator))
        }
    }

    struct Wrong(DMatrix<f64>);

    impl MeasurementNoise for Wrong {
        fn draw(&self, _: &mut ChaCha8Rng) -> DMatrix<f64> {
            self.0.clone()
        }
    }

    #[test]
    fn noise_of_measurement_is_drawn_in_each_replicate() {
        let problem = problem(12);
        let plain = run(&problem, &RESAMPLING, None);
        assert_eq!(plain, run(&problem, &RESAMPLING, Some(&Noise { bits: &problem.bits, size: 0.0 })));
        let noisy = run(&problem, &RESAMPLING, Some(&Noise { bits: &problem.bits, size: 0.1 }));
        let (plain, noisy) = (plain.optimum.unwrap(), noisy.optimum.unwrap());
        assert!(noisy.moved.unwrap() > 1.2 * plain.moved.unwrap(), "{:?} {:?}", noisy.moved, plain.moved);
        for wrong in [DMatrix::zeros(3, 4), problem.bits.map(|_| f64::NAN)] {
            let found = run(&problem, &RESAMPLING, Some(&Wrong(wrong))).optimum.unwrap();
            assert_eq!((found.usable, found.unusable, found.moved), (0, 300, None));
            assert_eq!(found.estimates, Err(Insufficient::Replicates { found: 0, needed: 100 }));
        }
    }
}
