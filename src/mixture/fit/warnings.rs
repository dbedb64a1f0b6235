//! What to doubt about a fit, in plain sentences.

use mixopt_base::{Setting, list};
use mixopt_fit::{Uniqueness, total_variation};
use mixopt_trust::ComparedMethod;

use crate::fit::findings::FitReport;
use crate::fit::verdict::{in_words, prior_in_words};
use crate::report::report::CAUTION;
use crate::report::words::percent;
use crate::values::Weights;

/// A share above this is nearly all.
const NEARLY_ALL: f64 = 0.95;
/// A mixture of which so much moves without one family depends on it.
const MUCH: f64 = 0.1;

/// What changes how far the decision can be trusted.
pub(crate) fn warnings(report: &FitReport) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(few_families(report));
    found.extend(report.record.messages.iter().filter_map(|message| message.strip_prefix(CAUTION)).map(capital));
    found.extend(one_domain(report));
    found.extend(depends_on(report));
    found.extend(not_allowed(report));
    found.extend(best_single_is_better(report));
    found.extend(nearly_the_same(report));
    found.extend(not_unique(report));
    found
}

/// With its first letter as a sentence has it.
fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

fn few_families(report: &FitReport) -> Option<String> {
    let families = report.question.families;
    report.answer.decision.provisional.then(|| {
        format!(
            "{families} {}: everything here is provisional, and intervals are too narrow.",
            if families == 1 { "family of models" } else { "families of models are few" }
        )
    })
}

/// A recommendation that nobody would train on.
fn one_domain(report: &FitReport) -> Option<String> {
    let weights = &report.answer.recommended.weights;
    let (name, _) = weights.iter().find(|(_, share)| **share > NEARLY_ALL).filter(|_| weights.len() > 1)?;
    Some(format!(
        "The recommendation is nearly all {name}: these models cannot say more. `{} 0.3` spreads it over several domains.",
        Setting::MaxWeight
    ))
}

/// The family without which the mixture moves most, where that is more than little.
fn depends_on(report: &FitReport) -> Option<String> {
    let (name, without) = report
        .trust
        .without_family
        .iter()
        .max_by(|a, b| a.1.moved.unwrap_or(0.0).total_cmp(&b.1.moved.unwrap_or(0.0)))?;
    let moved = without.moved.filter(|moved| *moved >= MUCH)?;
    let (domain, from, to) = (without.domain.as_ref()?, without.from?, without.to?);
    let what = match report.answer.candidate {
        Some(_) => "the mixture that these models favour",
        None => "the recommended mixture",
    };
    Some(format!(
        "Without the family {name}, {} of {what} would move ({domain} from {:.1}% to {:.1}%).",
        percent(moved),
        100.0 * from,
        100.0 * to
    ))
}

/// Baselines that nobody may use.
fn not_allowed(report: &FitReport) -> Option<String> {
    let baselines = &report.baselines;
    let prior = prior_in_words(&report.answer.recommended.prior);
    if !baselines.prior_is_allowed && prior != "equal shares" {
        return Some(format!(
            "The constraints do not allow {prior}; the recommendation stays near what they allow of it."
        ));
    }
    (!baselines.uniform_is_allowed)
        .then(|| "The constraints do not allow equal shares; they are shown for comparison only.".to_string())
}

/// One domain alone that is clearly better by the figure that the recommendation is chosen by.
fn best_single_is_better(report: &FitReport) -> Option<String> {
    let better = &report.answer.decision.train_on.better;
    let single = better.iter().find(|other| other.method == ComparedMethod::BestSingle)?;
    Some(format!(
        "The best single domain does better on unseen families, by {:.3}: these models favour fewer domains than the \
         recommendation has.",
        single.difference
    ))
}

/// Domains that can stand for each other.
fn nearly_the_same(report: &FitReport) -> Option<String> {
    let groups = report.trust.independence.groups.as_ref()?;
    let largest = groups.iter().max_by_key(|group| group.domains.len()).filter(|group| group.domains.len() > 1)?;
    let many: usize = groups.iter().map(|group| group.domains.len()).filter(|count| *count > 1).sum();
    let threshold = report.trust.independence.threshold;
    Some(if many > 4 {
        format!(
            "{many} of {} domains are nearly another one to these models (correlation {threshold} or more): how shares \
             divide among such domains means little.",
            report.answer.recommended.weights.len()
        )
    } else {
        format!(
            "To these models {} are nearly one domain (correlation {threshold} or more): how shares divide among them \
             means little.",
            list(&largest.domains)
        )
    })
}

/// Other mixtures as good as the optimum.
fn not_unique(report: &FitReport) -> Option<String> {
    let optimum = &report.answer.optimum;
    match optimum.uniqueness? {
        Uniqueness::Unique => None,
        Uniqueness::NonUnique => Some(format!(
            "The optimum is not unique: other mixtures are exactly as good, and this is the one nearest to {}.",
            prior_in_words(&report.answer.recommended.prior)
        )),
        Uniqueness::NearlyNonUnique => {
            let (best, near) = (optimum.weights.as_ref()?, optimum.nearly_as_good.as_ref()?);
            let list = |weights: &Weights| weights.values().copied().collect::<Vec<f64>>();
            Some(format!(
                "The optimum is barely unique: a mixture that differs by {} ({}) comes within 0.001.",
                percent(total_variation(&list(best), &list(near))),
                in_words(near)
            ))
        }
    }
}
