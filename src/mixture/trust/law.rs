//! Models against the line, and the fit that outliers do not move: names for both.

use mixopt_base::Setting;
use mixopt_fit::statistics::{pearson, spearman};
use mixopt_fit::{AnalysisSettings, Objective, mixed_bits, total_variation};
use mixopt_trust::{law_diagnostics, robust_fit};

use crate::settings::fit_settings::Robust;
use crate::trust::findings::{LawFindings, ModelFindings, RobustFindings};
use crate::trust::input::Examined;

/// Every model against the line of the mixture examined; `None` where it compresses all models alike.
pub(crate) fn against_the_line(examined: &Examined) -> Option<LawFindings> {
    let problem = examined.refitter.problem();
    let bits = mixed_bits(&problem.bits, examined.weights());
    let found = law_diagnostics(&bits, &problem.target)?;
    let held_out = examined.held_out().map_or(&[] as &[(usize, f64)], |held_out| &held_out.predictions);
    let joined = &examined.case.joined;
    let models = found.models.iter().enumerate().map(|(i, model)| {
        let findings = ModelFindings {
            family: joined.families[i].clone(),
            bits: bits[i],
            score: problem.target[i],
            residual: model.residual,
            held_out: held_out.iter().find(|(position, _)| *position == i).map(|(_, predicted)| *predicted),
            studentised: model.studentised,
            cook: model.cooks_distance,
            outlying: model.outlying,
        };
        (joined.models[i].clone(), findings)
    });
    Some(LawFindings { slope: found.law.slope, intercept: found.law.intercept, models: models.collect() })
}

/// The fit by Huber's loss or by ranks.
pub(crate) fn robust(examined: &Examined, robust: Robust, lacking: &mut Vec<String>) -> Option<RobustFindings> {
    let problem = examined.refitter.problem();
    let found = match robust {
        Robust::Huber => {
            robust_fit(examined.refitter).map(|found| (found.weights, found.model_weights, found.converged))
        }
        Robust::Rank => {
            let settings = AnalysisSettings { objective: Objective::Spearman, ..*examined.refitter.settings() };
            let refitter = examined.refitter.with(&settings);
            refitter.optimum(Default::default()).map(|found| (found.weights, vec![1.0; problem.target.len()], true))
        }
    };
    let Some((weights, model_weights, converged)) = found else {
        lacking.push(format!(
            "robust fit: no mixture correlates positively, or the objective has no robust form (`{} pearson` has)",
            Setting::Objective
        ));
        return None;
    };
    let bits = mixed_bits(&problem.bits, &weights);
    let models = &examined.case.joined.models;
    Some(RobustFindings {
        method: match robust {
            Robust::Huber => "huber",
            Robust::Rank => "rank",
        }
        .to_string(),
        pearson: pearson(&bits, &problem.target).map(|r| -r),
        spearman: spearman(&bits, &problem.target).map(|r| -r),
        moved: examined.analysis.optimum.weights.as_ref().map(|optimum| total_variation(optimum, &weights)),
        less_counted: models.iter().cloned().zip(model_weights).filter(|(_, weight)| *weight < 1.0 - 1e-9).collect(),
        weights: examined.named(&weights),
        converged,
    })
}
