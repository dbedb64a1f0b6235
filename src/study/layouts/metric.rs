//! What a metric's name tells: its scale, its direction, and which one to prefer.

use crate::scores::records::{Metric, Scale};

/// Metrics by preference; the first that a benchmark has is its score.
///
/// `primary_score` is the one that OLMES chose for the task. Normalised accuracy comes before accuracy as in most
/// reports; then exact match, code, question answering and TruthfulQA; `raw` is the Open LLM Leaderboard's accuracy
/// before normalisation; the averages are OpenCompass's groups.
const PREFERENCE: [&str; 21] = [
    "primary_score",
    "acc_norm",
    "acc",
    "exact_match",
    "pass@1",
    "pass_at_1",
    "em",
    "accuracy",
    "quasi_exact_match",
    "extractive_match",
    "prefix_exact_match",
    "prompt_level_strict_acc",
    "f1",
    "mc2",
    "raw",
    "normalised",
    "score",
    "weighted_average",
    "naive_average",
    "mc1",
    "bits_per_byte",
];

/// Words in a metric's name that show it to be no share of right answers.
const NOT_A_SHARE: [&str; 32] = [
    "perplexity",
    "ppl",
    "bits",
    "bpb",
    "bpc",
    "logits",
    "logit",
    "logprob",
    "likelihood",
    "loss",
    "margin",
    "brier",
    "bleu",
    "sacrebleu",
    "chrf",
    "ter",
    "rouge",
    "mcc",
    "matthews",
    "correlation",
    "pearson",
    "pearsonr",
    "spearman",
    "spearmanr",
    "elo",
    "sum",
    "deviation",
    "stddev",
    "time",
    "runtime",
    "count",
    "error",
];

/// Which of several metrics of one benchmark to take as its score.
///
/// The order is `primary_score`, `acc_norm`, `acc`, `exact_match`, `pass@1`, `pass_at_1`, `em`, `accuracy`,
/// `quasi_exact_match`, `extractive_match`, `prefix_exact_match`, `prompt_level_strict_acc`, `f1`, `mc2`, `raw`,
/// `normalised`, `score`, `weighted_average`, `naive_average`, `mc1`, `bits_per_byte`, then any other share of right answers,
/// then the rest. Of one metric with several filters, `strict-match` comes first, then none, then the others in the given
/// order, and `flexible-extract` last. Among equals the first wins; an empty list gives 0.
pub fn preferred_metric(metrics: &[&str]) -> usize {
    let rank = |metric: &str| {
        let (name, filter) = metric.split_once(',').unwrap_or((metric, ""));
        let plain = base(name);
        let place = PREFERENCE.iter().position(|known| *known == name || *known == plain);
        let place = place.unwrap_or(PREFERENCE.len() + usize::from(!is_share(metric)));
        let filter = match filter {
            "strict-match" => 0,
            "" | "none" => 1,
            "flexible-extract" => 3,
            _ => 2,
        };
        (place, filter)
    };
    (0..metrics.len()).min_by_key(|&index| rank(metrics[index])).unwrap_or(0)
}

/// The metric without filter (`,strict-match`) and variant (`:32_samples`).
fn base(metric: &str) -> &str {
    metric.split([',', ':']).next().unwrap_or(metric)
}

/// Whether a metric is a share of right answers, as far as its name tells.
fn is_share(metric: &str) -> bool {
    let name = base(metric).to_ascii_lowercase();
    !name.split(['_', ' ', '-']).any(|word| {
        let word = word.trim_end_matches(|character: char| character.is_ascii_digit());
        NOT_A_SHARE.contains(&word) || word.starts_with("rouge")
    }) && !name.ends_with("perplexity")
}

/// The scale of a value whose tool writes shares on `scale`: `None` for a metric that is no share, and for a value that
/// the scale does not allow.
pub(super) fn scale_of(metric: &str, value: f64, scale: Scale) -> Option<Scale> {
    let most = match scale {
        Scale::Fraction => 1.0,
        Scale::Percent => 100.0,
    };
    (is_share(metric) && (0.0..=most).contains(&value)).then_some(scale)
}

