//! How many more models would settle it.

use crate::more_models::added_models::AddedModels;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::more_models::halving::{Halves, exponent, halves};
use crate::resampling::draws::{Purpose, generator};
use crate::resampling::interval::Interval;
use crate::resampling::simulated::{Simulator, SimulatorError};
use mixopt_base::Observer;
use mixopt_fit::{AnalysisSettings, Held, Population, Problem, Refitter, Sample, family_bootstrap, total_variation};

/// How the simulation is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerSettings {
    /// Data sets simulated for every kind and number of models.
    pub simulations: usize,
    /// Bootstrap replicates of each.
    pub replicates: usize,
    /// Of how many of the simulated data sets a bootstrap replicate is recommended on anew; the slow part.
    pub refits: usize,
    /// Share of replicates in the interval.
    pub confidence: f64,
    /// Seed of the random draws.
    pub seed: u64,
}

impl Default for PowerSettings {
    fn default() -> Self {
        Self { simulations: 30, replicates: 100, refits: 8, confidence: 0.95, seed: 0 }
    }
}

/// What so many more models would do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerPoint {
    /// Models added.
    pub added: usize,
    /// Mean width of the interval of the mixture's correlation, weights held. `None` where no simulated data set has one.
    pub width: Option<f64>,
    /// Mean total variation between the weights recommended on the simulated data and those recommended on a bootstrap
    /// replicate of them; `None` where none could be made.
    pub weights_move: Option<f64>,
}

/// What more models of one kind would do.
#[derive(Debug, Clone, PartialEq)]
pub struct KindPower {
    /// The kind.
    pub kind: AddedModels,
    /// At 0, N/2, N, 2N and 4N added models.
    pub points: Vec<PowerPoint>,
    /// Exponent k of `width ∝ models^−k`, by least squares of logarithms; 0.5 where models are independent.
    pub exponent: Option<f64>,
    /// When the interval is half as wide.
    pub width_halves: Option<Halves>,
    /// When the weights move half as far; `None` also where they do not move at all at some point (the recommendation is the
    /// center).
    pub weights_halve: Option<Halves>,
}

/// What more models would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Power {
    /// Every kind that can be simulated.
    pub kinds: Vec<KindPower>,
    /// Variance of scores around the law that families share, in squared units of the score; zero where it is not seen.
    pub family_variance: f64,
    /// Variance between models of a family. Where every family has one model this is all there is.
    pub model_variance: f64,
}

/// Simulates more models and asks how the interval of a mixture's correlation shrinks.
///
/// # Model
/// What [`Simulator`] describes: scores follow the law of the mixture, plus an effect of the family, plus noise. Data sets
/// are the models there are and simulated ones beside them. The interval is that of the bootstrap over families with the
/// weights held; `weights_move` needs refits and is made for `refits` data sets only.
///
/// # Equation
/// `log(figure) = c − k log((N + n′) / N)` by least squares over the numbers `n′` added; the figure is half at
/// `n′ = N (2^{1/k} − 1)`. Beyond 8N, or where k is not positive, all that is said is "more than 8N". The first point is the
/// interval of the models there are, so k carries what is peculiar to them: on 40 independent models it scatters by about
/// 0.1 around 0.5.
///
/// # Limits
/// The law, its variance components and the weights are taken for true, so this is a plan and no proof: a law that bends,
/// or families unlike all so far, are not in it. Under [`Objective::Worst`](mixopt_fit::Objective::Worst) the mean of the
/// targets (`target`) stands for all of them.
///
/// # Shapes
/// `weights`: the mixture, one share for each domain; `held`: what its refits take over; `size`: one number for each model,
/// for the kinds small and large, which are left out without it or where it has no three groups.
///
/// # Errors
/// See [`SimulatorError`].
pub fn power(
    refitter: &Refitter,
    weights: &[f64],
    held: Held,
    size: Option<&[f64]>,
    settings: PowerSettings,
    observer: &dyn Observer,
) -> Result<Power, SimulatorError> {
    let simulator = Simulator::new(refitter.problem(), weights, size)?;
    let models = refitter.problem().target.len();
    let counts = [0, models.div_ceil(2), models, 2 * models, 4 * models];
    let kinds = simulator.kinds();
    observer.begin("simulated models", (kinds.len() * counts.len()) as u64, "simulations");
    let run = Run { simulator: &simulator, analysis: refitter.settings(), weights, held, settings };
    let kinds = kinds
        .into_iter()
        .map(|kind| {
            let points: Vec<PowerPoint> = counts
                .iter()
                .enumerate()
                .map(|(index, &added)| {
                    let point = run.point(kind, added, index as u64);
                    observer.advance(1);
                    point
                })
                .collect();
            let of = |figure: fn(&PowerPoint) -> Option<f64>| -> Option<f64> {
                exponent(&points.iter().filter_map(|p| Some((p.added, figure(p)?))).collect::<Vec<_>>(), models)
            };
            let (width, moved) = (of(|point| point.width), of(|point| point.weights_move));
            KindPower {
                kind,
                exponent: width,
                width_halves: width.map(|k| halves(k, models)),
                weights_halve: moved.map(|k| halves(k, models)),
                points,
            }
        })
        .collect();
    Ok(Power { kinds, family_variance: simulator.family_variance(), model_variance: simulator.model_variance() })
}

