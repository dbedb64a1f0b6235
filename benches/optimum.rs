//! Time of the best mixture with its certificate, over the shapes that occur.
//!
//! `columns` is the matrix prepared once (centring and scaling), `optimum` one fit on it: view, projection and
//! certificate. The two smallest shapes are those of published tables.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use mixopt::fit::{CompressionColumns, Constraints, Design, best_mixture};
use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Models, domains, samples.
const SHAPES: [(usize, usize, usize); 4] = [(19, 3, 100), (90, 263, 50), (100, 10_000, 20), (90, 100_000, 10)];

/// How much of a domain's variation over models is its own: 0.07 lets domains correlate at about 0.995, as documents do
/// on real models; one makes them independent.
const KINDS: [(&str, f64, f64); 2] = [("common-factor", 1.0, 0.07), ("gaussian", 0.0, 1.0)];

fn gaussian(random: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

fn problem(models: usize, domains: usize, common: f64, own: f64) -> (DMatrix<f64>, Vec<f64>) {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let factor: Vec<f64> = (0..models).map(|_| gaussian(&mut random)).collect();
    let bits = DMatrix::from_fn(models, domains, |i, _| 1.0 + 0.1 * (common * factor[i] + own * gaussian(&mut random)));
    let target = factor.iter().map(|f| 0.5 - 0.1 * f + 0.05 * gaussian(&mut random)).collect();
    (bits, target)
}

fn optimum(criterion: &mut Criterion) {
    for (kind, common, own) in KINDS {
        let mut group = criterion.benchmark_group(kind);
        group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
        for (models, domains, samples) in SHAPES {
            let (bits, target) = problem(models, domains, common, own);
            let columns = CompressionColumns::new(&bits);
            let constraints = Constraints::simplex(domains);
            group.sample_size(samples);
            group.bench_function(BenchmarkId::new("columns", format!("{models}x{domains}")), |bencher| {
                bencher.iter(|| CompressionColumns::new(black_box(&bits)));
            });
            group.bench_function(BenchmarkId::new("optimum", format!("{models}x{domains}")), |bencher| {
                bencher.iter(|| {
                    let design = Design::new(black_box(&columns), &target, None, &[]).unwrap();
                    best_mixture(&design, &constraints)
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, optimum);
criterion_main!(benches);
