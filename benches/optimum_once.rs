//! One optimum from a raw matrix, for comparisons with other programs.
//!
//! ```text
//! optimum_once MATRIX TARGET MODELS DOMAINS
//! ```
//!
//! `MATRIX` holds bits per character as little-endian doubles, domain after domain (`MODELS` numbers each); `TARGET` the
//! scores. Prints one line of JSON: correlation, bound, seconds from the matrix in memory to the answer with its
//! certificate, and the memory before and at its peak.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use mixopt::fit::{CompressionColumns, Constraints, Design, best_mixture};
use nalgebra::DMatrix;

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

fn main() -> Result<()> {
    // `cargo bench` adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [matrix, target, models, domains] = arguments.as_slice() else {
        println!("optimum_once MATRIX TARGET MODELS DOMAINS: run by compare_scipy.sh");
        return Ok(());
    };
    let (models, domains): (usize, usize) = (models.parse()?, domains.parse()?);
    let bits = DMatrix::from_vec(models, domains, read_doubles(matrix, models * domains)?);
    let target = read_doubles(target, models)?;
    // Reading held the file's bytes as well: the peak of the fit starts from here where the system lets it be reset.
    std::fs::write("/proc/self/clear_refs", "5").ok();
    let loaded = memory("VmRSS:");

    let start = Instant::now();
    let columns = CompressionColumns::new(&bits).unwrap();
    let design = Design::new(&columns, &target, None, &[]).context("the target is constant")?;
    let optimum = best_mixture(&design, &Constraints::simplex(domains)).unwrap();
    let seconds = start.elapsed().as_secs_f64();

    let report = serde_json::json!({
        "correlation": optimum.correlation,
        "bound": optimum.bound,
        "seconds": seconds,
        "memory_before": loaded,
        "memory_peak": memory("VmHWM:"),
    });
    println!("{report}");
    Ok(())
}