/// Room for the replicates of one bootstrap.
const STREAMS_OF_A_BOOTSTRAP: u64 = 1 << 20;

struct Run<'a> {
    simulator: &'a Simulator<'a>,
    analysis: &'a AnalysisSettings,
    weights: &'a [f64],
    held: Held,
    settings: PowerSettings,
}

impl Run<'_> {
    fn point(&self, kind: AddedModels, added: usize, index: u64) -> PowerPoint {
        let PowerSettings { simulations, refits, .. } = self.settings;
        let first = ((kind as u64) << 24) + (index << 20);
        let found: Vec<(Option<f64>, Option<f64>)> = (0..simulations)
            .into_par_iter()
            .map(|simulation| {
                let replicate = first + simulation as u64;
                let mut generator = generator(self.settings.seed, Purpose::Power, replicate);
                let problem = self.simulator.extended(kind, added, &mut generator);
                let width = self.width(&problem, replicate);
                let moved = (simulation < refits).then(|| self.moved(&problem, &mut generator)).flatten();
                (width, moved)
            })
            .collect();
        let mean = |values: Vec<f64>| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
        PowerPoint {
            added,
            width: mean(found.iter().filter_map(|found| found.0).collect()),
            weights_move: mean(found.iter().filter_map(|found| found.1).collect()),
        }
    }

    /// Width of the interval from the bootstrap over families, weights held.
    fn width(&self, problem: &Problem, simulation: u64) -> Option<f64> {
        let population = Population {
            bits: &mixopt_fit::mixed_bits(&problem.bits, self.weights),
            targets: std::slice::from_ref(&problem.target),
            families: &problem.families,
            drawn: &(0..family_count(problem)).collect::<Vec<_>>(),
            controls: &problem.recommended_controls,
        };
        // Kind, number and simulation as above, moved up to make room for the replicates, behind the streams of the draws.
        let stream = ((Purpose::Power as u64) << 56) + (1 << 50) + simulation * STREAMS_OF_A_BOOTSTRAP;
        let drawn = family_bootstrap(population, self.settings.replicates, self.settings.seed, stream).ok()?;
        Interval::percentile(&drawn.correlations, self.settings.confidence).map(Interval::width)
    }

    /// How far the recommendation moves on one bootstrap replicate.
    fn moved(&self, problem: &Problem, generator: &mut ChaCha8Rng) -> Option<f64> {
        let families = family_count(problem);
        let mut times = vec![0.0; families];
        (0..families).for_each(|_| times[generator.random_range(0..families)] += 1.0);
        let counts: Vec<f64> = problem.families.iter().map(|&family| times[family]).collect();
        let refitter = Refitter::new(problem, self.analysis).ok()?;
        let sample = Sample { model_weights: Some(&counts), ..Sample::default() };
        let found = refitter.recommended(Sample::default(), self.held)?;
        let again = refitter.recommended(sample, self.held)?;
        Some(total_variation(&found.weights, &again.weights))
    }
}

