//! How far a mixture can be believed: numbers from [`mixopt_trust`], names from the case.

use crate::trust::input::Examined;
use indexmap::IndexMap;

use mixopt_base::{Observer, Setting};
use mixopt_fit::Design;
use mixopt_trust::{
    DocumentBits, DomainScale, Estimates, INTERCHANGEABLE_CORRELATION, Influence, Insufficient, Interval, LeftOut,
    MeasurementNoise, Resampled, Resampling, bootstrap, bootstrap_given, influence, interchangeable, near_optimal,
    spectrum,
};

use crate::error::FitError;
use crate::trust::findings::{
    DocumentFindings, DomainStability, GroupFindings, IndependenceFindings, NearOptimalFindings, StabilityFindings,
    TrustFindings, WithoutFindings,
};
use crate::trust::held_out;
use crate::trust::law;
use crate::trust::significance::significance;

/// Domains whose ranges are computed where there are many: the largest of the mixture.
const MOST_RANGES: usize = 300;
/// Draws of documents for the share of measurement in the uncertainty.
const DOCUMENT_DRAWS: usize = 200;

/// Everything that the settings ask for.
///
/// # Errors
/// Strata or targets tried that the study does not have, documents that do not fit the study.
pub(crate) fn trust(examined: &Examined, observer: &dyn Observer) -> Result<TrustFindings, FitError> {
    let settings = examined.settings;
    let case = examined.case;
    let mut lacking = Vec::new();
    let noise = examined.study.documents.as_ref().map(|documents| case.document_bits(documents)).transpose()?;
    let refits = settings.refits_of(case.joined.domains.len());
    let fitted = examined.fitted();
    let (mut mixture, mut optimum) = (None, None);
    if refits > 0 {
        let resampling = Resampling { replicates: refits, seed: settings.seed, confidence: settings.confidence };
        let noise = noise.as_ref().map(|noise| noise as &dyn MeasurementNoise);
        match examined.given {
            None => {
                let found = bootstrap(examined.refitter, examined.held(), &fitted, &resampling, noise, observer);
                mixture = found.recommended.map(|found| stability(examined, &found));
                optimum = found.optimum.map(|found| stability(examined, &found));
                lacking.extend(mixture.iter().chain(&optimum).filter_map(|(_, why)| *why).map(insufficient));
            }
            Some(weights) => {
                let found = bootstrap_given(examined.refitter, weights, &resampling, noise, observer);
                mixture = found.map(|found| {
                    let why = found.estimates.as_ref().err().copied();
                    lacking.extend(why.map(insufficient));
                    let estimates = found.estimates.as_ref().ok();
                    (StabilityFindings::of(estimates, found.usable, found.unusable), why)
                });
            }
        }
    }
    let left_out = influence(examined.refitter, examined.held(), &fitted, observer);
    let (without_family, without_model) = without(examined, &left_out);
    let near = near_optimal_set(examined, &mut lacking);
    let significance = match refits {
        0 => None,
        refits => significance(examined, refits, observer, &mut lacking)?,
    };
    let comparison = held_out::protocols(examined, &mut lacking);
    let law = law::against_the_line(examined);
    let robust = settings.robust.and_then(|robust| law::robust(examined, robust, &mut lacking));
    let power = match refits {
        // Without a mixture that correlates there is no law whose uncertainty more models could halve.
        _ if refits == 0 || fitted.optimum.is_none() => None,
        _ => Some(held_out::more_models(examined, observer, &mut lacking)),
    };
    lacking.dedup();
    Ok(TrustFindings {
        confidence: settings.confidence,
        comparison,
        mixture: mixture.map(|(findings, _)| findings),
        optimum: optimum.map(|(findings, _)| findings),
        without_family,
        without_model,
        significance,
        near_optimal: near,
        independence: independence(examined, &mut lacking),
        law,
        robust,
        power,
        documents: noise.map(|noise| document_findings(examined, &noise)),
        lacking,
    })
}

fn insufficient(why: Insufficient) -> String {
    match why {
        Insufficient::Families { found, needed } => {
            format!("intervals: {found} families are too few to draw from, {needed} are needed")
        }
        Insufficient::Replicates { found, needed } => format!(
            "intervals: {found} draws of families could be fitted, {needed} are needed (more families, or more `{}`)",
            Setting::Refits
        ),
    }
}

impl StabilityFindings {
    fn of(estimates: Option<&Estimates>, usable: usize, unusable: usize) -> Self {
        Self {
            replicates: usable,
            unusable,
            correlation: estimates.map(|estimates| estimates.interval),
            method: estimates.map(|estimates| estimates.method),
            standard_error: estimates.map(|estimates| estimates.standard_error),
            moved: None,
            domains: IndexMap::new(),
        }
    }
}

/// Names for replicates, and why there are no intervals where there are none.
fn stability(examined: &Examined, found: &Resampled) -> (StabilityFindings, Option<Insufficient>) {
    let why = found.estimates.as_ref().err().or(found.domains.as_ref().err()).copied();
    let mut findings = StabilityFindings::of(found.estimates.as_ref().ok(), found.usable, found.unusable);
    findings.moved = found.moved;
    for (domain, resampled) in found.domains.iter().flatten().enumerate() {
        let stability = DomainStability {
            interval: resampled.weight,
            median: resampled.median,
            selected: resampled.selected,
            rank: resampled.rank,
            histogram: resampled.counts.iter().map(|&count| count as usize).collect(),
        };
        findings.domains.insert(examined.name(domain), stability);
    }
    (findings, why)
}

