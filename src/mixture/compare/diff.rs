//! Two mixtures side by side: what changed, and what the files and a study know of why.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use mixopt_base::ShareUnit;
use mixopt_fit::total_variation;
use mixopt_manifest::{Manifest, ManifestError};
use mixopt_study::StudyError;

use crate::compare::evidence::Evidence;
use crate::error::MixtureError;
use crate::file::conversion::weights_in_unit;
use crate::file::fit_record::FitRecord;
use crate::file::format::MixtureFile;
use crate::setup::constraint_set::Binding;
use crate::values::Kind;
use crate::values::Weights;

/// Shares this near to a limit have reached it: files hold six decimals.
const REACHED: f64 = 2e-6;
/// Changes that are told with their reasons.
const MOST_CHANGES: usize = 5;
/// Changes smaller than this are not worth a sentence.
const LEAST_CHANGE: f64 = 0.0005;

/// A comparison that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// One of the mixtures.
    #[error(transparent)]
    Mixture(#[from] MixtureError),
    /// Shares count different things, and the counts to convert them are missing.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The study to compare on.
    #[error(transparent)]
    Study(#[from] StudyError),
}

impl DiffError {
    /// Whether the fault lies in what was asked for rather than in a file's content.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Mixture(error) => error.is_usage(),
            Self::Manifest(error) => matches!(error, ManifestError::NoManifest { .. }),
            Self::Study(error) => error.is_usage(),
        }
    }
}

/// Two mixtures side by side: the whole output of `mixopt diff`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MixtureDiff {
    /// The first mixture.
    pub a: DiffSide,
    /// The second.
    pub b: DiffSide,
    /// What the compared shares are shares of: the first mixture's unit.
    pub unit: ShareUnit,
    /// Half the sum of absolute differences: the part of the mixture that moves, from 0 to 1.
    pub total_variation: f64,
    /// Domains of either mixture, those of the first in its order first.
    pub domains: IndexMap<String, DomainDiff>,
    /// Domains only in the first.
    pub only_in_a: Vec<String>,
    /// Domains only in the second.
    pub only_in_b: Vec<String>,
    /// Limits that a mixture has reached.
    pub limits: Vec<Limit>,
    /// Active constraints of each fit's optimum, with their prices.
    pub prices: Vec<Price>,
    /// Both on one study, where there is one.
    pub evidence: Option<Evidence>,
    /// The largest changes with the known reasons.
    pub changes: Vec<Change>,
}

/// What one file says of its mixture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiffSide {
    /// File, or name of a known mixture, as it was given.
    pub given: String,
    /// The mixture's own name.
    pub name: Option<String>,
    /// Where it comes from.
    pub kind: Kind,
    /// What its shares are shares of in the file.
    pub unit: ShareUnit,
    /// Stages of its plan; its shares are over all of them. 0: one mixture throughout.
    pub stages: usize,
    /// Tokens of the training, if the file gives them.
    pub budget: Option<u64>,
    /// The fit's figures, where it was fitted.
    pub fit: Option<FitFigures>,
}

/// Figures of the fit behind a mixture, from its file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FitFigures {
    /// The target.
    pub target: String,
    /// Models fitted on.
    pub models: usize,
    /// Pearson's correlation of −bits with the target in sample.
    pub pearson: Option<f64>,
    /// Pearson's correlation of predicted and true scores on held-out families.
    pub held_out_pearson: Option<f64>,
    /// No mixture does better than this on those models.
    pub bound: Option<f64>,
}

/// One domain in both mixtures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainDiff {
    /// Share in the first; 0 where the domain is not in it.
    pub a: f64,
    /// Share in the second.
    pub b: f64,
    /// `b − a`.
    pub difference: f64,
    /// Tokens trained on, if both files give them.
    pub tokens: Option<Both<u64>>,
    /// Epochs over the domain, if both files give them.
    pub epochs: Option<Both<f64>>,
}

/// A figure of both mixtures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Both<T> {
    /// Of the first.
    pub a: T,
    /// Of the second.
    pub b: T,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

/// A limit that a mixture has reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The mixture.
    pub side: Side,
    /// The domain.
    pub domain: String,
    /// Which limit.
    pub kind: LimitKind,
    /// Its value: a share in the file's own unit, or epochs.
    pub value: f64,
}

