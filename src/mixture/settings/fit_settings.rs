//! What a user asks of a fit.

use mixopt_base::{Count, Setting, ShareUnit};
use mixopt_fit::{AnalysisSettings, Distance, Objective, Recommender, Within};
use mixopt_study::{MissingRule, Selection, StudyError};

use crate::error::FitError;
use crate::settings::constraint_text::{DomainBound, FrozenGroup, GroupBound, KeptDomain};
use crate::settings::written::{self, TextOr};

/// What to control for.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// The optimum controls for nothing, the recommendation for log parameters where sizes are known.
    #[default]
    Automatic,
    /// Neither controls for anything.
    None,
    /// Both control for this numeric column of the models table, or `log_COLUMN` for its logarithm.
    Column(String),
}

/// The mixture that there is already, which a recommendation stays near and is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Prior {
    /// None is named: the recommendation shrinks toward the marginal mixture and is compared with equal shares.
    #[default]
    None,
    /// Equal shares.
    Uniform,
    /// Shares by amount of available text, from the manifest.
    Natural,
    /// A mixture file, or the name of a published mixture.
    Mixture(String),
}

impl From<&str> for Prior {
    fn from(text: &str) -> Self {
        match text {
            "none" => Self::None,
            "uniform" => Self::Uniform,
            "natural" => Self::Natural,
            other => Self::Mixture(other.to_string()),
        }
    }
}

/// The settings of a fit, all of them, as they are written into its output.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FitSettings {
    /// Target expression: `mmlu`, `gsm8k,math` or `math=0.5,coding=0.5`.
    pub target: String,
    /// What the optimum maximises.
    pub objective: Objective,
    /// What to control for.
    #[serde(deserialize_with = "written::one")]
    #[schemars(with = "TextOr<Control>")]
    pub control: Control,
    /// Models to use (all if empty), by pattern.
    pub include_models: Vec<String>,
    /// Models to exclude, by pattern.
    pub exclude_models: Vec<String>,
    /// Families to exclude, by pattern.
    pub drop_families: Vec<String>,
    /// Domains to exclude, by pattern.
    pub exclude_domains: Vec<String>,
    /// What happens to missing cells.
    pub missing: MissingRule,
    /// Minimum weight of every domain.
    pub min_weight: f64,
    /// Maximum weight of every domain.
    pub max_weight: f64,
    /// Bounds of single domains, which take precedence over the two above.
    #[serde(deserialize_with = "written::list")]
    #[schemars(with = "Vec<TextOr<DomainBound>>")]
    pub bounds: Vec<DomainBound>,
    /// Minimum and maximum weights of groups.
    #[serde(deserialize_with = "written::list")]
    #[schemars(with = "Vec<TextOr<GroupBound>>")]
    pub groups: Vec<GroupBound>,
    /// Groups whose internal ratios are kept.
    #[serde(deserialize_with = "written::list")]
    #[schemars(with = "Vec<TextOr<FrozenGroup>>")]
    pub frozen: Vec<FrozenGroup>,
    /// Domains that must have a share.
    #[serde(deserialize_with = "written::list")]
    #[schemars(with = "Vec<TextOr<KeptDomain>>")]
    pub keep: Vec<KeptDomain>,
    /// Domains that must not have a share, by pattern; unlike excluded ones they stay in the study and in the file.
    pub drop: Vec<String>,
    /// Maximum number of domains with a weight above zero.
    pub most_domains: Option<usize>,
    /// The mixture that there is already, which the recommendation stays near and is compared with.
    #[serde(deserialize_with = "written::one")]
    #[schemars(with = "TextOr<Prior>")]
    pub prior: Prior,
    /// Table of other names of domains, which the prior may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_aliases: Option<String>,
    /// How the recommendation is made.
    pub recommender: Recommender,
    /// How far below the best it may stay.
    pub within: Within,
    /// What "near" means.
    pub distance: Distance,
    /// Manifest of the available corpora.
    pub corpora: Option<String>,
    /// What shares count; `null`: tokens if there is a budget, else what the compression is measured over.
    pub unit: Option<ShareUnit>,
    /// Tokens of the training.
    #[serde(deserialize_with = "count")]
    #[schemars(with = "Option<Count>")]
    pub budget: Option<u64>,
    /// Maximum epochs over a domain without its own limit in the manifest.
    pub max_epochs: Option<f64>,
    /// Bootstrap replicates for the standard error.
    pub replicates: usize,
    /// Refits for intervals, and as many for significance; `null`: by the number of domains. Zero skips both.
    pub refits: Option<usize>,
    /// Nominal coverage of intervals.
    pub confidence: f64,
    /// Models among which scores may be permuted: `family`, or a numeric column of the models table as `COLUMN` or
    /// `COLUMN:GROUPS`.
    pub strata: Option<String>,
    /// Targets tried before choosing this one; `all` for every benchmark.
    pub tried: Vec<String>,
    /// An outlier-robust fit next to the plain one.
    pub robust: Option<Robust>,
    /// Seed of all random draws.
    pub seed: u64,
}

