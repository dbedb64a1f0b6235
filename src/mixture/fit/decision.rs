//! What to do: the mixture to train on, the one to measure with, and how far either is shown to be better.

use mixopt_fit::{Objective, Recommender, Refitter, total_variation};
use mixopt_trust::{ComparedMethod, Comparison, Differences, FigureDifference, Interval, MethodFigures};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::settings::criterion::{Criterion, Statistic};
use crate::settings::fit_settings::FitSettings;
use crate::setup::case::Case;
use crate::trust::findings::{ChanceExchange, SignificanceFindings, TriedFindings};

/// Fewer families than this make every claim provisional: so few can agree by luck, and intervals over them are known to
/// be too narrow.
pub const FEW_FAMILIES: usize = 8;
/// A p-value up to this counts as beyond chance.
const SIGNIFICANT: f64 = 0.05;
/// Mixtures of which no more than this share differs are one mixture.
const SAME_SHARES: f64 = 5e-4;

/// What to do.
///
/// The two mixtures answer two questions. What moves a score at equal model size is the *partial* correlation, so the
/// mixture to train on is judged by it; what tells models of any size apart is the plain one, so the corpus to measure
/// with is judged by that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The mixture to train on: the recommended one.
    pub train_on: Judgement,
    /// The mixture to measure with: the optimum; `null` where no mixture correlates positively.
    pub measure_with: Option<Judgement>,
    /// Whether the relation of domains and target is beyond chance; `null` where it was not tested.
    pub chance: Option<Chance>,
    /// Fewer than eight families: all claims are provisional.
    pub provisional: bool,
}

/// One mixture on unseen families against the one that there is already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    /// What it is judged by: what it maximises.
    pub criterion: Criterion,
    /// That figure on unseen families; `null` where no family can be held out.
    pub held_out: Option<f64>,
    /// The mixture it is compared with: `uniform` (equal shares), or the prior's name.
    pub against: String,
    /// The same figure of that mixture.
    pub against_held_out: Option<f64>,
    /// By how much it is ahead of that mixture.
    pub difference: Option<f64>,
    /// Interval of that difference, over families.
    pub interval: Option<Interval>,
    /// Share of cases that the interval is meant to cover.
    pub confidence: f64,
    /// What follows.
    pub standing: Standing,
    /// What you have is kept: it is recommended, and `candidate` is what was judged. Never for the optimum.
    pub keeps: bool,
    /// Other ways of choosing that are clearly better by the same figure.
    pub better: Vec<ClearlyBetter>,
}

/// Another way of choosing that is clearly better on unseen families.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClearlyBetter {
    /// The way of choosing.
    pub method: ComparedMethod,
    /// By how much it is ahead.
    pub difference: f64,
    /// Interval of that difference.
    pub interval: Interval,
}

/// How a mixture compares with the one that there is already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The interval of the difference lies above zero, and chance is ruled out where it was tested.
    Better,
    /// The interval holds zero, or chance is not ruled out.
    NotDistinguishable,
    /// The interval lies below zero.
    Worse,
    /// It is the same mixture.
    Same,
    /// There is no interval: too few families, or none that can be held out.
    NotTested,
}

/// Whether the relation of domains and target is beyond chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chance {
    /// The p-value that counts: corrected for the targets tried, where they are named.
    pub p: f64,
    /// No smaller p-value can come out of so many permutations.
    pub is_smallest: bool,
    /// How scores are exchanged.
    pub exchange: ChanceExchange,
    /// The targets tried, the one fitted included; `null` where none are named.
    pub targets_tried: Option<usize>,
    /// The p-value before correction, by the same exchange; `null` where none are named.
    pub uncorrected_p: Option<f64>,
    /// Whether p is at most 0.05.
    pub is_beyond: bool,
}

/// Judges both mixtures of a fit.
pub(crate) fn decide(
    case: &Case,
    settings: &FitSettings,
    refitter: &Refitter,
    shares: (&[f64], Option<&[f64]>),
    comparison: &Comparison,
    significance: Option<&SignificanceFindings>,
) -> Decision {
    let (recommended, optimum) = shares;
    let chance = significance.map(|found| chance(found, &settings.target));
    let ruled_out = chance.is_none_or(|chance| chance.is_beyond);
    let control = case.recommended_control.as_ref();
    let by = |criterion: Criterion, method: ComparedMethod, weights: &[f64]| {
        let (allowed, confidence) = (!settings.has_constraints(), settings.confidence);
        judge(Judged { case, comparison, criterion, method, weights, ruled_out, allowed, confidence })
    };
    // Held-out figures of several targets are of the mean of the standardised ones.
    let plain = |given: Option<&String>| Criterion { statistic: Statistic::Pearson, given: given.cloned() };
    let mut train_on = by(plain(control), ComparedMethod::Recommended, recommended);
    let prior_is_allowed = refitter.problem().constraints.contain(&refitter.problem().center, 1e-9);
    let has_prior = comparison.leave_one_family_out.of(ComparedMethod::Prior).is_some();
    train_on.keeps = settings.recommender == Recommender::Ridge
        && prior_is_allowed
        && match train_on.standing {
            Standing::Worse => true,
            Standing::NotDistinguishable => has_prior,
            Standing::Better | Standing::Same | Standing::NotTested => false,
        };
    let of_optimum = match settings.objective {
        Objective::Spearman => Criterion { statistic: Statistic::Spearman, given: None },
        _ => plain(case.optimum_control.as_ref()),
    };
    Decision {
        measure_with: optimum.map(|weights| by(of_optimum, ComparedMethod::Optimum, weights)),
        train_on,
        chance,
        provisional: case.family_names.len() < FEW_FAMILIES,
    }
}

