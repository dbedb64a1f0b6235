//! The decision of a fit in plain sentences.

use mixopt_base::Setting;
use mixopt_fit::estimator::Projection;
use mixopt_fit::{OptimumStatus, Recommender};
use mixopt_trust::{ComparedMethod, Interval};

use crate::file::shares::percentages;
use crate::fit::decision::{Chance, Judgement, Standing};
use crate::fit::findings::FitReport;
use crate::report::words::{p_value, signed};
use crate::trust::findings::ChanceExchange;
use crate::values::Weights;

/// Domains named in a sentence; the rest are counted.
const MOST_NAMED: usize = 5;
/// Of long names so many at least.
const LEAST_NAMED: usize = 2;
/// Characters of shares and names in a sentence.
const MOST_CHARACTERS: usize = 110;

/// Sentences that say what to train on, what to measure with, and how far either is shown to be better than what there is.
pub(crate) fn verdict(report: &FitReport) -> Vec<String> {
    if report.answer.recommended.weights.len() == 1 {
        let mut sentences = vec!["There is one domain, so there is nothing to mix.".to_string()];
        sentences.extend(measure_with(report));
        return sentences;
    }
    if report.answer.optimum.weights.is_none() {
        return no_relation(report);
    }
    let mut sentences = vec![train_on(report)];
    sentences.extend(measure_with(report));
    sentences.extend(report.answer.decision.chance.map(|chance| by_chance(report, chance)));
    sentences.extend(published_is_better(report));
    sentences
}

/// No mixture correlates positively.
fn no_relation(report: &FitReport) -> Vec<String> {
    let target = &report.question.target;
    vec![
        format!(
            "No mixture of these domains correlates positively with {target}: models that compress them better do not \
             score higher. Is the target an error, a loss or a perplexity (`{}`), or driven by something else?",
            Setting::Metrics
        ),
        format!("So the data favour no mixture: keep {}.", what_you_have(report)),
    ]
}

/// "equal shares", or the mixture that is named.
fn base(report: &FitReport) -> String {
    prior_in_words(&report.answer.recommended.prior)
}

/// What there is to keep.
fn what_you_have(report: &FitReport) -> String {
    match report.answer.recommended.prior.as_str() {
        "uniform" => "the mixture you have".to_string(),
        name => prior_in_words(name),
    }
}

/// What to train on, and how it stands against what there is.
fn train_on(report: &FitReport) -> String {
    let answer = &report.answer;
    let judged = &answer.decision.train_on;
    let named = in_words(&answer.recommended.weights);
    let base = base(report);
    let made = how_it_is_made(report);
    if let Some(candidate) = &answer.candidate {
        let why = match judged.standing {
            Standing::Worse => "does worse",
            _ => "cannot be told apart from it",
        };
        return format!(
            "Keep {base} ({named}): on unseen families the mixture that these models favour, {}, {why} ({}).",
            in_words(candidate),
            figures(judged)
        );
    }
    match judged.standing {
        Standing::Same => format!("Train on {named}{made}: it is {base}."),
        Standing::NotTested => format!(
            "Train on {named}{made}. It could not be tested against {base} on unseen families: {}.",
            not_tested(judged)
        ),
        Standing::Better if answer.decision.provisional => format!(
            "Train on {named}{made}. On the few families there are it does better than {base} ({}).",
            figures(judged)
        ),
        Standing::Better => {
            format!("Train on {named}{made}. On unseen families it does better than {base} ({}).", figures(judged))
        }
        Standing::Worse => format!(
            "{named}{made} does worse on unseen families than {base} ({}): keep {}.",
            figures(judged),
            what_you_have(report)
        ),
        Standing::NotDistinguishable => format!(
            "Train on {named}{made}, or keep {}: on unseen families it cannot be told apart from {base} ({}).",
            what_you_have(report),
            figures(judged)
        ),
    }
}

fn not_tested(judged: &Judgement) -> &'static str {
    match judged.held_out {
        None => "no family can be left out",
        Some(_) => "too few families for an interval",
    }
}

/// ", what an estimator makes of it", where it is not the ridge.
fn how_it_is_made(report: &FitReport) -> String {
    match report.record.settings.recommender {
        Recommender::Estimator(estimator, projection) => {
            let all_on_one = projection == Projection::Linear
                && report.answer.recommended.weights.values().any(|share| *share >= 1.0);
            let advice = if all_on_one {
                format!(
                    ", which puts everything on one domain unless `{}` or `{} l2` is given",
                    Setting::MaxWeight,
                    Setting::Projection
                )
            } else {
                String::new()
            };
            format!(" (published estimator {}, projection {}{advice})", estimator.name(), projection.name())
        }
        Recommender::LeastChange => {
            format!(
                " (the mixture nearest to {} {} the best {})",
                base(report),
                report.record.settings.within.in_words(),
                report.answer.recommended.criterion.in_words()
            )
        }
        Recommender::Ridge | Recommender::RidgeOf(_) => String::new(),
    }
}

