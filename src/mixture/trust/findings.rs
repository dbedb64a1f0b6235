//! How far a fit can be believed, with names.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use mixopt_trust::{AddedModels, ComparedMethod, Interval, IntervalMethod, Outlying};

use crate::settings::criterion::Criterion;
use crate::values::Weights;

/// What is known of how far a mixture can be believed. Every part that could not be made is `null`, and `lacking` says why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustFindings {
    /// Share of cases that every interval here is meant to cover.
    pub confidence: f64,
    /// Ways of choosing a mixture on families that they were not chosen on, one entry for each protocol.
    pub comparison: Vec<ProtocolFindings>,
    /// What drawing families again does to the mixture: the recommended one of a fit, or the one that is given.
    pub mixture: Option<StabilityFindings>,
    /// The same for the optimum.
    pub optimum: Option<StabilityFindings>,
    /// Leaving out each family.
    pub without_family: IndexMap<String, WithoutFindings>,
    /// Leaving out each model.
    pub without_model: IndexMap<String, WithoutFindings>,
    /// Whether chance does as well.
    pub significance: Option<SignificanceFindings>,
    /// Weights among mixtures nearly as good as the best.
    pub near_optimal: Option<NearOptimalFindings>,
    /// How many independent domains there are.
    pub independence: IndependenceFindings,
    /// Every model against the line of the recommended mixture.
    pub law: Option<LawFindings>,
    /// The fit that outliers do not move, where asked for.
    pub robust: Option<RobustFindings>,
    /// What more models would tell.
    pub power: Option<PowerFindings>,
    /// Measurement noise from documents, where their bits are given.
    pub documents: Option<DocumentFindings>,
    /// What could not be told and why.
    pub lacking: Vec<String>,
}

/// One protocol of holding families out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProtocolFindings {
    /// `leave_one_family_out`, or `repeated_k_fold`.
    pub protocol: String,
    /// Folds of one repeat.
    pub folds: usize,
    /// Repeats.
    pub repeats: usize,
    /// Folds left out: too few models or a constant target without them.
    pub folds_left_out: usize,
    /// By way of choosing; the first is the recommended mixture, or the one evaluated.
    pub methods: IndexMap<ComparedMethod, MethodFindings>,
}

/// One way of choosing a mixture, out of sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MethodFindings {
    /// Pearson's correlation of predicted and true scores.
    pub pearson: Option<f64>,
    /// The same given what the recommendation controls for; `null` where it controls for nothing.
    #[serde(default)]
    pub partial: Option<f64>,
    /// Spearman's correlation of them.
    pub spearman: Option<f64>,
    /// Root mean square prediction error, in units of the target.
    pub rmse: Option<f64>,
    /// Share of pairs of models whose order is predicted; pairs of equal scores are left out.
    pub order: Option<f64>,
    /// By how much the first way is ahead of this one in Pearson's correlation; `null` for the first itself.
    pub lead: Option<LeadInterval>,
    /// The same for the correlation given what the recommendation controls for.
    #[serde(default)]
    pub lead_partial: Option<LeadInterval>,
    /// The same for the root mean square error: positive where the first way errs less.
    pub lead_rmse: Option<LeadInterval>,
    /// The same for the order of pairs.
    pub lead_order: Option<LeadInterval>,
    /// By how much the optimum is ahead of this one in Pearson's correlation; `null` for the optimum itself.
    #[serde(default)]
    pub optimum_lead: Option<LeadInterval>,
}

/// A paired difference out of sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadInterval {
    /// The difference.
    pub difference: f64,
    /// Its interval: families drawn with replacement, both ways on the same draw.
    pub interval: Option<Interval>,
    /// Whether the interval leaves zero out.
    pub is_clear: bool,
}

/// What drawing families again does to a mixture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StabilityFindings {
    /// Replicates in which the fit could be made.
    pub replicates: usize,
    /// Replicates that drew too few different models.
    pub unusable: usize,
    /// Interval of the (partial) correlation that the mixture is chosen by.
    pub correlation: Option<Interval>,
    /// How that interval is made.
    pub method: Option<IntervalMethod>,
    /// Standard error of that correlation.
    pub standard_error: Option<f64>,
    /// Mean share that moves from this mixture to a replicate's.
    pub moved: Option<f64>,
    /// By domain; empty where the mixture is given and not chosen.
    pub domains: IndexMap<String, DomainStability>,
}

/// What drawing families again does to one domain's share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainStability {
    /// Interval of its share (percentile).
    pub interval: Interval,
    /// Median of its share.
    pub median: f64,
    /// Share of replicates in which it has any.
    pub selected: f64,
    /// Interval of its rank by share, 1 the largest.
    pub rank: Interval,
    /// Replicates by share, in 20 bins from 0 to 1.
    pub histogram: Vec<usize>,
}

/// The fit without one family or one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithoutFindings {
    /// The criterion's value.
    pub correlation: Option<f64>,
    /// Share of the recommended mixture that moves.
    pub moved: Option<f64>,
    /// The domain whose share moves most.
    pub domain: Option<String>,
    /// Its share with all models.
    pub from: Option<f64>,
    /// Its share without.
    pub to: Option<f64>,
}