/// An active constraint of the optimum of a mixture's fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The mixture.
    pub side: Side,
    /// The constraint, with the correlation gained by relaxing it by one point.
    pub binding: Binding,
}

/// Kinds of limits on one domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// Its minimum weight.
    LeastWeight,
    /// Its maximum weight.
    GreatestWeight,
    /// Maximum epochs over it.
    MaxEpochs,
}

/// A change of one domain's share, with the known reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The domain.
    pub domain: String,
    /// Share in the second less share in the first.
    pub difference: f64,
    /// What the files and the study show; empty if nothing.
    pub reasons: Vec<Reason>,
}

/// A known reason of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Reason {
    /// The domain is in only one of the mixtures.
    OnlyIn(Side),
    /// A mixture has reached a limit on the domain.
    Limit(Limit),
    /// A constraint on the domain is active at the optimum of a mixture's fit.
    Price(Price),
    /// Correlation of the domain by itself with the target of the comparison.
    Alone(f64),
    /// Correlation that the first mixture gains per unit of share added to the domain; negative where it loses.
    GainInA(f64),
}

/// Compares two mixtures; `given` is how the user named them.
///
/// Shares of `b` are converted to the unit of `a` where the two differ, which takes a manifest with the counts.
///
/// # Errors
/// [`ManifestError`] where units differ and there is no manifest, or it lacks a domain or a count.
pub fn diff(
    given: [&str; 2],
    a: &MixtureFile,
    b: &MixtureFile,
    manifest: Option<&Manifest>,
    evidence: Option<Evidence>,
) -> Result<MixtureDiff, DiffError> {
    let unit = a.unit;
    let converted = weights_in_unit(&b.weights, b.unit, unit, manifest)?;
    let mut domains = IndexMap::new();
    for name in a.weights.keys().chain(converted.keys()) {
        let share = |weights: &Weights| weights.get(name).copied().unwrap_or(0.0);
        domains.entry(name.clone()).or_insert_with(|| {
            let (a_share, b_share) = (share(&a.weights), share(&converted));
            let supply = |file: &MixtureFile| file.supply.as_ref().and_then(|supply| supply.domains.get(name).copied());
            let both = supply(a).zip(supply(b));
            DomainDiff {
                a: a_share,
                b: b_share,
                difference: difference(a_share, b_share),
                tokens: both.map(|(a, b)| Both { a: a.tokens, b: b.tokens }),
                epochs: both.map(|(a, b)| Both { a: a.epochs, b: b.epochs }),
            }
        });
    }
    let only = |inside: &Weights, outside: &Weights| -> Vec<String> {
        inside.keys().filter(|name| !outside.contains_key(*name)).cloned().collect()
    };
    let shares = |of: fn(&DomainDiff) -> f64| domains.values().map(of).collect::<Vec<f64>>();
    let limits: Vec<Limit> =
        [(Side::A, a), (Side::B, b)].into_iter().flat_map(|(side, file)| reached(side, file)).collect();
    let mut found = MixtureDiff {
        a: side(given[0], a),
        b: side(given[1], b),
        unit,
        total_variation: total_variation(&shares(|domain| domain.a), &shares(|domain| domain.b)),
        only_in_a: only(&a.weights, &converted),
        only_in_b: only(&converted, &a.weights),
        limits,
        prices: [(Side::A, a), (Side::B, b)].into_iter().flat_map(|(side, file)| prices(side, file)).collect(),
        evidence,
        changes: Vec::new(),
        domains,
    };
    found.changes = changes(&found);
    Ok(found)
}

/// `b − a` without the noise of its last digits.
fn difference(a: f64, b: f64) -> f64 {
    let rounded = ((b - a) * 1e12).round() / 1e12;
    // A negative zero would print as -0.
    if rounded == 0.0 { 0.0 } else { rounded }
}

fn side(given: &str, file: &MixtureFile) -> DiffSide {
    let planned: u64 = file.stages.iter().fold(0, |sum, stage| sum.saturating_add(stage.budget));
    DiffSide {
        given: given.to_string(),
        name: file.name.clone(),
        kind: file.kind,
        unit: file.unit,
        stages: file.stages.len(),
        budget: file.supply.as_ref().map(|supply| supply.budget).or((planned > 0).then_some(planned)),
        fit: file.fit.as_ref().map(FitFigures::of),
    }
}

