//! What a mixture file says of a plan.

use crate::file::plan_record::{PlanRecord, StageRecord};
use crate::file::rounding::rounded;
use crate::plan::findings::PlanFindings;

impl PlanRecord {
    /// The record of a plan.
    pub(crate) fn of(plan: &PlanFindings) -> Self {
        rounded(Self {
            stages: plan
                .stages
                .iter()
                .map(|stage| {
                    let record = StageRecord {
                        target: stage.target.clone(),
                        criterion: stage.criterion.clone(),
                        alone: stage.alone,
                        optimum: stage.optimum_correlation,
                        correlation: stage.correlation,
                        recommended: stage.recommended,
                        prior: stage.prior,
                    };
                    (stage.name.clone(), record)
                })
                .collect(),
            share_of_best: plan.share_of_best,
            bound: plan.bound,
            status: plan.status,
            scarce: plan.scarce.clone(),
            prior: plan.prior.clone(),
            settings: plan.settings.clone(),
            study: plan.study.clone(),
            inputs: plan.inputs.clone(),
        })
    }
}