/// An outlier-robust fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum Robust {
    /// Huber's loss: models far from the line count less.
    Huber,
    /// Ranks instead of values.
    Rank,
}

fn default_confidence() -> f64 {
    0.9
}

/// A count that may be written as text, such as 1T.
fn count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let count: Option<Count> = serde::Deserialize::deserialize(deserializer)?;
    Ok(count.map(|count| count.0))
}

/// Settings without a target.
impl Default for FitSettings {
    fn default() -> Self {
        Self::new("")
    }
}

/// Fewer refits give no interval.
const LEAST_REFITS: usize = 100;
/// Refits where none are asked for.
const REFITS: usize = 1000;
/// The same for more domains than [`MANY_DOMAINS`], whose refits take long.
const REFITS_OF_MANY: usize = 200;
const MANY_DOMAINS: usize = 2000;

impl FitSettings {
    /// Refits for so many domains.
    pub fn refits_of(&self, domains: usize) -> usize {
        self.refits.unwrap_or(if Self::are_many(domains) { REFITS_OF_MANY } else { REFITS })
    }

    /// Whether so many domains make every refit dear, so that fewer are made.
    pub(crate) fn are_many(domains: usize) -> bool {
        domains > MANY_DOMAINS
    }

    /// Settings for a target, all else at its default.
    pub fn new(target: impl Into<String>) -> Self {
        let analysis = AnalysisSettings::default();
        Self {
            target: target.into(),
            objective: analysis.objective,
            control: Control::Automatic,
            include_models: Vec::new(),
            exclude_models: Vec::new(),
            drop_families: Vec::new(),
            exclude_domains: Vec::new(),
            missing: MissingRule::default(),
            min_weight: 0.0,
            max_weight: 1.0,
            bounds: Vec::new(),
            groups: Vec::new(),
            frozen: Vec::new(),
            keep: Vec::new(),
            drop: Vec::new(),
            most_domains: None,
            prior: Prior::None,
            domain_aliases: None,
            recommender: analysis.recommender,
            within: analysis.within,
            distance: analysis.distance,
            corpora: None,
            unit: None,
            budget: None,
            max_epochs: None,
            replicates: analysis.replicates,
            refits: None,
            confidence: default_confidence(),
            strata: None,
            tried: Vec::new(),
            robust: None,
            seed: analysis.seed,
        }
    }

    /// The selection of models and domains.
    pub fn selection(&self) -> Result<Selection, StudyError> {
        Selection::parse(
            &self.include_models,
            &self.exclude_models,
            &self.drop_families,
            &self.exclude_domains,
            self.missing,
        )
    }

