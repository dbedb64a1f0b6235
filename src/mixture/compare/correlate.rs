//! How every domain alone tracks every benchmark.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use mixopt_fit::statistics::{LinearLaw, pearson, spearman};
use mixopt_study::{Selection, Study, StudyError, Target, known_targets};

/// Name of the row for the mixture of all domains in equal shares.
pub const EQUAL_SHARES: &str = "uniform";
/// Fewer models than this give no correlation.
const LEAST_MODELS: usize = 3;

/// One cell of the matrix: bits per character of a domain against a target.
///
/// Signs are as published figures give them: bits per character fall as scores rise, so a good domain is near −1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Correlation {
    /// Domain, or `uniform` for equal shares of all domains.
    pub domain: String,
    /// Benchmark or named target.
    pub target: String,
    /// Models that have both numbers.
    pub models: usize,
    /// Pearson's correlation; `null` for fewer than three models or a constant.
    pub pearson: Option<f64>,
    /// Spearman's rank correlation.
    pub spearman: Option<f64>,
    /// Root mean square residual of the linear law (divisor n), scores as fractions.
    pub rmse: Option<f64>,
    /// Slope of the law.
    pub slope: Option<f64>,
    /// Intercept of the law.
    pub intercept: Option<f64>,
}

/// The domain × target matrix, each cell over all models that have both numbers.
///
/// # Errors
/// A name in `targets` or the selection that the study does not have, a selection that leaves no domain or fewer than
/// three models.
pub fn correlate(study: &Study, targets: &[String], selection: &Selection) -> Result<Vec<Correlation>, StudyError> {
    let names = if targets.is_empty() { known_targets(&study.definitions, &study.scores) } else { targets.to_vec() };
    let targets: Vec<Target> =
        names.iter().map(|name| Target::resolve(name, &study.definitions, &study.scores)).collect::<Result<_, _>>()?;
    let compression = &study.compression.matrix;
    let domains = study.chosen_domains(selection)?;
    let rows = study.common_rows(selection, LEAST_MODELS)?;

    let mut cells = Vec::new();
    let single = domains.iter().map(|&j| (compression.columns[j].clone(), vec![j]));
    let equal = (domains.len() > 1).then(|| (EQUAL_SHARES.to_string(), domains.clone()));
    for (domain, columns) in single.chain(equal) {
        for target in &targets {
            let (bits, scores): (Vec<f64>, Vec<f64>) = rows
                .iter()
                .filter_map(|&(i, k)| {
                    let bits = columns.iter().map(|&j| compression.values[(i, j)]).sum::<f64>() / columns.len() as f64;
                    target.value(&study.scores, k).filter(|_| !bits.is_nan()).map(|score| (bits, score))
                })
                .unzip();
            let enough = bits.len() >= LEAST_MODELS;
            let law = LinearLaw::fit(&bits, &scores).filter(|_| enough);
            cells.push(Correlation {
                domain: domain.clone(),
                target: target.expression.clone(),
                models: bits.len(),
                pearson: pearson(&bits, &scores).filter(|_| enough),
                spearman: spearman(&bits, &scores).filter(|_| enough),
                rmse: law.map(|law| law.rmse),
                slope: law.map(|law| law.slope),
                intercept: law.map(|law| law.intercept),
            });
        }
    }
    Ok(cells)
}