impl FitFigures {
    /// What a file says of its fit.
    pub(crate) fn of(fit: &FitRecord) -> Self {
        Self {
            target: fit.target.clone(),
            models: fit.models.len(),
            pearson: fit.in_sample.pearson,
            held_out_pearson: fit.held_out.as_ref().and_then(|figures| figures.pearson),
            // A bound on another criterion is none on the correlation that stands above it.
            bound: fit.optimum.bound.filter(|_| fit.optimum.criterion.is_plain()),
        }
    }
}

/// What holds the optimum of the file's fit back, and gains correlation where it is loosened.
fn prices(side: Side, file: &MixtureFile) -> Vec<Price> {
    let binding = file.fit.iter().flat_map(|fit| &fit.optimum.binding);
    binding
        .filter(|binding| binding.price_per_point != 0.0)
        .map(|binding| Price { side, binding: binding.clone() })
        .collect()
}

/// Limits of the file's own settings and supply that its shares have reached.
fn reached(side: Side, file: &MixtureFile) -> Vec<Limit> {
    let limit = |domain: &str, kind, value| Limit { side, domain: domain.to_string(), kind, value };
    let mut limits = Vec::new();
    for (name, share, least, greatest) in file.fit.as_ref().map(|fit| bounds(fit, &file.weights)).unwrap_or_default() {
        if greatest < 1.0 && share >= greatest - REACHED {
            limits.push(limit(name, LimitKind::GreatestWeight, greatest));
        }
        if least > 0.0 && share <= least + REACHED {
            limits.push(limit(name, LimitKind::LeastWeight, least));
        }
    }
    if let Some(supply) = &file.supply {
        for (name, domain) in &supply.domains {
            if let Some(most) = domain.max_epochs.or(supply.max_epochs)
                && domain.epochs >= most * (1.0 - 1e-6)
            {
                limits.push(limit(name, LimitKind::MaxEpochs, most));
            }
        }
    }
    limits
}

/// Every domain with its share, and its least and greatest weight under the settings of a fit; none where a pattern of
/// theirs means nothing here.
fn bounds<'w>(fit: &FitRecord, weights: &'w Weights) -> Vec<(&'w str, f64, f64, f64)> {
    let names: Vec<String> = weights.keys().cloned().collect();
    let Ok(bounds) = fit.settings.bounds_for(&names) else { return Vec::new() };
    weights
        .iter()
        .zip(bounds.least().iter().zip(bounds.greatest()))
        .map(|((name, &share), (&least, &greatest))| (name.as_str(), share, least, greatest))
        .collect()
}

/// The greatest changes, greatest first; equal ones in the order of the domains.
fn changes(found: &MixtureDiff) -> Vec<Change> {
    let mut order: Vec<(&String, f64)> = found.domains.iter().map(|(name, domain)| (name, domain.difference)).collect();
    order.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    order
        .into_iter()
        .take(MOST_CHANGES)
        .filter(|(_, difference)| difference.abs() >= LEAST_CHANGE)
        .map(|(name, difference)| {
            let mut reasons = Vec::new();
            if found.only_in_a.contains(name) {
                reasons.push(Reason::OnlyIn(Side::A));
            }
            if found.only_in_b.contains(name) {
                reasons.push(Reason::OnlyIn(Side::B));
            }
            reasons.extend(found.limits.iter().filter(|limit| limit.domain == *name).cloned().map(Reason::Limit));
            let is_priced = |price: &&Price| price.binding.domain.as_ref() == Some(name);
            reasons.extend(found.prices.iter().filter(is_priced).cloned().map(Reason::Price));
            if let Some(domain) = found.evidence.as_ref().and_then(|evidence| evidence.domains.get(name)) {
                reasons.extend(domain.alone.map(Reason::Alone));
                reasons.extend(domain.gain_in_a.map(Reason::GainInA));
            }
            Change { domain: name.clone(), difference, reasons }
        })
        .collect()
}