    /// Whether these settings can be fitted together, before any data is read.
    ///
    /// # Errors
    /// Settings that exclude each other, numbers outside their range.
    pub fn check(&self) -> Result<(), FitError> {
        let fault =
            |setting: Setting, found: String, expected: String| Err(FitError::Setting { setting, found, expected });
        if let Recommender::Estimator(estimator, _) = self.recommender {
            let found = estimator.name().to_string();
            if self.objective == Objective::Worst {
                return fault(
                    Setting::Estimator,
                    found,
                    format!("a `{}` other than worst: an estimator has one target", Setting::Objective),
                );
            }
            if self.most_domains.is_some() {
                return fault(
                    Setting::Estimator,
                    found,
                    format!("no `{}` with it: an estimator does not choose a number of domains", Setting::MostDomains),
                );
            }
        }
        if self.objective == Objective::Worst && self.distance != Distance::Quadratic {
            return fault(Setting::Distance, "kl".into(), format!("`quadratic` with `{} worst`", Setting::Objective));
        }
        if self.objective != Objective::Pearson && self.most_domains.is_some() {
            return fault(
                Setting::MostDomains,
                "with this objective".into(),
                format!("`{} pearson`, the only one with bounds for the search", Setting::Objective),
            );
        }
        if !(self.confidence > 0.0 && self.confidence < 1.0) {
            return fault(
                Setting::Confidence,
                self.confidence.to_string(),
                "a fraction between 0 and 1, such as 0.9".into(),
            );
        }
        if self.refits == Some(0) && (self.strata.is_some() || !self.tried.is_empty()) {
            return fault(
                Setting::Refits,
                "0".into(),
                format!("refits above 0 with `{}` or `{}`, which permute scores", Setting::Strata, Setting::Tried),
            );
        }
        if let Some(refits @ 1..LEAST_REFITS) = self.refits {
            return fault(Setting::Refits, refits.to_string(), "0 (no intervals) or at least 100".into());
        }
        if self.most_domains == Some(0) {
            return fault(Setting::MostDomains, "0".into(), "1 or more domains".into());
        }
        if let Recommender::RidgeOf(lambda) = self.recommender
            && !(lambda.is_finite() && lambda >= 0.0)
        {
            return fault(Setting::Ridge, lambda.to_string(), "a number from 0".into());
        }
        if let Some(epochs) = self.max_epochs
            && !(epochs.is_finite() && epochs > 0.0)
        {
            return fault(Setting::MaxEpochs, epochs.to_string(), "a number above 0".into());
        }
        if self.max_epochs.is_some() && self.budget.is_none() {
            return fault(
                Setting::MaxEpochs,
                String::new(),
                format!("`{}` as well: epochs are tokens trained on over tokens available", Setting::Budget.to_give()),
            );
        }
        if self.budget == Some(0) {
            return fault(Setting::Budget, "0".into(), "tokens to train on, such as 1T".into());
        }
        if self.budget.is_some() && self.corpora.is_none() {
            return fault(
                Setting::Budget,
                String::new(),
                format!("`{}` as well, which gives the tokens available", Setting::Corpora.to_give()),
            );
        }
        if self.budget.is_some() && self.unit.is_some_and(|unit| unit != ShareUnit::Tokens) {
            return fault(
                Setting::Unit,
                self.unit.map_or(String::new(), |unit| unit.to_string()),
                "`tokens` with a budget, which counts tokens".into(),
            );
        }
        if self.prior == Prior::Natural && self.corpora.is_none() {
            return fault(
                Setting::Prior,
                "natural".into(),
                format!("`{}` as well, which gives the text available", Setting::Corpora.to_give()),
            );
        }
        Ok(())
    }

    /// Whether anything is asked of a mixture beyond being one.
    pub fn has_constraints(&self) -> bool {
        self.has_bounds() || self.has_other_constraints()
    }

    /// Whether there are least or greatest weights of domains.
    pub fn has_bounds(&self) -> bool {
        self.min_weight > 0.0 || self.max_weight < 1.0 || !self.bounds.is_empty()
    }

    /// Whether there are other constraints than least and greatest weights.
    pub fn has_other_constraints(&self) -> bool {
        !self.groups.is_empty()
            || !self.frozen.is_empty()
            || !self.keep.is_empty()
            || !self.drop.is_empty()
            || self.most_domains.is_some()
            || self.budget.is_some()
    }

    /// The part that the numerical fit needs.
    pub fn analysis(&self) -> AnalysisSettings {
        AnalysisSettings {
            objective: self.objective,
            recommender: self.recommender,
            within: self.within,
            distance: self.distance,
            replicates: self.replicates,
            seed: self.seed,
            ..AnalysisSettings::default()
        }
    }
}