/// What leaving out each family and each model does.
fn without(
    examined: &Examined,
    influence: &Influence,
) -> (IndexMap<String, WithoutFindings>, IndexMap<String, WithoutFindings>) {
    let findings = |left_out: &LeftOut, model_weights: &[f64]| match examined.given {
        Some(weights) => WithoutFindings {
            correlation: examined.refitter.resampled_value(
                mixopt_fit::Sample { model_weights: Some(model_weights), ..Default::default() },
                weights,
            ),
            moved: None,
            domain: None,
            from: None,
            to: None,
        },
        None => {
            let moved = left_out.recommended.as_ref();
            let domain = moved.and_then(|moved| moved.domain);
            WithoutFindings {
                correlation: moved.map(|moved| moved.correlation),
                moved: moved.map(|moved| moved.moved),
                domain: domain.map(|domain| examined.name(domain.domain)),
                from: domain.map(|domain| domain.from),
                to: domain.map(|domain| domain.to),
            }
        }
    };
    let families = &examined.refitter.problem().families;
    let keep = |is_kept: &dyn Fn(usize) -> bool| -> Vec<f64> {
        (0..families.len()).map(|i| if is_kept(i) { 1.0 } else { 0.0 }).collect()
    };
    let by_family = influence
        .families
        .iter()
        .enumerate()
        .map(|(family, left_out)| findings(left_out, &keep(&|i| families[i] != family)));
    let by_model =
        influence.models.iter().enumerate().map(|(model, left_out)| findings(left_out, &keep(&|i| i != model)));
    (
        examined.case.family_names.iter().cloned().zip(by_family).collect(),
        examined.case.joined.models.iter().cloned().zip(by_model).collect(),
    )
}

/// Shares of each domain among mixtures as good as a recommendation has to be.
fn near_optimal_set(examined: &Examined, lacking: &mut Vec<String>) -> Option<NearOptimalFindings> {
    let recommended = &examined.analysis.recommended;
    let (threshold, best) = (recommended.threshold?, recommended.best_weights.as_ref()?);
    let problem = examined.refitter.problem();
    if problem.most_domains.is_some() {
        lacking.push("near-optimal shares: not computed where the number of domains is limited".to_string());
        return None;
    }
    let designs = examined.designs()?;
    let weights = examined.weights();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]).then(best[b].total_cmp(&best[a])).then(a.cmp(&b)));
    let most = match problem.constraints.rows().is_empty() && designs.len() == 1 {
        true if examined.many_domains() => MOST_RANGES / 6,
        true => MOST_RANGES,
        // A cone program for each end.
        false => MOST_RANGES / 10,
    };
    order.truncate(most);
    order.sort_unstable();
    match near_optimal(&designs, &problem.constraints, best, &vec![threshold; designs.len()], &order) {
        Ok(ranges) => Some(NearOptimalFindings {
            criterion: examined.criterion.clone(),
            threshold,
            domains: ranges
                .iter()
                .map(|range| (examined.name(range.domain), Interval { lower: range.least, upper: range.greatest }))
                .collect(),
        }),
        Err(error) => {
            lacking.push(format!("near-optimal shares: {error}"));
            None
        }
    }
}

/// The spectrum of the domains and the groups that can stand for each other.
fn independence(examined: &Examined, lacking: &mut Vec<String>) -> IndependenceFindings {
    let problem = examined.refitter.problem();
    let plain = Design::new(examined.refitter.columns(), &problem.target, None, &[]);
    let plain = plain.ok().and_then(|design| spectrum(&design, DomainScale::Correlation));
    let designs = examined.designs();
    let controlled = designs
        .as_ref()
        .filter(|_| !problem.recommended_controls.is_empty())
        .and_then(|designs| spectrum(&designs[0], DomainScale::Correlation));
    let groups = designs.and_then(|designs| {
        interchangeable(&designs, examined.weights(), INTERCHANGEABLE_CORRELATION)
            .map_err(|error| lacking.push(format!("interchangeable domains: {error}")))
            .ok()
    });
    IndependenceFindings {
        effective_domains: plain.as_ref().map(|spectrum| spectrum.participation_ratio),
        effective_domains_controlled: controlled.map(|spectrum| spectrum.participation_ratio),
        first_component: plain.map(|spectrum| spectrum.first_share),
        threshold: INTERCHANGEABLE_CORRELATION,
        groups: groups.map(|groups| {
            groups
                .iter()
                .map(|group| GroupFindings {
                    domains: group.members.iter().map(|&domain| examined.name(domain)).collect(),
                    least_correlation: group.least_correlation,
                    most_lost: group.greatest_loss,
                })
                .collect()
        }),
    }
}

fn document_findings(examined: &Examined, noise: &DocumentBits) -> DocumentFindings {
    let errors = noise.standard_errors();
    let domains = &examined.case.joined.domains;
    let median = |d: usize| {
        let mut there: Vec<f64> =
            (0..errors.nrows()).filter(|&i| noise.has_noise(i, d)).map(|i| errors[(i, d)]).collect();
        there.sort_by(f64::total_cmp);
        (!there.is_empty()).then(|| mixopt_trust::quantile(&there, 0.5))
    };
    DocumentFindings {
        documents: domains.iter().enumerate().map(|(d, name)| (name.clone(), noise.documents(d))).collect(),
        median_standard_error: domains.iter().enumerate().map(|(d, name)| (name.clone(), median(d))).collect(),
        correlation: noise.correlation_error(
            examined.refitter,
            examined.weights(),
            DOCUMENT_DRAWS,
            examined.settings.seed,
        ),
    }
}
