//! The answer of a fit in plain sentences.

use mixopt_base::Setting;
use mixopt_fit::estimator::Projection;
use mixopt_fit::{OptimumStatus, RecommendationStatus, Recommender, Uniqueness, total_variation};

use mixopt_trust::{AddedModels, ComparedMethod};

use crate::file::shares::percentages;
use crate::fit::findings::FitReport;
use crate::report::figures::HeldOutFigures;
use crate::trust::findings::LeadInterval;
use crate::values::Weights;

/// A p-value up to this counts as no chance.
const SIGNIFICANT: f64 = 0.05;
/// A mixture of which so much moves without one family hangs on it.
const MUCH: f64 = 0.1;
/// Domains named in a sentence; the rest are counted.
const MOST_NAMED: usize = 5;

/// Sentences that say what was found, what it is worth on unseen models, and what to doubt.
pub(crate) fn verdict(findings: &FitReport) -> Vec<String> {
    let mut sentences = Vec::new();
    if findings.answer.recommended.weights.len() == 1 {
        sentences.push("There is one domain, so there is nothing to mix.".to_string());
    } else {
        sentences.push(recommendation(findings));
        if findings.answer.optimum.weights.is_some() {
            sentences.extend(out_of_sample(findings));
            sentences.extend(chance(findings));
            sentences.extend(hangs_on(findings));
            sentences.extend(would_settle(findings));
        }
    }
    sentences.extend(best(findings));
    sentences
}

/// The optimum with its certificate, or that there is none.
fn best(findings: &FitReport) -> Vec<String> {
    let target = &findings.question.target;
    let optimum = &findings.answer.optimum;
    let Some(weights) = &optimum.weights else {
        return vec![format!(
            "No mixture of these domains correlates positively with {target}: models that compress them better do not \
             score higher. Is the target an error or a perplexity (`{}`), or driven by something else?",
            Setting::Metrics
        )];
    };
    let value = optimum.correlation;
    let what = optimum.criterion.in_words();
    let sentence = match optimum.status {
        OptimumStatus::Certified => format!(
            "The best mixture for {target} is {}, with {what} {value:.4}; it is certified: no mixture {}reaches more than {value:.4} (gap {:.0e}).",
            in_words(weights),
            within_constraints(findings),
            optimum.gap.unwrap_or(0.0).max(1e-16),
        ),
        _ if optimum.bound.is_none() => format!(
            "The best mixture that a search found for {target} is {}, with {what} {value:.4}; rank correlation has no bound, so it is not certified.",
            in_words(weights)
        ),
        _ => format!(
            "The best mixture found for {target} is {}, with {what} {value:.4}; it is not certified: the bound is {:.4}.",
            in_words(weights),
            optimum.bound.unwrap_or(1.0)
        ),
    };
    std::iter::once(sentence).chain(other_mixtures(findings)).collect()
}

/// Whether chance does as well, by the test that holds its level where models come in families.
fn chance(findings: &FitReport) -> Option<String> {
    let found = findings.trust.significance.as_ref()?;
    let (test, how) = match &found.by_family {
        Some(test) => (test, "scores exchanged by family"),
        None => (&found.plain, "scores exchanged between models"),
    };
    let what = found.criterion.in_words();
    let least = 1.0 / (1 + test.permutations) as f64;
    Some(if test.p <= SIGNIFICANT {
        format!(
            "That compression goes with {} is not chance: {what} {:.3} of the best mixture, p {} {:.4} ({how}, the weights \
             fitted again each time).",
            findings.question.target,
            found.observed,
            if test.p <= least * 1.0001 { "≤" } else { "=" },
            test.p
        )
    } else {
        format!(
            "Chance reaches the {what} {:.3} of the best mixture often (p = {:.2}, {how}, the weights fitted again each \
             time): nothing here shows that these domains have to do with {}.",
            found.observed, test.p, findings.question.target
        )
    })
}

/// The family without which the recommendation moves most, where that is more than little.
fn hangs_on(findings: &FitReport) -> Option<String> {
    let (name, without) = findings
        .trust
        .without_family
        .iter()
        .max_by(|a, b| a.1.moved.unwrap_or(0.0).total_cmp(&b.1.moved.unwrap_or(0.0)))?;
    let moved = without.moved.filter(|moved| *moved >= MUCH)?;
    let (domain, from, to) = (without.domain.as_ref()?, without.from?, without.to?);
    Some(format!(
        "Without the family {name} {:.0}% of the recommended mixture would move: {domain} from {:.1}% to {:.1}%.",
        100.0 * moved,
        100.0 * from,
        100.0 * to
    ))
}

