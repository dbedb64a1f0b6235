//! How two mixtures do on one study: what each correlates with, and which way each domain pulls.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use mixopt_base::nearest;
use mixopt_fit::statistics::{mean, pearson};
use mixopt_study::{Selection, Study, StudyError, Target, known_targets};

use crate::values::Weights;

/// Fewer models than this give no correlation.
const LEAST_MODELS: usize = 3;

/// Two mixtures on the same models of the same study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Embedded study, or `files`.
    pub study: String,
    /// The target of the comparison.
    pub target: String,
    /// Both mixtures' correlations: the target first, then every benchmark and named target of the study.
    pub correlations: Vec<TargetEvidence>,
    /// Domains of either mixture by their effect on the target.
    pub domains: IndexMap<String, DomainEvidence>,
}

/// Both mixtures' correlation with one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetEvidence {
    /// Benchmark or named target.
    pub target: String,
    /// Models that have its score and all domains of both mixtures.
    pub models: usize,
    /// Pearson's correlation of −bits under the first mixture; `null` for fewer than three models or a constant.
    pub a: Option<f64>,
    /// The same under the second.
    pub b: Option<f64>,
}

/// Effect of one domain on the target.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainEvidence {
    /// Pearson's correlation of the domain's −bits with the target.
    pub alone: Option<f64>,
    /// Correlation that the first mixture gains per unit of share added to the domain and taken from all others in
    /// proportion; negative where it loses.
    pub gain_in_a: Option<f64>,
    /// The same for the second mixture.
    pub gain_in_b: Option<f64>,
}

impl Evidence {
    /// Evaluates two mixtures on a study.
    ///
    /// # Units
    /// Shares are of the study's unit.
    ///
    /// # Errors
    /// A target or a domain with a share that the study does not have; fewer than three models.
    pub fn new(
        study: &Study,
        target: &str,
        selection: &Selection,
        a: &Weights,
        b: &Weights,
    ) -> Result<Self, StudyError> {
        let matrix = &study.compression.matrix;
        let names: Vec<&String> = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name))).collect();
        let share = |weights: &Weights, name: &str| weights.get(name).copied().unwrap_or(0.0);
        let mut domains = Vec::new();
        for name in names {
            match matrix.column(name) {
                Some(column) => domains.push((name, column)),
                None if share(a, name) == 0.0 && share(b, name) == 0.0 => {}
                None => {
                    return Err(StudyError::Unknown {
                        kind: "domain",
                        name: name.clone(),
                        nearest: nearest(name, &matrix.columns),
                        known: matrix.columns.clone(),
                    });
                }
            }
        }
        let shares_of = |weights| domains.iter().map(|(name, _)| share(weights, name)).collect::<Vec<f64>>();
        let (a, b) = (shares_of(a), shares_of(b));
        let rows: Vec<(usize, usize)> = study
            .common_rows(selection, LEAST_MODELS)?
            .into_iter()
            .filter(|&(i, _)| domains.iter().all(|&(_, j)| !matrix.values[(i, j)].is_nan()))
            .collect();
        let measured = |target: &Target| -> (Vec<Vec<f64>>, Vec<f64>) {
            rows.iter()
                .filter_map(|&(i, k)| {
                    let score = target.value(&study.scores, k)?;
                    Some((domains.iter().map(|&(_, j)| -matrix.values[(i, j)]).collect::<Vec<f64>>(), score))
                })
                .unzip()
        };

        let judged = Target::resolve(target, &study.definitions, &study.scores)?;
        let mut others = known_targets(&study.definitions, &study.scores);
        others.retain(|name| name != target);
        let mut correlations = Vec::new();
        let mut pulls = IndexMap::new();
        for name in std::iter::once(target.to_string()).chain(others) {
            let resolved = Target::resolve(&name, &study.definitions, &study.scores)?;
            let (compression, scores) = measured(&resolved);
            let enough = scores.len() >= LEAST_MODELS;
            let of = |shares: &[f64]| enough.then(|| pearson(&mixed(&compression, shares), &scores)).flatten();
            correlations.push(TargetEvidence { target: name, models: scores.len(), a: of(&a), b: of(&b) });
        }
        let (compression, scores) = measured(&judged);
        if scores.len() >= LEAST_MODELS {
            let (in_a, in_b) = (gains(&compression, &scores, &a), gains(&compression, &scores, &b));
            for (d, (name, _)) in domains.iter().enumerate() {
                let column: Vec<f64> = compression.iter().map(|row| row[d]).collect();
                let evidence = DomainEvidence {
                    alone: pearson(&column, &scores),
                    gain_in_a: in_a.as_ref().map(|gains| gains[d]),
                    gain_in_b: in_b.as_ref().map(|gains| gains[d]),
                };
                pulls.insert((*name).clone(), evidence);
            }
        }
        Ok(Self { study: study.name.clone(), target: target.to_string(), correlations, domains: pulls })
    }
}

/// Compression of each model under a mixture.
fn mixed(compression: &[Vec<f64>], shares: &[f64]) -> Vec<f64> {
    compression.iter().map(|row| row.iter().zip(shares).map(|(value, share)| value * share).sum()).collect()
}

