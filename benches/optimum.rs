//! Time of the best mixture with its certificate, over the shapes that occur.
//!
//! `columns` is the matrix prepared once (centring and scaling), `optimum` one fit on it: view, projection and
//! certificate. The two smallest shapes are those of published tables. `planner` has constraints of every kind at once: bounds,
//! group totals, supplies of tokens and frozen groups.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use mixopt::fit::{
    Bounds, CompressionColumns, Constraints, Design, Distance, Relation, Row, best_mixture, prices, search, trade_off,
};
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
            let columns = CompressionColumns::new(&bits).unwrap();
            let constraints = Constraints::simplex(domains);
            group.sample_size(samples);
            group.bench_function(BenchmarkId::new("columns", format!("{models}x{domains}")), |bencher| {
                bencher.iter(|| CompressionColumns::new(black_box(&bits)).unwrap());
            });
            group.bench_function(BenchmarkId::new("optimum", format!("{models}x{domains}")), |bencher| {
                bencher.iter(|| {
                    let design = Design::new(black_box(&columns), &target, None, &[]).unwrap();
                    best_mixture(&design, &constraints).unwrap()
                });
            });
        }
        group.finish();
    }
}

/// 64 domains in 8 groups: bounds on some domains, a least or greatest total for six groups, two groups frozen at a center,
/// and for each domain a supply, which says that its tokens are at most a share of all.
fn planner(domains: usize, center: &[f64]) -> Constraints {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let names: Vec<String> = (0..domains).map(|d| d.to_string()).collect();
    let least = center.iter().map(|m| if random.random::<f64>() < 0.3 { 0.2 * m } else { 0.0 }).collect();
    let greatest = center.iter().map(|m| if random.random::<f64>() < 0.3 { (4.0 * m).min(1.0) } else { 1.0 }).collect();
    let mut rows = Vec::new();
    for group in 0..8 {
        let coefficients: Vec<(usize, f64)> = (0..domains).filter(|d| d % 8 == group).map(|d| (d, 1.0)).collect();
        let total: f64 = coefficients.iter().map(|&(d, _)| center[d]).sum();
        let (relation, right) = match group {
            0 | 1 => (Relation::Equal, total),
            2..5 => (Relation::AtMost, 1.5 * total),
            _ => (Relation::AtLeast, 0.5 * total),
        };
        rows.push(Row { coefficients, relation, right });
    }
    let tokens: Vec<f64> = (0..domains).map(|_| 0.2 + 0.1 * random.random::<f64>()).collect();
    for (domain, middle) in center.iter().enumerate() {
        let share = middle * (1.5 + 4.0 * random.random::<f64>());
        let coefficients =
            (0..domains).map(|d| (d, (if d == domain { tokens[d] } else { 0.0 }) - share * tokens[d])).collect();
        rows.push(Row { coefficients, relation: Relation::AtMost, right: 0.0 });
    }
    Constraints::new(Bounds::new(&names, least, greatest).unwrap(), rows).unwrap()
}

fn constrained(criterion: &mut Criterion) {
    let (models, domains) = (90, 64);
    let center = vec![1.0 / domains as f64; domains];
    let constraints = planner(domains, &center);
    let mut group = criterion.benchmark_group("planner");
    group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    for (kind, common, own) in KINDS {
        let (bits, target) = problem(models, domains, common, own);
        let columns = CompressionColumns::new(&bits).unwrap();
        let design = Design::new(&columns, &target, None, &[]).unwrap();
        group.bench_function(BenchmarkId::new(format!("search {kind}"), format!("{models}x{domains}")), |bencher| {
            bencher.iter(|| search(black_box(&design), &constraints).unwrap());
        });
        group.bench_function(BenchmarkId::new(format!("optimum {kind}"), format!("{models}x{domains}")), |bencher| {
            bencher.iter(|| {
                let optimum = best_mixture(black_box(&design), &constraints).unwrap();
                let priced = prices(&design, &constraints, optimum.weights.as_ref().unwrap()).unwrap();
                assert!(optimum.gap() < 1e-9 && priced.residual < 1e-9, "{} {}", optimum.gap(), priced.residual);
                priced
            });
        });
        let best = best_mixture(&design, &constraints).unwrap().weights.unwrap();
        for measure in [Distance::Quadratic, Distance::KullbackLeibler] {
            let name = format!("trade-off {kind} {measure:?}");
            group.bench_function(BenchmarkId::new(name, format!("{models}x{domains}")), |bencher| {
                bencher.iter(|| trade_off(black_box(&design), &constraints, &center, measure, &best, 21).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, optimum, constrained);
criterion_main!(benches);