/// How many more models would halve the uncertainty, where a lead is not clear.
fn would_settle(findings: &FitReport) -> Option<String> {
    let methods = &findings.trust.comparison.first()?.methods;
    let open = |method| methods.get(&method).and_then(|method| method.lead).is_some_and(|lead| !lead.is_clear);
    if !(open(ComparedMethod::Uniform) || open(ComparedMethod::Prior)) {
        return None;
    }
    let kinds = &findings.trust.power.as_ref()?.kinds;
    let of = |kind: AddedModels| kinds.iter().find(|found| found.kind == kind);
    let models = |kind: AddedModels| of(kind).and_then(|found| found.models);
    let same = match (models(AddedModels::ExistingFamilies), of(AddedModels::ExistingFamilies)) {
        (Some(models), _) => format!("; of the families that are there it takes about {models}"),
        (None, Some(found)) => format!("; of the families that are there even {} are not enough", found.most),
        (None, None) => String::new(),
    };
    Some(match (models(AddedModels::NewFamilies), of(AddedModels::NewFamilies)?.most) {
        (Some(models), _) => format!(
            "What would settle it: about {models} more models of new families halve the interval of the correlation \
             (simulated from this fit){same}."
        ),
        (None, most) => format!(
            "What would settle it: more than {most} models of new families to halve the interval of the correlation \
             (simulated from this fit); other domains or targets tell more."
        ),
    })
}

/// "within the bounds " or "under these constraints ", where there are any.
fn within_constraints(findings: &FitReport) -> &'static str {
    let settings = &findings.record.settings;
    let bounds = settings.min_weight > 0.0 || settings.max_weight < 1.0 || !settings.bounds.is_empty();
    let others = !settings.groups.is_empty()
        || !settings.frozen.is_empty()
        || !settings.keep.is_empty()
        || !settings.drop.is_empty()
        || settings.most_domains.is_some()
        || settings.budget.is_some();
    match (bounds, others) {
        (_, true) => "under these constraints ",
        (true, false) => "within the bounds ",
        (false, false) => "",
    }
}

/// A prior in words, as in "nearest to equal shares".
///
/// `name` is that of the findings: `uniform`, `natural`, or a mixture's.
pub fn prior_in_words(name: &str) -> String {
    match name {
        "uniform" => "equal shares".to_string(),
        "natural" => "the shares of the supply".to_string(),
        name => format!("the prior ({name})"),
    }
}

fn other_mixtures(findings: &FitReport) -> Option<String> {
    let optimum = &findings.answer.optimum;
    match optimum.uniqueness? {
        Uniqueness::Unique => None,
        Uniqueness::NonUnique => Some(format!(
            "It is not the only one: other mixtures are exactly as good, and this is the one nearest to {}.",
            prior_in_words(&findings.answer.recommended.prior)
        )),
        Uniqueness::NearlyNonUnique => {
            let (best, near) = (optimum.weights.as_ref()?, optimum.nearly_as_good.as_ref()?);
            let list = |weights: &Weights| weights.values().copied().collect::<Vec<f64>>();
            Some(format!(
                "It is nearly not unique: {}, {:.0}% of it moved, is within 0.001 of its correlation.",
                in_words(near),
                100.0 * total_variation(&list(best), &list(near))
            ))
        }
    }
}

