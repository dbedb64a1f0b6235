//! What is to be thought of a mixture that is given, in plain sentences.

use mixopt_base::Task;
use mixopt_trust::{AddedModels, ComparedMethod};

use crate::evaluate::findings::{ChosenOn, EvaluationReport};
use crate::file::shares::percent;
use crate::fit::verdict::{in_words, prior_in_words};
use crate::report::words::{p_value, signed};
use crate::trust::findings::{LeadInterval, MethodFindings, PermutationFindings};

/// Differences of correlations below this print as nothing to three decimals.
const SAME: f64 = 5e-4;
/// Shares apart by less than this print alike.
const SAME_SHARES: f64 = 5e-4;
/// From here on chance is a likely cause.
const LIKELY: f64 = 0.05;

/// Sentences that say what the mixture is worth on unseen models, how far it is from the best, and what to doubt.
pub(crate) fn verdict(findings: &EvaluationReport) -> Vec<String> {
    let mut sentences = vec![in_sample(findings)];
    sentences.extend(findings.answer.mixture.chosen_on.as_ref().map(|chosen| optimistic(findings, chosen)));
    sentences.extend(out_of_sample(findings));
    if findings.answer.mixture.weights.len() == 1 {
        sentences.push("There is one domain, so there is no other mixture to compare with.".to_string());
    } else {
        sentences.push(from_the_best(findings));
    }
    sentences.extend(significance(findings));
    sentences.extend(what_would_settle_it(findings));
    sentences
}

fn in_sample(findings: &EvaluationReport) -> String {
    let mixture = &findings.answer.mixture;
    let (target, shares) = (&findings.question.target, in_words(&mixture.weights));
    let Some(pearson) = mixture.figures.pearson else {
        return format!("Given: {shares}. It compresses all models alike, so it says nothing about {target}.");
    };
    let doubt = if pearson <= 0.0 { ": models that compress it better do not score higher" } else { "" };
    let criterion = match findings.answer.criterion.value.filter(|_| !findings.answer.criterion.name.is_plain()) {
        Some(value) => format!(", {} {value:.4}", findings.answer.criterion.name.in_words()),
        None => String::new(),
    };
    format!(
        "Given: {shares}. Its correlation with {target} is {pearson:.4} over {} models{criterion}{doubt}. Its shares stay as \
         they are; only the line from bits to scores is fitted.",
        findings.question.models
    )
}

/// Figures on models that chose the mixture are no test of it.
fn optimistic(findings: &EvaluationReport, chosen: &ChosenOn) -> String {
    let models = match chosen.models {
        all if all == findings.question.models => "these models".to_string(),
        some => format!("{some} of these {} models", findings.question.models),
    };
    if chosen.same_scores {
        format!(
            "Its file's own fit (target {}) chose these shares on {models} and their scores, so all its figures here are \
             optimistic, held-out ones too: no family was unseen when the shares were chosen. The recommended mixture below \
             is chosen anew without each family.",
            chosen.target
        )
    } else {
        format!(
            "Its file's own fit chose these shares on {models}, for another target ({}): figures here are optimistic as far \
             as the two targets go together.",
            chosen.target
        )
    }
}

