//! What a mixture file says of how far its mixture can be believed.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use mixopt_trust::{ComparedMethod, Interval};

use crate::trust::findings::TrustFindings;
use crate::values::Kind;

/// How reliable a mixture is, rounded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileTrust {
    /// Nominal coverage of intervals.
    pub confidence: f64,
    /// Refits on resampled families behind the intervals; zero without intervals.
    pub refits: usize,
    /// Interval of the correlation that the mixture is chosen by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Interval>,
    /// Domains that have a share here or in more than a few refits.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub weights: IndexMap<String, FileWeight>,
    /// Lead in held-out correlation over other ways of choosing, of a recommended mixture.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub leads: IndexMap<ComparedMethod, FileLead>,
    /// Probability of a correlation this high with scores permuted between any two models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
    /// The same, permuted by family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_by_family: Option<f64>,
}

/// How certain one share is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileWeight {
    /// Interval of the share.
    pub interval: Interval,
    /// Fraction of refits in which the domain has a share.
    pub present: f64,
    /// Its minimum and maximum share among mixtures as good as a recommendation has to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_good: Option<Interval>,
}

/// A lead out of sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileLead {
    /// Difference of held-out Pearson correlations.
    pub difference: f64,
    /// Its interval.
    pub interval: Option<Interval>,
}

/// Ways of choosing whose leads a file tells.
const TOLD: [ComparedMethod; 5] = [
    ComparedMethod::Optimum,
    ComparedMethod::Uniform,
    ComparedMethod::Natural,
    ComparedMethod::Prior,
    ComparedMethod::BestSingle,
];
/// A domain that fewer refits give a share, and that has none, is not told.
const FEW: f64 = 0.05;

impl FileTrust {
    /// The part of a fit's findings that its file keeps.
    ///
    /// Where what there was is kept, nothing chose its shares, so there is no stability and no lead to tell of.
    pub(crate) fn of(trust: &TrustFindings, kind: Kind, is_kept: bool) -> Self {
        let stability = match kind {
            Kind::Optimum => &trust.optimum,
            _ if is_kept => &None,
            _ => &trust.mixture,
        };
        let as_good = |domain: &str| trust.near_optimal.as_ref()?.domains.get(domain).copied();
        let weights = stability.iter().flat_map(|stability| &stability.domains);
        let weights = weights.filter(|(_, domain)| domain.selected > FEW || domain.interval.upper > 0.0);
        let leads =
            trust.comparison.first().filter(|_| kind != Kind::Optimum && !is_kept).map(|protocol| &protocol.methods);
        let significance = trust.significance.as_ref();
        Self {
            confidence: trust.confidence,
            refits: stability.as_ref().map_or(0, |stability| stability.replicates),
            correlation: stability.as_ref().and_then(|stability| stability.correlation),
            weights: weights
                .map(|(name, domain)| {
                    let weight =
                        FileWeight { interval: domain.interval, present: domain.selected, as_good: as_good(name) };
                    (name.clone(), weight)
                })
                .collect(),
            leads: TOLD
                .iter()
                .filter_map(|method| {
                    let lead = leads?.get(method)?.lead?;
                    let lead = FileLead { difference: lead.difference, interval: lead.interval };
                    Some((*method, lead))
                })
                .collect(),
            p: significance.map(|found| found.plain.p),
            p_by_family: significance.and_then(|found| found.by_family.as_ref()).map(|test| test.p),
        }
    }
}