/// The direction that a metric's name fixes: perplexities and bits per byte or character are better when lower.
pub(super) fn direction_of(metric: &str) -> Option<bool> {
    let name = base(metric).to_ascii_lowercase();
    let lower = name.ends_with("perplexity")
        || name.split('_').any(|word| matches!(word, "ppl" | "bpc" | "bpb"))
        || name.starts_with("bits_per_");
    lower.then_some(false)
}

/// What a metric measures, where its name or direction shows that it is no share of right answers.
pub(crate) fn kind_of(metric: &str, higher_is_better: Option<bool>) -> Option<Metric> {
    let name = base(metric).to_ascii_lowercase();
    let words: Vec<&str> = name.split(['_', ' ', '-', '/']).collect();
    if words.iter().any(|word| matches!(*word, "perplexity" | "ppl")) {
        return Some(Metric::Perplexity);
    }
    match Metric::parse(&name) {
        // `score` says no more than that it is one.
        Some(metric) if metric != Metric::Score => return Some(metric),
        _ => {}
    }
    let is_lower = higher_is_better == Some(false)
        || words.iter().any(|word| matches!(*word, "loss" | "nll" | "bits" | "bpb" | "bpc" | "brier" | "ter"));
    match (is_share(metric), is_lower) {
        (true, _) => None,
        (false, true) => Some(Metric::Loss),
        (false, false) => Some(Metric::Score),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preference_follows_the_documented_order() {
        for (metrics, expected) in [
            (&["acc", "acc_norm"][..], "acc_norm"),
            (&["acc_norm", "primary_score"], "primary_score"),
            (&["exact_match,flexible-extract", "exact_match,strict-match"], "exact_match,strict-match"),
            (&["exact_match,get-answer", "exact_match"], "exact_match"),
            (&["f1", "em"], "em"),
            (&["pass@10", "pass@1,create_test"], "pass@1,create_test"),
            (&["pass@1:32_samples", "mc2"], "pass@1:32_samples"),
            (&["word_perplexity", "odd"], "odd"),
            (&["byte_perplexity", "bits_per_byte"], "bits_per_byte"),
            (&["normalised", "raw"], "raw"),
            (&["odd", "other"], "odd"),
        ] {
            assert_eq!(metrics[preferred_metric(metrics)], expected, "{metrics:?}");
        }
        assert_eq!(preferred_metric(&[]), 0);
    }

    #[test]
    fn scales_need_a_share() {
        assert_eq!(scale_of("exact_match,strict-match", 0.5, Scale::Fraction), Some(Scale::Fraction));
        assert_eq!(scale_of("acc", 35.0, Scale::Fraction), None);
        assert_eq!(scale_of("accuracy", 35.0, Scale::Percent), Some(Scale::Percent));
        for metric in ["word_perplexity", "bits_per_byte", "bleu", "rougeL_max", "rouge1_acc", "standard_deviation"] {
            assert_eq!(scale_of(metric, 0.5, Scale::Fraction), None, "{metric}");
        }
    }

    #[test]
    fn what_is_no_share_is_a_score_or_a_loss() {
        for (metric, higher, expected) in [
            ("acc,none", None, None),
            ("score", None, None),
            ("mcc", Some(true), Some(Metric::Score)),
            ("matthews_correlation", None, Some(Metric::Score)),
            ("bleu", None, Some(Metric::Score)),
            ("bits_per_byte", None, Some(Metric::Loss)),
            ("brier_score", Some(false), Some(Metric::Loss)),
            ("runtime", Some(false), Some(Metric::Loss)),
            ("word_perplexity", None, Some(Metric::Perplexity)),
            ("error", None, Some(Metric::Error)),
        ] {
            assert_eq!(kind_of(metric, higher), expected, "{metric}");
        }
    }

    #[test]
    fn only_names_that_say_so_have_a_direction() {
        for metric in ["word_perplexity", "perplexity", "bits_per_byte", "bpc", "ppl"] {
            assert_eq!(direction_of(metric), Some(false), "{metric}");
        }
        assert_eq!(direction_of("acc"), None);
    }
}