/// What it is worth on unseen families against each alternative.
fn out_of_sample(findings: &EvaluationReport) -> Vec<String> {
    let Some(ours) = findings.held_out.mixture.and_then(|figures| figures.pearson) else {
        return vec![
            "It could not be tested on unseen families: too few of them, or too few models without one.".to_string(),
        ];
    };
    // Judged by what a recommendation is: given model size, where that is controlled for.
    let by_partial = findings.answer.criterion.name.given.is_some();
    let first = findings.trust.comparison.first().and_then(|protocol| protocol.methods.values().next());
    let partial = first.filter(|_| by_partial).and_then(|method| method.partial);
    let figure = match partial {
        Some(partial) => format!("{} is {partial:.3} (plain {ours:.3})", findings.answer.criterion.name.in_words()),
        None => format!("correlation with the scores is {ours:.3}"),
    };
    let folds = findings.held_out.folds;
    let is_favoured = findings.answer.mixture.chosen_on.as_ref().is_some_and(|chosen| chosen.same_scores);
    let mut sentences = vec![if is_favoured {
        format!(
            "With each of {folds} families left out of the line in turn, though not of the choice of its shares, its \
             {figure}."
        )
    } else {
        format!("On unseen families (each of {folds} left out in turn) its {figure}.")
    }];
    if findings.answer.mixture.weights.len() == 1 {
        return sentences;
    }
    let Some(protocol) = findings.trust.comparison.first() else { return sentences };
    let prior = prior_in_words(&findings.answer.prior);
    let others = [
        (ComparedMethod::Uniform, "equal shares"),
        (ComparedMethod::Prior, prior.as_str()),
        (ComparedMethod::Recommended, "the recommended mixture"),
        (ComparedMethod::Optimum, "the optimum"),
    ];
    let (mut clear, mut favoured, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for (method, name) in others {
        let Some((method, lead)) =
            protocol.methods.get(&method).and_then(|method| Some((method, lead_of(method, by_partial)?)))
        else {
            continue;
        };
        let told = lead_in_words(name, if by_partial { method.partial } else { method.pearson }, lead);
        match lead.is_clear && lead.difference.abs() >= SAME {
            // Shares chosen on the families held out would be ahead of others by that alone.
            true if is_favoured && lead.difference > 0.0 => favoured.push(told),
            true => clear.push(told),
            false => open.push(told),
        }
    }
    let interval = format!("{} interval of the difference", percent(findings.trust.confidence));
    let mut tell = |told: &[String], what: &str| {
        if !told.is_empty() {
            sentences.push(format!("{what} ({interval}): it is {}.", joined(told)));
        }
    };
    tell(&clear, "It differs clearly from the following");
    tell(&favoured, "It scores higher than the following, but it was chosen on these scores");
    tell(&open, "It cannot be told apart from the following");
    sentences
}

/// By how much the mixture is ahead, in what it is judged by.
fn lead_of(method: &MethodFindings, by_partial: bool) -> Option<&LeadInterval> {
    if by_partial { method.lead_partial.as_ref() } else { method.lead.as_ref() }
}

fn lead_in_words(name: &str, theirs: Option<f64>, lead: &LeadInterval) -> String {
    let theirs = theirs.map_or(String::new(), |pearson| format!("{pearson:.3}; "));
    let interval = lead.interval.map_or("too few families for an interval".to_string(), |interval| {
        format!("{} to {}", signed(interval.lower), signed(interval.upper))
    });
    match lead.difference {
        same if same.abs() < SAME => format!("level with {name} ({theirs}{interval})"),
        above if above > 0.0 => format!("{above:.3} above {name} ({theirs}{interval})"),
        below => format!("{:.3} below {name} ({theirs}{interval})", below.abs()),
    }
}

/// How far it is from the best, and whether that is within the tolerance.
fn from_the_best(findings: &EvaluationReport) -> String {
    let criterion = &findings.answer.criterion;
    let what = criterion.name.in_words();
    let Some(value) = criterion.value else {
        return format!("Its {what} is not defined, so it cannot be set against the best.");
    };
    if criterion.best <= 0.0 {
        return format!("No mixture of these domains has a positive {what}, so there is no best to set it against.");
    }
    let distances = distances(findings);
    // The best is that of a solver, within its tolerance.
    let below = (criterion.best - value).max(0.0);
    let tolerance = match (criterion.threshold, criterion.is_within) {
        (Some(threshold), Some(true)) => format!(
            ", which is {} it ({threshold:.4} or more); in sample it cannot be told apart from the best",
            findings.record.settings.within.in_words()
        ),
        (Some(threshold), Some(false)) => {
            format!(", which is not {} it ({threshold:.4} or more)", findings.record.settings.within.in_words())
        }
        _ => "; too few families to say how much of that is chance".to_string(),
    };
    format!("Its {what} is {below:.4} below the best ({:.4}){tolerance}. {distances}.", criterion.best)
}

/// How much of it would have to move to be what a fit makes.
fn distances(findings: &EvaluationReport) -> String {
    let to_recommended = findings.answer.recommended.total_variation;
    let to_optimum = findings.answer.optimum.as_ref().map(|optimum| optimum.total_variation);
    let percent = |share: f64| format!("{:.1}%", 100.0 * share);
    match (to_recommended < SAME_SHARES, to_optimum) {
        (true, Some(optimum)) if optimum < SAME_SHARES => "It is the recommended mixture and the optimum".to_string(),
        (true, Some(optimum)) => {
            format!("It is the recommended mixture; {} of it would have to move to be the optimum", percent(optimum))
        }
        (true, None) => "It is the recommended mixture".to_string(),
        (false, Some(optimum)) if optimum < SAME_SHARES => format!(
            "It is the optimum; {} of it would have to move to be the recommended mixture",
            percent(to_recommended)
        ),
        (false, Some(optimum)) => format!(
            "{} of it would have to move to be the recommended mixture, {} to be the optimum",
            percent(to_recommended),
            percent(optimum)
        ),
        (false, None) => {
            format!("{} of it would have to move to be the recommended mixture", percent(to_recommended))
        }
    }
}

/// Whether chance does as well.
fn significance(findings: &EvaluationReport) -> Option<String> {
    let found = findings.trust.significance.as_ref()?;
    let (test, how): (&PermutationFindings, &str) = match &found.by_family {
        Some(test) => (test, "in a way that keeps what families have in common"),
        None => (&found.plain, "among all models"),
    };
    let p = p_value(test.p);
    let what = found.criterion.in_words();
    let sentence = if test.p < LIKELY {
        format!("Such a {what} is unlikely by chance: p = {p}, scores exchanged {how}.")
    } else {
        format!("Such a {what} is likely by chance: p = {p}, scores exchanged {how}.")
    };
    let caution = match &findings.answer.mixture.chosen_on {
        Some(chosen) if chosen.same_scores => {
            format!(
                " That is for shares chosen without these scores, which these were not: `{}` tests with the choice made \
                 anew.",
                Task::Fit
            )
        }
        _ => String::new(),
    };
    Some(sentence + &caution)
}

/// The models that it would take.
fn what_would_settle_it(findings: &EvaluationReport) -> Option<String> {
    let kinds = &findings.trust.power.as_ref()?.kinds;
    let fewest = kinds.iter().filter_map(|kind| Some((kind.models?, kind.kind))).min_by_key(|(models, _)| *models);
    let who = |kind: AddedModels| match kind {
        AddedModels::NewFamilies => "from new families",
        AddedModels::ExistingFamilies => "from the present families",
        AddedModels::Small => "small ones from new families",
        AddedModels::Large => "large ones from new families",
    };
    match fewest {
        Some((models, kind)) => Some(format!(
            "About {models} more models ({}) would halve the interval of its correlation (simulated).",
            who(kind)
        )),
        None => {
            let most = kinds.iter().map(|kind| kind.most).max()?;
            Some(format!("Not even {most} more models would halve the interval of its correlation (simulated)."))
        }
    }
}

fn joined(parts: &[String]) -> String {
    match parts.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{}; and {last}", first.join("; ")),
        _ => parts.join(""),
    }
}