/// What is judged, and by what.
struct Judged<'a> {
    case: &'a Case,
    comparison: &'a Comparison,
    criterion: Criterion,
    method: ComparedMethod,
    weights: &'a [f64],
    /// Whether chance is ruled out, or was not tested.
    ruled_out: bool,
    /// Whether all on one domain is allowed.
    allowed: bool,
    confidence: f64,
}

fn judge(judged: Judged) -> Judgement {
    let Judged { case, comparison, criterion, method, weights, ruled_out, allowed, confidence } = judged;
    let protocol = &comparison.leave_one_family_out;
    let against = match protocol.of(ComparedMethod::Prior) {
        Some(_) => ComparedMethod::Prior,
        None => ComparedMethod::Uniform,
    };
    let figure = |figures: &MethodFigures| {
        let agreement = figures.agreement?;
        match (&criterion.statistic, &criterion.given) {
            (Statistic::Spearman, _) => agreement.spearman,
            (_, Some(_)) => agreement.partial,
            (_, None) => agreement.pearson,
        }
    };
    let ahead_of = |figures: &MethodFigures| -> Option<FigureDifference> {
        let differences: Differences =
            if method == ComparedMethod::Optimum { figures.optimum_less_this? } else { figures.first_less_this? };
        Some(match (&criterion.statistic, &criterion.given) {
            (Statistic::Spearman, _) => differences.spearman,
            (_, Some(_)) => differences.partial,
            (_, None) => differences.pearson,
        })
    };
    let found = protocol.of(against).and_then(ahead_of);
    let interval = found.and_then(|found| found.interval);
    let center = &case.problem.center;
    let standing = if total_variation(weights, center) < SAME_SHARES {
        Standing::Same
    } else {
        match interval {
            None => Standing::NotTested,
            Some(interval) if interval.lower > 0.0 && ruled_out => Standing::Better,
            Some(interval) if interval.upper < 0.0 => Standing::Worse,
            Some(_) => Standing::NotDistinguishable,
        }
    };
    let better = protocol.methods.iter().filter(|figures| match figures.method {
        ComparedMethod::Published(..) => true,
        ComparedMethod::BestSingle => allowed,
        _ => false,
    });
    let better = better.filter_map(|figures| {
        let found = ahead_of(figures)?;
        let interval = found.interval.filter(|interval| interval.upper < 0.0)?;
        Some(ClearlyBetter { method: figures.method, difference: -found.difference?, interval: interval.times(-1.0) })
    });
    let mut better: Vec<ClearlyBetter> = better.collect();
    better.sort_by(|a, b| b.difference.total_cmp(&a.difference).then(a.method.cmp(&b.method)));
    Judgement {
        held_out: protocol.of(method).and_then(figure),
        against: if against == ComparedMethod::Prior { case.ground.prior.name.clone() } else { "uniform".to_string() },
        against_held_out: protocol.of(against).and_then(figure),
        difference: found.and_then(|found| found.difference),
        interval,
        confidence,
        standing,
        keeps: false,
        better,
        criterion,
    }
}

/// The test that counts: corrected for the targets tried, where they are named, else the one that holds its level where
/// models come in families.
fn chance(found: &SignificanceFindings, target: &str) -> Chance {
    let is_smallest = |p: f64, permutations: usize| p <= 1.0001 / (1 + permutations) as f64;
    if let Some(TriedFindings { p, adjusted_p, .. }) = found.tried.get(target) {
        return Chance {
            p: *adjusted_p,
            is_smallest: is_smallest(*adjusted_p, found.plain.permutations),
            exchange: found.tried_exchange.unwrap_or(ChanceExchange::WholeFamilies),
            targets_tried: Some(found.tried.len()),
            uncorrected_p: Some(*p),
            is_beyond: *adjusted_p <= SIGNIFICANT,
        };
    }
    let (test, exchange) = match &found.by_family {
        Some(test) => (test, ChanceExchange::FamilyMeans),
        None => (&found.plain, ChanceExchange::Models),
    };
    Chance {
        p: test.p,
        is_smallest: is_smallest(test.p, test.permutations),
        exchange,
        targets_tried: None,
        uncorrected_p: None,
        is_beyond: test.p <= SIGNIFICANT,
    }
}
