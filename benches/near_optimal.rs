//! Time of the ranges of shares among near-optimal mixtures.
//!
//! ```text
//! near_optimal                                criterion, over the shapes that occur
//! near_optimal once BITS TARGET MODELS        one problem: CPU-bound seconds of a call, and the mean width
//! ```
//!
//! `BITS` holds bits as text, one line a domain with a number for each model, separated by commas; `TARGET` one number a line.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::Result;
use criterion::{BenchmarkId, Criterion};
use mixopt::fit::{Bounds, CompressionColumns, Constraints, Design, Relation, Row, best_mixture};
use mixopt::trust::{mean_width, near_optimal};
use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Domains that correlate at about 0.995, as real ones do, with a target that a few of them explain.
fn problem(models: usize, domains: usize) -> (CompressionColumns, Vec<f64>) {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut normal = || (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
    let factor: Vec<f64> = (0..models).map(|_| normal()).collect();
    let bits = DMatrix::from_fn(models, domains, |i, _| 1.0 + 0.1 * (factor[i] + 0.07 * normal()));
    let target = (0..models).map(|i| -bits[(i, 0)] - 0.5 * bits[(i, 1)] + 0.05 * normal()).collect();
    (CompressionColumns::new(&bits).unwrap(), target)
}

fn caps(domains: usize, cap: f64) -> Result<Constraints> {
    Ok(Bounds::new(&vec![String::new(); domains], vec![0.0; domains], vec![cap; domains])?.into())
}

fn measure(criterion: &mut Criterion) -> Result<()> {
    let mut group = criterion.benchmark_group("near_optimal");
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(3)).sample_size(10);
    for (models, domains) in [(19, 3), (90, 263)] {
        let (columns, target) = problem(models, domains);
        let Ok(design) = Design::new(&columns, &target, None, &[]) else { continue };
        let cap = if domains > 20 { 0.05 } else { 0.6 };
        for (name, constraints) in [("simplex", Constraints::simplex(domains)), ("caps", caps(domains, cap)?)] {
            let best = best_mixture(&design, &constraints).unwrap();
            let Some(weights) = best.weights else { continue };
            let every: Vec<usize> = (0..domains).collect();
            let threshold = [best.correlation - 0.005];
            let designs = std::slice::from_ref(&design);
            group.bench_function(BenchmarkId::new(name, format!("{models}x{domains}")), |bencher| {
                bencher.iter(|| near_optimal(black_box(designs), &constraints, &weights, &threshold, &every));
            });
        }
    }
    group.finish();
    Ok(())
}

/// A row that no mixture breaks sends the same problem to the cone program.
fn compare_with_cone_programs(design: &Design, domains: usize) -> Result<()> {
    let never = Row { coefficients: vec![(0, 1.0)], relation: Relation::AtMost, right: 2.0 };
    for constraints in [Constraints::simplex(domains), caps(domains, 0.2)?] {
        let best = best_mixture(design, &constraints).unwrap();
        let Some(weights) = best.weights else { continue };
        let threshold = [0.995 * best.correlation];
        let some: Vec<usize> = (0..domains).step_by((domains / 20).max(1)).collect();
        let designs = std::slice::from_ref(design);
        let ours = near_optimal(designs, &constraints, &weights, &threshold, &some)?;
        let with_row = Constraints::new(constraints.bounds().clone(), vec![never.clone()]).unwrap();
        let start = Instant::now();
        let theirs = near_optimal(designs, &with_row, &weights, &threshold, &some)?;
        let seconds = start.elapsed().as_secs_f64();
        let farthest = ours
            .iter()
            .zip(&theirs)
            .fold(0.0_f64, |far, (a, b)| far.max((a.least - b.least).abs()).max((a.greatest - b.greatest).abs()));
        println!("{} domains by cone programs: {seconds:.3} s, largest difference {farthest:.1e}", some.len());
    }
    Ok(())
}

fn once(bits: &str, target: &str, models: usize) -> Result<()> {
    let numbers = |text: String| -> Result<Vec<f64>> {
        Ok(text.split([',', '\n']).filter(|part| !part.trim().is_empty()).map(str::parse).collect::<Result<_, _>>()?)
    };
    let values = numbers(std::fs::read_to_string(bits)?)?;
    let domains = values.len() / models;
    let columns = CompressionColumns::new(&DMatrix::from_vec(models, domains, values)).unwrap();
    let target = numbers(std::fs::read_to_string(target)?)?;
    let Ok(design) = Design::new(&columns, &target, None, &[]) else { anyhow::bail!("the target is constant") };
    let every: Vec<usize> = (0..domains).collect();
    compare_with_cone_programs(&design, domains)?;
    for (name, constraints) in [
        ("simplex", Constraints::simplex(domains)),
        ("caps of 0.05", caps(domains, 0.05)?),
        ("caps of 0.2", caps(domains, 0.2)?),
    ] {
        let best = best_mixture(&design, &constraints).unwrap();
        let Some(weights) = best.weights else { continue };
        for share in [0.999, 0.99, 0.95] {
            let threshold = share * best.correlation;
            let start = Instant::now();
            let ranges = near_optimal(std::slice::from_ref(&design), &constraints, &weights, &[threshold], &every)?;
            let seconds = start.elapsed().as_secs_f64();
            let limits = ranges.iter().filter(|range| range.least_is_limit).count();
            println!(
                "{name}, {share} of {:.4}: {seconds:.3} s, mean width {:.4}, {limits} of {domains} may go to their limit",
                best.correlation,
                mean_width(&ranges).unwrap_or(0.0)
            );
        }
    }
    Ok(())
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [first, bits, target, models] = arguments.as_slice()
        && first == "once"
    {
        return once(bits, target, models.parse()?);
    }
    let mut criterion = Criterion::default().configure_from_args();
    measure(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}