/// "correlation 0.947 against 0.943, difference +0.004, 90% interval −0.004 to +0.016"
fn figures(judged: &Judgement) -> String {
    let figure = |value: Option<f64>| value.map_or("–".to_string(), |value| format!("{value:.3}"));
    let interval = judged.interval.map_or(String::new(), |interval| format!(", {}", in_interval(judged, interval)));
    format!(
        "{} {} against {}: {}{interval}",
        judged.criterion.in_words(),
        figure(judged.held_out),
        figure(judged.against_held_out),
        judged.difference.map_or("–".to_string(), signed),
    )
}

fn in_interval(judged: &Judgement, interval: Interval) -> String {
    format!("{:.0}% interval {} to {}", 100.0 * judged.confidence, signed(interval.lower), signed(interval.upper))
}

/// The corpus whose bits tell models apart best: the optimum, with its certificate.
fn measure_with(report: &FitReport) -> Option<String> {
    let optimum = &report.answer.optimum;
    let judged = report.answer.decision.measure_with.as_ref()?;
    let (target, base) = (&report.question.target, base(report));
    let named = in_words(optimum.weights.as_ref()?);
    let (what, value) = (optimum.criterion.in_words(), optimum.correlation);
    let proof = match (optimum.status, optimum.bound) {
        (OptimumStatus::Certified, _) => {
            format!("certified: no mixture{} reaches more", within_constraints(report))
        }
        (_, None) => "found by search, without a bound".to_string(),
        (_, Some(bound)) => format!("not certified: the bound is {bound:.4}"),
    };
    let unseen = match judged.standing {
        Standing::Same => format!("it is {base}"),
        Standing::NotTested => format!("not tested on unseen families: {}", not_tested(judged)),
        Standing::Better => format!("better than {base} on unseen families ({})", figures(judged)),
        Standing::Worse => format!("worse than {base} on unseen families ({})", figures(judged)),
        Standing::NotDistinguishable => {
            format!("on unseen families not distinguishable from {base} ({})", figures(judged))
        }
    };
    Some(format!("Measure {target} with {named}: {what} {value:.4}, {proof}; {unseen}."))
}

/// Whether chance does as well.
fn by_chance(report: &FitReport, chance: Chance) -> String {
    let target = &report.question.target;
    let how = match chance.exchange {
        ChanceExchange::Models => "scores exchanged between models",
        ChanceExchange::FamilyMeans => "scores exchanged by family",
        ChanceExchange::WholeFamilies => "whole families of one size exchanged",
    };
    // Permutations can give no smaller p-value than one of their number.
    let p = format!("{} {}", if chance.is_smallest { "≤" } else { "=" }, p_value(chance.p));
    let test = match (chance.targets_tried, chance.uncorrected_p) {
        (Some(tried), Some(before)) => {
            format!("p {p} corrected for the {tried} targets tried, {} before correction, {how}", p_value(before))
        }
        _ => format!("p {p}, {how}"),
    };
    match chance.is_beyond {
        true if report.answer.decision.provisional => {
            format!("Compression seems to predict {target} beyond chance ({test}), as far as so few families can show.")
        }
        true => format!("Compression predicts {target} beyond chance ({test})."),
        false => format!(
            "This study does not show that these domains are related to {target}: chance does as well too often ({test})."
        ),
    }
}

/// The published estimator that is clearly better, if one is.
fn published_is_better(report: &FitReport) -> Option<String> {
    let judged = &report.answer.decision.train_on;
    let found = judged.better.iter().find(|other| matches!(other.method, ComparedMethod::Published(..)))?;
    let ComparedMethod::Published(estimator, projection) = found.method else { return None };
    Some(format!(
        "The published estimator {} with projection {} does better than {} on unseen families (by {:.3}, {}): \
         `{} {}{}` recommends its mixture.",
        estimator.name(),
        projection.name(),
        if report.answer.candidate.is_some() {
            "the mixture that these models favour"
        } else {
            "the recommended mixture"
        },
        found.difference,
        in_interval(judged, found.interval),
        Setting::Estimator,
        estimator.name(),
        if projection == Projection::L2 { format!(" {} l2", Setting::Projection) } else { String::new() },
    ))
}

/// " within the bounds" or " under these constraints", where there are any.
fn within_constraints(report: &FitReport) -> &'static str {
    let settings = &report.record.settings;
    match (settings.has_bounds(), settings.has_other_constraints()) {
        (_, true) => " under these constraints",
        (true, false) => " within the bounds",
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
        name => format!("the prior `{name}`"),
    }
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
    let mut named: Vec<String> = order
        .iter()
        .filter_map(|&index| weights.get_index(index).map(|(name, _)| format!("{} {name}", shares.text(index))))
        .collect();
    // As many as a sentence can hold; a last one takes no more room than saying that there is one.
    let mut room = MOST_CHARACTERS;
    let fits = |text: &&String| {
        room = room.saturating_sub(text.chars().count());
        room > 0
    };
    let shown = named.iter().take_while(fits).count().clamp(LEAST_NAMED, MOST_NAMED);
    let more = named.len().saturating_sub(shown);
    if more > 1 {
        named.truncate(shown);
    }
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