fn family_count(problem: &Problem) -> usize {
    problem.families.iter().max().map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::*;
    use crate::resampling::simulated::tests::families_of;
    use mixopt_base::Silent;

    fn widths(found: &Power, kind: AddedModels) -> &KindPower {
        found.kinds.iter().find(|power| power.kind == kind).unwrap()
    }

    fn found(problem: &Problem, size: Option<&[f64]>) -> Power {
        let analysis = AnalysisSettings::default();
        let held = Held { tolerance: Some(0.02), lambda: Some(0.1) };
        let settings = PowerSettings { simulations: 30, ..PowerSettings::default() };
        power(&Refitter::new(problem, &analysis).unwrap(), &[0.5, 0.3, 0.2], held, size, settings, &Silent).unwrap()
    }

    /// One data set has peculiarities that more models dilute, so the law of 1 / √n holds on average over data sets.
    #[test]
    fn independent_models_halve_the_width_after_three_times_as_many() {
        let (mut exponents, mut nearer) = (0.0, 0.0);
        for seed in 0..8 {
            let size: Vec<f64> = (0..40).map(f64::from).collect();
            let problem = families_of(40, 1, 0.0, seed);
            let found = found(&problem, (seed == 0).then_some(&size));
            assert_eq!(found.kinds.len(), if seed == 0 { 4 } else { 2 });
            let new = widths(&found, AddedModels::NewFamilies);
            exponents += new.exponent.unwrap() / 8.0;
            nearer += (new.points[0].weights_move.unwrap() - new.points[4].weights_move.unwrap()) / 8.0;
            if seed == 0 {
                assert_eq!(found, super::tests::found(&problem, Some(&size)));
            }
        }
        assert!((0.43..0.57).contains(&exponents), "{exponents}");
        let Halves::After(count) = halves(exponents, 40) else { panic!("{exponents}") };
        assert!((90..165).contains(&count), "{count}");
        assert!(nearer > 0.0, "{nearer}");
    }

    /// Prints what the defaults cost where domains are many and alike.
    #[test]
    #[ignore = "prints times"]
    fn cost_on_many_domains() {
        use crate::*;
        use mixopt_fit::analyse;
        for (families, each, domains) in [(9, 2, 3), (30, 3, 263)] {
            let small = families_of(families, each, 0.5, 2);
            let bits = DMatrix::from_fn(families * each, domains, |model, domain| {
                let mut generator = generator(9, Purpose::Folds, (model * domains + domain) as u64);
                let noise: f64 = generator.random();
                small.bits[(model, domain % 3)] * 0.3 + small.bits[(model, 0)] + 0.05 * noise
            });
            let problem = Problem::plain(bits, small.target.clone(), small.families.clone());
            let analysis = AnalysisSettings::default();
            let refitter = Refitter::new(&problem, &analysis).unwrap();
            let found = analyse(&refitter).recommended;
            let held = Held { tolerance: found.threshold.map(|threshold| found.best - threshold), lambda: Some(0.1) };
            let start = std::time::Instant::now();
            let result = power(&refitter, &found.weights, held, None, PowerSettings::default(), &Silent).unwrap();
            println!("{domains} domains: power {:?}", start.elapsed());
            result.kinds.iter().for_each(|kind| println!("{kind:?}"));
            let start = std::time::Instant::now();
            let settings = PowerSettings { refits: 0, ..PowerSettings::default() };
            power(&refitter, &found.weights, held, None, settings, &Silent).unwrap();
            println!("{domains} domains: power without refits {:?}", start.elapsed());
            let start = std::time::Instant::now();
            let curve = learning_curve(&refitter, held, LearningCurveSettings::default(), &Silent);
            println!("{domains} domains: learning curve {:?}: {curve:?}", start.elapsed());
            for exchange in [Exchange::Models, Exchange::FamilyBlocks, Exchange::FamilyMeans] {
                let start = std::time::Instant::now();
                let settings = PermutationSettings { exchange, controls: &[], permutations: 999, seed: 0 };
                let test = permutation_test(&refitter, settings, &Silent).unwrap();
                println!("{domains} domains: {exchange:?} {:?}: {test:?}", start.elapsed());
            }
        }
    }

    #[test]
    fn more_models_of_the_same_families_do_not_tell_families_apart() {
        let problem = families_of(12, 3, 0.95, 4);
        let found = found(&problem, None);
        assert_eq!(found.kinds.len(), 2);
        assert!(found.family_variance > 4.0 * found.model_variance, "{found:?}");
        let (new, existing) = (widths(&found, AddedModels::NewFamilies), widths(&found, AddedModels::ExistingFamilies));
        assert!(new.exponent.unwrap() > 0.35 && existing.exponent.unwrap() < 0.15, "{found:?}");
        assert_eq!(existing.width_halves, Some(Halves::NotBefore(8 * 36)));
    }

    #[test]
    fn scores_that_cannot_be_simulated_are_errors() {
        let analysis = AnalysisSettings::default();
        let fault = |problem: &Problem, size: Option<&[f64]>| {
            let refitter = Refitter::new(problem, &analysis).unwrap();
            power(&refitter, &[0.5, 0.3, 0.2], Held::default(), size, PowerSettings::default(), &Silent).unwrap_err()
        };
        assert_eq!(fault(&families_of(2, 5, 0.0, 1), None), SimulatorError::FewFamilies { families: 2 });
        let problem = families_of(10, 1, 0.0, 1);
        assert_eq!(fault(&problem, Some(&[1.0])), SimulatorError::OtherModels { sizes: 1, models: 10 });
        assert_eq!(fault(&problem, Some(&[f64::NAN; 10])), SimulatorError::NotFinite { model: 0 });
        let flat = Problem::plain(DMatrix::from_element(10, 3, 1.0), problem.target.clone(), problem.families.clone());
        assert_eq!(fault(&flat, None), SimulatorError::NoLaw);
    }
}