/// Whether chance does as well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignificanceFindings {
    /// What is tested: the criterion of the best mixture, or of the one given.
    pub criterion: Criterion,
    /// Its value.
    pub observed: f64,
    /// Scores permuted over models, everything fitted again.
    pub plain: PermutationFindings,
    /// Permuted in a way that holds its level where scores and compression go by family; `null` where not possible.
    pub by_family: Option<PermutationFindings>,
    /// Permuted within strata of models, where asked for.
    pub within_strata: Option<PermutationFindings>,
    /// How scores are exchanged for `tried`; `null` where no targets are named.
    #[serde(default)]
    pub tried_exchange: Option<ChanceExchange>,
    /// Corrected for the targets tried, where they are named.
    pub tried: IndexMap<String, TriedFindings>,
}

/// How a permutation test exchanges scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChanceExchange {
    /// Between any two models.
    Models,
    /// The means of families, and deviations from them.
    FamilyMeans,
    /// Whole families of one size, with all their scores.
    WholeFamilies,
}

/// A permutation test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PermutationFindings {
    /// Chance of so high a value, or a higher one, where scores have nothing to do with compression.
    pub p: f64,
    /// Permutations made.
    pub permutations: usize,
    /// Whether these are all there are.
    pub exact: bool,
    /// Mean of the value by chance.
    pub chance_mean: Option<f64>,
    /// The value that chance exceeds in 5 of 100 cases.
    pub chance_95: Option<f64>,
}

/// One of the targets tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TriedFindings {
    /// Models with a score.
    pub models: usize,
    /// Best correlation of any mixture.
    pub correlation: f64,
    /// Its p by itself.
    pub p: f64,
    /// Corrected by the least p of all in the same permutations (Westfall and Young).
    pub adjusted_p: f64,
    /// Corrected by Holm's method.
    pub holm_p: f64,
}

/// Weights among mixtures nearly as good as the best.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NearOptimalFindings {
    /// What has to be reached.
    pub criterion: Criterion,
    /// Its least value.
    pub threshold: f64,
    /// Least and greatest share of each domain; only the largest domains where there are many.
    pub domains: IndexMap<String, Interval>,
}

/// How many independent domains there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndependenceFindings {
    /// Effective number of independent domains: participation ratio of the spectrum of their correlations over models.
    pub effective_domains: Option<f64>,
    /// The same with what is controlled for taken out.
    pub effective_domains_controlled: Option<f64>,
    /// Share of the domains' common variance in the first component.
    pub first_component: Option<f64>,
    /// Least correlation inside a group of interchangeable domains.
    pub threshold: f64,
    /// Groups of domains that can stand for each other; `null` where there are too many domains to tell.
    pub groups: Option<Vec<GroupFindings>>,
}

/// Domains that can stand for each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupFindings {
    /// Their names.
    pub domains: Vec<String>,
    /// Least correlation of two of them over models.
    pub least_correlation: f64,
    /// What the criterion loses where the group's whole share goes to its worst member.
    pub most_lost: Option<f64>,
}

/// Every model against the line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LawFindings {
    /// Slope: target per bit.
    pub slope: f64,
    /// Intercept.
    pub intercept: f64,
    /// By model.
    pub models: IndexMap<String, ModelFindings>,
}

/// One model against the line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelFindings {
    /// Family.
    pub family: String,
    /// Bits of the mixture.
    pub bits: f64,
    /// Target.
    pub score: f64,
    /// Target less the line's value.
    pub residual: f64,
    /// Predicted with its family held out; `null` where it could not be.
    pub held_out: Option<f64>,
    /// Residual over its standard error with the model left out (externally studentised).
    pub studentised: Option<f64>,
    /// Cook's distance.
    pub cook: Option<f64>,
    /// Whether the residual is more than chance allows.
    pub outlying: Outlying,
}

/// The fit that outliers do not move.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RobustFindings {
    /// `huber` or `rank`.
    pub method: String,
    /// Its mixture.
    pub weights: Weights,
    /// Pearson's correlation of that mixture over all models.
    pub pearson: Option<f64>,
    /// Spearman's.
    pub spearman: Option<f64>,
    /// Share that moves from the optimum.
    pub moved: Option<f64>,
    /// Models that count less than fully, with how much they count.
    pub less_counted: IndexMap<String, f64>,
    /// Whether the method settled.
    pub converged: bool,
}

/// What more models would tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PowerFindings {
    /// What halves the interval of the correlation, by kind of model.
    pub kinds: Vec<KindFindings>,
    /// How held-out figures grow with families.
    pub learning_curve: Vec<LearningPoint>,
}

/// One kind of model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KindFindings {
    /// Which models these are.
    pub kind: AddedModels,
    /// More models of this kind that would halve the interval; `null`: more than `most`.
    pub models: Option<usize>,
    /// The most that is told.
    pub most: usize,
    /// Models added and mean width of the simulated interval of the correlation, weights held.
    pub widths: Vec<PowerWidth>,
}

/// What so many more models would do.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PowerWidth {
    /// Models added.
    pub added: usize,
    /// Mean width of the interval.
    pub width: Option<f64>,
}

/// One point of the learning curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LearningPoint {
    /// Families fitted on.
    pub families: usize,
    /// Mean held-out Pearson correlation of the recommended mixture.
    pub recommended: Option<f64>,
    /// Of the optimum.
    pub optimum: Option<f64>,
    /// Of equal shares.
    pub uniform: Option<f64>,
    /// Mean share that moves to the mixture of all families.
    pub moved: Option<f64>,
}

/// Measurement noise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentFindings {
    /// Documents of each domain.
    pub documents: IndexMap<String, usize>,
    /// Median standard error of a domain's bits over all models.
    pub median_standard_error: IndexMap<String, Option<f64>>,
    /// Standard error of the recommended mixture's correlation from documents alone.
    pub correlation: Option<f64>,
}