/// Derivative of the correlation with respect to every share; `None` where the correlation is not defined.
///
/// # Equation
/// With centred compression `c_d` of the domains, `u = Σ w_d c_d` and the centred target `ŷ` at unit norm,
/// `ρ = ⟨u, ŷ⟩ / ‖u‖` and `∂ρ/∂w_d = (⟨c_d, ŷ⟩ − ρ ⟨c_d, u⟩ / ‖u‖) / ‖u‖`. Since ρ does not change with the scale of
/// `w`, `Σ w_d ∂ρ/∂w_d = 0`: the derivative is also the gain where the other shares make room in proportion.
fn gains(compression: &[Vec<f64>], scores: &[f64], shares: &[f64]) -> Option<Vec<f64>> {
    let mixture = mixed(compression, shares);
    let rho = pearson(&mixture, scores)?;
    let centred = |values: &[f64]| -> Vec<f64> {
        let centre = mean(values);
        values.iter().map(|value| value - centre).collect()
    };
    let dot = |x: &[f64], y: &[f64]| -> f64 { x.iter().zip(y).map(|(x, y)| x * y).sum() };
    let (u, y) = (centred(&mixture), centred(scores));
    let (length, target) = (dot(&u, &u).sqrt(), dot(&y, &y).sqrt());
    let gain = |d: usize| {
        let column = centred(&compression.iter().map(|row| row[d]).collect::<Vec<f64>>());
        (dot(&column, &y) / target - rho * dot(&column, &u) / length) / length
    };
    Some((0..shares.len()).map(gain).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FitSettings, Kind, MixtureFile, find};
    use mixopt_base::Silent;
    use mixopt_study::EmbeddedStudy;

    fn study() -> Study {
        EmbeddedStudy::find("huang2024").unwrap().read(None).unwrap()
    }

    fn weights(shares: &[(&str, f64)]) -> Weights {
        shares.iter().map(|&(name, share)| (name.to_string(), share)).collect()
    }

    #[test]
    fn gains_are_the_slopes_of_the_correlation() {
        let study = study();
        let shares = [("common_crawl", 0.5), ("python", 0.2), ("arxiv_math", 0.3)];
        let a = weights(&shares);
        let evidence = |a: &Weights| Evidence::new(&study, "mmlu", &Selection::default(), a, &a.clone()).unwrap();
        let found = evidence(&a);
        let step = 1e-6;
        for (moved, (name, pulls)) in found.domains.iter().enumerate() {
            let value = |step: f64| {
                let shares: Vec<(&str, f64)> = shares
                    .iter()
                    .enumerate()
                    .map(|(d, &(name, share))| (name, share * (1.0 - step) + if d == moved { step } else { 0.0 }))
                    .collect();
                evidence(&weights(&shares)).correlations[0].a.unwrap()
            };
            let slope = (value(step) - value(-step)) / (2.0 * step);
            let gain = pulls.gain_in_a.unwrap();
            assert!((gain - slope).abs() < 1e-7, "{name}: {gain} is not {slope}");
        }
        let balance: f64 = shares.iter().map(|(name, share)| share * found.domains[*name].gain_in_a.unwrap()).sum();
        assert!(balance.abs() < 1e-12, "{balance}");
        assert!(found.domains.values().any(|pulls| pulls.gain_in_a.unwrap().abs() > 0.01), "too flat to tell");
    }

    #[test]
    fn at_the_optimum_no_domain_pulls_and_the_fit_has_the_same_figures() {
        let study = study();
        let findings = find(&study, &FitSettings::new("mmlu"), &Silent).unwrap();
        let of = |kind| MixtureFile::new(&findings, kind).unwrap();
        let (optimum, recommended) = (of(Kind::Optimum), of(Kind::Recommended));
        let evidence =
            Evidence::new(&study, "mmlu", &Selection::default(), &optimum.weights, &recommended.weights).unwrap();
        let figures = &evidence.correlations[0];
        for (found, file) in [(figures.a, &optimum), (figures.b, &recommended)] {
            let told = file.fit.as_ref().unwrap().in_sample.pearson;
            assert!((found.unwrap() - told.unwrap()).abs() < 2e-6, "{found:?} {told:?}");
        }
        // Karush, Kuhn and Tucker: shares above zero pull nowhere, the others down. Shares have six decimals.
        for (name, pulls) in &evidence.domains {
            let gain = pulls.gain_in_a.unwrap();
            let share = optimum.weights[name];
            assert!(if share > 0.0 { gain.abs() < 1e-4 } else { gain < 1e-4 }, "{name}: {share} {gain}");
        }
        assert!(evidence.domains["python"].gain_in_a.unwrap() < -0.01);
        let alone = evidence.domains["common_crawl"].alone.unwrap();
        assert!((alone - 0.890).abs() < 5e-4, "the published correlation of Common Crawl with MMLU: {alone}");
        assert!(evidence.correlations.iter().all(|cell| cell.models > 10), "{evidence:?}");
    }

    #[test]
    fn a_domain_that_the_study_does_not_have_is_told() {
        let study = study();
        let a = weights(&[("common_crawl", 1.0)]);
        let b = weights(&[("arxiv_maths", 1.0)]);
        let error = Evidence::new(&study, "mmlu", &Selection::default(), &a, &b).unwrap_err();
        assert!(error.to_string().starts_with("unknown domain `arxiv_maths`, did you mean `arxiv_math`?"), "{error}");
        // One without a share does not matter.
        let b = weights(&[("common_crawl", 1.0), ("elsewhere", 0.0)]);
        assert!(Evidence::new(&study, "mmlu", &Selection::default(), &a, &b).is_ok());
    }
}
