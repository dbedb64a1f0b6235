//! The answer of a plan in plain sentences.

use mixopt_fit::OptimumStatus;

use crate::fit::verdict::{in_words, prior_in_words};
use crate::plan::findings::PlanFindings;

/// Sentences that say what each stage should train on, what sharing the supply costs, and what to doubt.
pub(crate) fn verdict(plan: &PlanFindings) -> Vec<String> {
    let mut sentences = Vec::new();
    let share = 100.0 * plan.share_of_best;
    sentences.push(match plan.status {
        OptimumStatus::Certified => format!(
            "The best plan gives every stage {share:.2}% or more of the correlation it could reach with the whole supply to itself. \
             This is certified: no plan gives every stage more than {:.2}%.",
            100.0 * plan.bound
        ),
        _ => format!(
            "The best plan found gives every stage {share:.2}% or more of the correlation it could reach with the whole supply to \
             itself. This is not certified: the bound is {:.2}%.",
            100.0 * plan.bound
        ),
    });
    let prior = prior_in_words(&plan.prior);
    for stage in &plan.stages {
        let what = stage.criterion.in_words();
        sentences.push(format!(
            "Stage {} for {}: {}. It is the plan nearest to {prior} {} the plan's best {what} ({:.3}; {:.3} by itself).",
            stage.name,
            stage.target,
            in_words(&stage.weights),
            plan.settings.within.in_words(),
            stage.optimum_correlation,
            stage.alone,
        ));
        if let (Some(ours), Some(theirs)) = (stage.recommended.held_out_pearson, stage.prior.held_out_pearson) {
            sentences.push(format!(
                "On unseen families its predictions of {} correlate {ours:.3} with the scores, against {theirs:.3} of {prior}.",
                stage.target
            ));
        }
    }
    let scarce: Vec<&str> = plan.scarce.keys().map(String::as_str).take(6).collect();
    if !scarce.is_empty() {
        sentences.push(format!("Scarce: {}. More text of these would help most.", scarce.join(", ")));
    }
    sentences
}
