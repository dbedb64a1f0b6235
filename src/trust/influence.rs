//! What each model and each family does to the fit.

use rayon::prelude::*;

use super::bootstrap::Fitted;
use crate::fit::{Held, Progress, Refit, RefitOptimum, Refits, Refitter, Sample, total_variation};

/// The fit without each model and without each family.
#[derive(Debug, Clone, PartialEq)]
pub struct Influence {
    /// One for each model, in their order.
    pub models: Vec<LeftOut>,
    /// One for each family, in their order.
    pub families: Vec<LeftOut>,
}

/// Both mixtures with a part of the models left out.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// The optimum. `None`: no refit is possible (fewer than three degrees of freedom, a constant target), no mixture
    /// correlates positively, or the fit on all models has no optimum.
    pub optimum: Option<Moved>,
    /// The recommendation, its tolerance held. `None` likewise.
    pub recommended: Option<Moved>,
}

/// A mixture made without some models, beside the one made with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// Shares by domain.
    pub weights: Vec<f64>,
    /// Value of the criterion on the models that are left.
    pub correlation: f64,
    /// That value less the one on all models.
    pub change: f64,
    /// The share that has to move to turn one mixture into the other (total variation, 0 to 1).
    pub moved: f64,
    /// The domain whose weight differs most, the first of several; `None` where no weight differs.
    pub domain: Option<MovedDomain>,
}

/// A domain's weight with and without some models.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MovedDomain {
    /// Its position.
    pub domain: usize,
    /// Weight on all models.
    pub from: f64,
    /// Weight without some.
    pub to: f64,
}

/// Leaves out each model and each family in turn and makes optimum and recommendation again on the others; `held` is what
/// the recommendation takes over from the fit on all models, so that only the data differ.
pub fn influence(refitter: &Refitter, held: Held, fitted: &Fitted, progress: &dyn Progress) -> Influence {
    let families = &refitter.problem().families;
    let count = families.iter().max().map_or(0, |last| last + 1);
    progress.begin("influence of models and families", families.len() + count);
    let refit = |model_weights: &[f64]| {
        let refits = refitter.both(Sample { model_weights: Some(model_weights), ..Sample::default() }, held);
        progress.step();
        compare(refits, fitted)
    };
    let models: Vec<LeftOut> = (0..families.len())
        .into_par_iter()
        .map(|model| {
            let mut weights = vec![1.0; families.len()];
            weights[model] = 0.0;
            refit(&weights)
        })
        .collect();
    let families = (0..count)
        .into_par_iter()
        .map(|family| {
            let members: Vec<usize> = (0..families.len()).filter(|&i| families[i] == family).collect();
            // A family of one model is that model.
            if let &[model] = members.as_slice() {
                progress.step();
                return models[model].clone();
            }
            refit(&without_family(refitter, family))
        })
        .collect();
    Influence { models, families }
}

/// How often each model counts where a family is left out.
pub(super) fn without_family(refitter: &Refitter, family: usize) -> Vec<f64> {
    refitter.problem().families.iter().map(|&other| if other == family { 0.0 } else { 1.0 }).collect()
}

fn compare(refits: Refits, fitted: &Fitted) -> LeftOut {
    let optimum = match refits.optimum {
        Some(RefitOptimum::Mixture(refit)) => Some(refit),
        Some(RefitOptimum::NonePositive) | None => None,
    };
    let of =
        |refit: Option<Refit>, full: &Option<Refit>| refit.zip(full.as_ref()).map(|(refit, full)| moved(refit, full));
    LeftOut { optimum: of(optimum, &fitted.optimum), recommended: of(refits.recommended, &fitted.recommended) }
}

fn moved(refit: Refit, full: &Refit) -> Moved {
    let mut domain: Option<MovedDomain> = None;
    for (position, (&to, &from)) in refit.weights.iter().zip(&full.weights).enumerate() {
        let so_far = domain.map_or(0.0, |most| (most.to - most.from).abs());
        if (to - from).abs() > so_far {
            domain = Some(MovedDomain { domain: position, from, to });
        }
    }
    Moved {
        moved: total_variation(&refit.weights, &full.weights),
        change: refit.correlation - full.correlation,
        correlation: refit.correlation,
        domain,
        weights: refit.weights,
    }
}
