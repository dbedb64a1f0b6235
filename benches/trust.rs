//! Time of the fit made again on draws of its data: bootstrap replicates and permutations.
//!
//! ```text
//! cargo bench --bench trust [-- MATRIX TARGET MODELS DOMAINS]
//! ```
//!
//! Whole runs, not single calls: each line gives the wall time and the processor time (all threads) of so many refits. The
//! data have a common factor, as documents have on real models (columns correlate at about 0.995), families of one to four
//! models, and one benchmark that goes with the factor and with the own parts of five domains, so that the recommendation has
//! to leave the center. The bootstrap is [`Refitter::optimum`] and
//! [`Refitter::recommended`] on families drawn with replacement, the permutations are [`Refitter::best_value`].
//!
//! `MATRIX` and `TARGET` put data of one's own in their place: bits per character as little-endian doubles, domain after
//! domain, and scores.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mixopt::fit::{AnalysisSettings, Held, Problem, Refitter, Sample};
use mixopt::trust::{Purpose, generator};
use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Models, domains, refits of each kind.
const SHAPES: [(usize, usize, u64); 3] = [(19, 3, 2000), (90, 263, 2000), (100, 10_000, 200)];

fn gaussian(random: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

fn problem(models: usize, domains: usize) -> Problem {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let factor: Vec<f64> = (0..models).map(|_| gaussian(&mut random)).collect();
    let bits = DMatrix::from_fn(models, domains, |i, _| 1.0 + 0.1 * (factor[i] + 0.07 * gaussian(&mut random)));
    let target = (0..models)
        .map(|i| {
            let own: f64 = (0..domains.min(5)).map(|d| (bits[(i, d)] - 1.0) * 10.0 - factor[i]).sum();
            0.5 - 0.1 * factor[i] - own + 0.05 * gaussian(&mut random)
        })
        .collect();
    let families = (0..models).map(|i| i * 9 / 20).collect();
    Problem::plain(bits, target, families)
}

/// How often each model counts in a replicate.
fn drawn(problem: &Problem, replicate: u64) -> Vec<f64> {
    let mut generator = generator(1, Purpose::Bootstrap, replicate);
    let families = problem.families.iter().max().map_or(0, |last| last + 1);
    let mut times = vec![0.0; families];
    for _ in 0..families {
        times[generator.random_range(0..families)] += 1.0;
    }
    problem.families.iter().map(|&family| times[family]).collect()
}

fn permuted(problem: &Problem, replicate: u64) -> Vec<f64> {
    let mut generator = generator(1, Purpose::Permutation, replicate);
    let mut target = problem.target.clone();
    for last in (1..target.len()).rev() {
        target.swap(last, generator.random_range(0..=last));
    }
    target
}

/// Time that all threads have spent computing; `None` where the system does not tell.
fn processor_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Fields 14 and 15, after the name in brackets: ticks of a hundredth of a second.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(10 * ticks))
}

fn report(what: &str, shape: &str, count: u64, run: impl FnOnce() -> f64) {
    let (before, start) = (processor_time(), Instant::now());
    let sum = run();
    let wall = start.elapsed().as_secs_f64();
    let processor = processor_time().zip(before).map(|(after, before)| (after - before).as_secs_f64());
    let processor = processor.map_or("unknown".into(), |seconds| format!("{seconds:.2} s"));
    println!("{what:<16} {shape:<10} {count:>5} refits  wall {wall:.2} s  processor {processor}  (sum {sum:.9})");
}

fn read_doubles(path: &str, count: usize) -> Result<Vec<f64>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {path}"))?;
    let (values, rest) = bytes.as_chunks::<8>();
    ensure!(values.len() == count && rest.is_empty(), "{path} has {} bytes, not {count} doubles", bytes.len());
    Ok(values.iter().map(|value| f64::from_le_bytes(*value)).collect())
}

fn main() -> Result<()> {
    // `cargo bench` adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [matrix, target, models, domains] = arguments.as_slice() else {
        for (models, domains, count) in SHAPES {
            measure(&problem(models, domains), count);
        }
        return Ok(());
    };
    let (models, domains): (usize, usize) = (models.parse()?, domains.parse()?);
    let bits = DMatrix::from_vec(models, domains, read_doubles(matrix, models * domains)?);
    let families = (0..models).map(|i| i * 9 / 20).collect();
    measure(&Problem::plain(bits, read_doubles(target, models)?, families), 2000);
    Ok(())
}

fn measure(problem: &Problem, count: u64) {
    let (models, domains) = problem.bits.shape();
    let settings = AnalysisSettings::default();
    let refitter = Refitter::new(problem, &settings).unwrap();
    let shape = format!("{models}x{domains}");
    let held = Held { tolerance: Some(0.02), lambda: None };
    let replicates = |refit: &(dyn Fn(Sample) -> Option<f64> + Sync)| -> f64 {
        let values: Vec<f64> = (0..count)
            .into_par_iter()
            .filter_map(|replicate| {
                let weights = drawn(problem, replicate);
                refit(Sample { model_weights: Some(&weights), ..Sample::default() })
            })
            .collect();
        values.iter().sum()
    };
    let size = |weights: &[f64]| weights.iter().map(|w| w * w).sum::<f64>();
    report("optimum", &shape, count, || {
        replicates(&|sample| refitter.optimum(sample).map(|found| found.correlation + size(&found.weights)))
    });
    report("recommendation", &shape, count, || {
        replicates(&|sample| refitter.recommended(sample, held).map(|found| found.correlation + size(&found.weights)))
    });
    report("both", &shape, count, || {
        replicates(&|sample| refitter.both(sample, held).recommended.map(|found| found.correlation))
    });
    report("permutation", &shape, count, || {
        let values: Vec<f64> = (0..count)
            .into_par_iter()
            .filter_map(|replicate| {
                let targets = [permuted(problem, replicate)];
                refitter.best_value(Sample { targets: Some(&targets), ..Sample::default() })
            })
            .collect();
        values.iter().sum()
    });
}
