//! Time of the published estimators and of their projections.
//!
//! ```text
//! estimators                                             criterion, over the shapes that occur
//! estimators once MATRIX ERRORS MODELS DOMAINS NAME REPETITIONS
//! ```
//!
//! `once` serves comparisons with other programs: `MATRIX` holds bits as little-endian doubles, domain after domain
//! (`MODELS` numbers each), `ERRORS` one for each model. It prints one line of JSON: seconds of each repetition from the
//! matrix in memory to the estimates (for the projections `linear` and `l2`: from the estimates by `sign`, under caps for one
//! pass over a tenth of equal domains), the memory before and at its peak, and writes the last answer to `MATRIX.answer`.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use criterion::{BenchmarkId, Criterion};
use mixopt::fit::estimator::{Estimator, PUBLISHED_SHARE_KEPT, Projection, estimate, one_pass_caps, project};
use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Models, domains, samples.
const SHAPES: [(usize, usize, usize); 3] = [(90, 263, 50), (90, 10_000, 20), (90, 100_000, 10)];

fn problem(models: usize, domains: usize) -> (DMatrix<f64>, Vec<f64>) {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let error: Vec<f64> = (0..models).map(|_| random.random()).collect();
    let bits = DMatrix::from_fn(models, domains, |i, _| 0.8 + 0.2 * error[i] + 0.1 * random.random::<f64>());
    (bits, error)
}

fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("estimators");
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    for (models, domains, samples) in SHAPES {
        let (bits, error) = problem(models, domains);
        group.sample_size(samples);
        let shape = format!("{models}x{domains}");
        for estimator in Estimator::ALL {
            group.bench_function(BenchmarkId::new(estimator.name(), &shape), |bencher| {
                bencher.iter(|| estimate(estimator, black_box(&bits), black_box(&error)));
            });
        }
        let (Ok(estimates), Ok(caps)) =
            (estimate(Estimator::Sign, &bits, &error), one_pass_caps(&vec![1.0; domains], PUBLISHED_SHARE_KEPT))
        else {
            continue;
        };
        for projection in Projection::ALL {
            group.bench_function(BenchmarkId::new(projection.name(), &shape), |bencher| {
                bencher.iter(|| project(projection, black_box(&estimates), black_box(&caps)));
            });
        }
    }
    group.finish();
}

fn read_doubles(path: &str, count: usize) -> Result<Vec<f64>> {
    let bytes = std::fs::read(Path::new(path)).with_context(|| format!("cannot read {path}"))?;
    let (values, rest) = bytes.as_chunks::<8>();
    ensure!(values.len() == count && rest.is_empty(), "{path} has {} bytes, not {count} doubles", bytes.len());
    Ok(values.iter().map(|value| f64::from_le_bytes(*value)).collect())
}

/// A line of `/proc/self/status` in bytes; `None` where there is no such file.
fn memory(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kibibytes| 1024 * kibibytes)
}

fn once(matrix: &str, errors: &str, models: usize, domains: usize, name: &str, repetitions: usize) -> Result<()> {
    let bits = DMatrix::from_vec(models, domains, read_doubles(matrix, models * domains)?);
    let error = read_doubles(errors, models)?;
    let projection = Projection::ALL.into_iter().find(|projection| projection.name() == name);
    let estimator = Estimator::ALL.into_iter().find(|estimator| estimator.name() == name);
    ensure!(projection.is_some() || estimator.is_some(), "neither an estimator nor a projection: {name}");
    let estimator = estimator.unwrap_or(Estimator::Sign);
    let (estimates, caps) = match projection {
        Some(_) => (estimate(estimator, &bits, &error)?, one_pass_caps(&vec![1.0; domains], PUBLISHED_SHARE_KEPT)?),
        None => (Vec::new(), Vec::new()),
    };
    // Reading held the file's bytes as well: the peak starts from here where the system lets it be reset.
    std::fs::write("/proc/self/clear_refs", "5").ok();
    let loaded = memory("VmRSS:");
    let mut seconds = Vec::new();
    let mut answer = Vec::new();
    for _ in 0..repetitions {
        drop(answer);
        let start = Instant::now();
        answer = match projection {
            Some(projection) => project(projection, &estimates, &caps)?,
            None => estimate(estimator, &bits, &error)?,
        };
        seconds.push(start.elapsed().as_secs_f64());
    }
    let peak = memory("VmHWM:");
    let bytes: Vec<u8> = answer.iter().flat_map(|value| value.to_le_bytes()).collect();
    std::fs::write(format!("{matrix}.answer"), bytes)?;
    let report = serde_json::json!({ "seconds": seconds, "memory_before": loaded, "memory_peak": peak });
    println!("{report}");
    Ok(())
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [first, matrix, errors, models, domains, name, repetitions] = arguments.as_slice()
        && first == "once"
    {
        return once(matrix, errors, models.parse()?, domains.parse()?, name, repetitions.parse()?);
    }
    let mut criterion = Criterion::default().configure_from_args();
    measure(&mut criterion);
    criterion.final_summary();
    Ok(())
}