fn recommendation(findings: &FitReport) -> String {
    let recommended = &findings.answer.recommended;
    let named = in_words(&recommended.weights);
    let criterion = format!("best {}", recommended.criterion.in_words());
    let error =
        recommended.standard_error.map_or(String::new(), |error| format!(" ({:.3} ± {error:.3})", recommended.best));
    let prior = prior_in_words(&findings.answer.recommended.prior);
    let near = if within_constraints(findings).is_empty() {
        String::new()
    } else {
        format!(", as near to {prior} as the constraints allow")
    };
    let within = findings.record.settings.within.in_words();
    match recommended.status {
        RecommendationStatus::NearestToCenter => {
            format!("Recommended: {named}. It is the mixture nearest to {prior} {within} the {criterion}{error}.")
        }
        RecommendationStatus::CenterIsWithin => {
            format!("Recommended: {named}{near}, {within} the {criterion}{error}: these models cannot tell them apart.")
        }
        RecommendationStatus::Ridge => format!(
            "Recommended: {named}. It is a ridge toward {prior} with penalty {}{}.",
            recommended
                .ridge
                .as_ref()
                .and_then(|ridge| ridge.lambda)
                .map_or("without end".to_string(), |lambda| format!("{lambda:.4}")),
            if recommended.ridge.as_ref().is_some_and(|ridge| ridge.path.is_empty()) {
                ""
            } else {
                ", chosen by leaving families out in turn"
            }
        ),
        RecommendationStatus::Estimator => by_estimator(findings, &named),
        RecommendationStatus::NoPositiveCorrelation => format!(
            "Recommended: {named}{near}, since no mixture has a positive {}: nothing here speaks for another.",
            criterion.trim_start_matches("best ")
        ),
        RecommendationStatus::NoStandardError => format!(
            "Recommended: {named}, the mixture with the {criterion}; too few families for a standard error, so nothing nearer to {prior} can be justified."
        ),
        RecommendationStatus::NotFound
            if matches!(findings.record.settings.recommender, Recommender::Estimator(..)) =>
        {
            format!(
                "Recommended: {named}, the mixture with the {criterion}; the estimator gave none that obeys the constraints."
            )
        }
        RecommendationStatus::NotFound => {
            format!("Recommended: {named}, the mixture with the {criterion}; the solver found none nearer to {prior}.")
        }
    }
}

/// The mixture of a published estimator, and what becomes of it without caps.
fn by_estimator(findings: &FitReport, named: &str) -> String {
    let Recommender::Estimator(estimator, projection) = findings.record.settings.recommender else {
        return format!("Recommended: {named}.");
    };
    let all_on_one =
        projection == Projection::Linear && findings.answer.recommended.weights.values().any(|share| *share >= 1.0);
    format!(
        "Recommended: {named}. It is what the published estimator {} makes of each domain alone, with the projection {} \
         (arXiv 2409.05816); it does not look at domains together, nor at the prior or a control.{}",
        estimator.name(),
        projection.name(),
        if all_on_one {
            format!(
                " Without greatest weights this projection puts everything on one domain: give `{}`, or `{} l2`.",
                Setting::MaxWeight,
                Setting::Projection
            )
        } else {
            String::new()
        }
    )
}

/// How the recommendation does on families that it was not fitted on, against each baseline.
fn out_of_sample(findings: &FitReport) -> Vec<String> {
    let held_out = &findings.held_out;
    let pearson = |figures: &Option<HeldOutFigures>| figures.and_then(|f| f.pearson);
    let Some(ours) = pearson(&held_out.recommended) else {
        return vec![
            "It could not be tested on unseen families: too few of them, or too few models without one.".to_string(),
        ];
    };
    let confidence = findings.trust.confidence;
    let mut sentences = Vec::new();
    let optimum = pearson(&held_out.optimum).map_or(String::new(), |r| format!(", the optimum's {r:.3}"));
    let prior = prior_in_words(&findings.answer.recommended.prior);
    let baselines = [
        (prior.as_str(), pearson(&held_out.baselines.prior)),
        ("equal shares", pearson(&held_out.baselines.uniform)),
        ("the best single domain", pearson(&held_out.best_single)),
    ];
    let list: Vec<String> =
        baselines.iter().filter_map(|(name, value)| value.map(|value| format!("{value:.3} of {name}"))).collect();
    let list = match list.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => list.join(""),
    };
    sentences.push(format!(
        "On unseen families (each of {} held out in turn) its predictions correlate {ours:.3} with {}{optimum}, against {}.",
        held_out.folds,
        if findings.answer.by_target.is_empty() { "the scores" } else { "the mean of the standardised scores" },
        list
    ));
    let methods = findings.trust.comparison.first().map(|protocol| &protocol.methods);
    let lead_over = |method| methods.and_then(|methods| methods.get(&method)).and_then(|method| method.lead);
    let names = [
        (prior.as_str(), lead_over(ComparedMethod::Prior)),
        ("equal shares", lead_over(ComparedMethod::Uniform)),
        ("the best single domain", lead_over(ComparedMethod::BestSingle)),
    ];
    let baselines = &findings.baselines;
    for (name, lead) in names {
        let allowed = match name {
            "equal shares" => baselines.uniform_is_allowed,
            "the best single domain" => within_constraints(findings).is_empty(),
            _ => baselines.prior_is_allowed,
        };
        // A mixture that nobody may use is no alternative; its figure stands in the table.
        if allowed {
            sentences.extend(lead.map(|lead| lead_in_words("The recommended mixture", name, lead, confidence)));
        }
    }
    if !baselines.uniform_is_allowed {
        sentences.push("Equal shares are told for comparison only: the constraints do not allow them.".to_string());
    }
    if !baselines.prior_is_allowed && prior != "equal shares" {
        sentences.push(format!(
            "The constraints do not allow {prior}: the recommendation stays near what they allow of it."
        ));
    }
    if let (Some(optimum), Some(uniform)) = (pearson(&held_out.optimum), pearson(&held_out.baselines.uniform))
        && baselines.uniform_is_allowed
        && optimum <= uniform
    {
        sentences.push(
            "The optimum is not better than equal shares out of sample: its lead in sample is overfitting.".to_string(),
        );
    }
    sentences
}

/// Whether a lead is one: where its interval holds zero, the models do not tell.
fn lead_in_words(who: &str, over: &str, lead: LeadInterval, confidence: f64) -> String {
    let difference = lead.difference;
    let within = |sign: f64| {
        let interval = lead.interval.map(|interval| interval.times(sign));
        interval.map_or(String::new(), |interval| {
            format!(" ({:.0}% interval {} to {})", 100.0 * confidence, signed(interval.lower), signed(interval.upper))
        })
    };
    let open = match lead.interval {
        None => "; too few families to say whether that is chance",
        Some(_) if lead.is_clear => "",
        Some(_) => ": these models do not tell the two apart",
    };
    if difference.abs() < 5e-4 && !lead.is_clear {
        format!(
            "{who} is not better than {over} out of sample: their correlations agree to three decimals{}.",
            within(1.0)
        )
    } else if difference <= 0.0 {
        format!(
            "{who} is not better than {over} out of sample: its correlation is lower by {:.3}{}{open}.",
            difference.abs(),
            within(-1.0)
        )
    } else {
        format!("Its lead over {over} is {difference:.3}{}{open}.", within(1.0))
    }
}

/// Three decimals with a real minus sign.
fn signed(value: f64) -> String {
    let rounded = (1000.0 * value).round() / 1000.0;
    // Adding zero takes the sign from a negative zero.
    format!("{:.3}", rounded + 0.0).replacen('-', "−", 1)
}

/// A mixture in words: the largest shares in percent that add up to 100, and how many more there are.
pub fn in_words(weights: &Weights) -> String {
    let values: Vec<f64> = weights.values().copied().collect();
    let equal = 1.0 / values.len() as f64;
    if values.len() > 1 && values.iter().all(|share| (share - equal).abs() < 1e-3 * equal) {
        return format!("equal shares of all {} domains", values.len());
    }
    let shares = percentages(&values);
    let mut order: Vec<usize> = (0..values.len()).filter(|&index| !shares.is_zero(index)).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
    let more = order.len().saturating_sub(MOST_NAMED);
    let named: Vec<String> = order
        .iter()
        .take(if more == 1 { MOST_NAMED + 1 } else { MOST_NAMED })
        .filter_map(|&index| weights.get_index(index).map(|(name, _)| format!("{} {name}", shares.text(index))))
        .collect();
    let rest = if more > 1 { format!(" and {more} more domains") } else { String::new() };
    format!("{}{rest}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixture_is_described_by_its_largest_shares() {
        let weights: Weights =
            [("a", 0.05), ("b", 0.9), ("c", 0.05), ("d", 0.0)].map(|(n, w)| (n.to_string(), w)).into();
        assert_eq!(in_words(&weights), "90.0% b, 5.0% a, 5.0% c");
        let many: Weights = (0..8).map(|d| (format!("d{d}"), 0.125)).collect();
        assert_eq!(in_words(&many), "equal shares of all 8 domains");
        let many: Weights = (0..8).map(|d| (format!("d{d}"), if d == 0 { 0.3 } else { 0.1 })).collect();
        assert_eq!(in_words(&many), "30.0% d0, 10.0% d1, 10.0% d2, 10.0% d3, 10.0% d4 and 3 more domains");
    }
}
