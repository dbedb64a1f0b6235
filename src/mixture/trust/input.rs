//! What is examined.

use mixopt_fit::{Analysis, Design, Held, HeldOut, Recommender, Refit, Refitter};
use mixopt_study::Study;
use mixopt_trust::{ComparedMethod, Comparison, Fitted};

use crate::settings::criterion::Criterion;
use crate::settings::fit_settings::FitSettings;
use crate::setup::case::Case;
use crate::values::Weights;

/// What is examined.
pub(crate) struct Examined<'a> {
    pub study: &'a Study,
    pub case: &'a Case,
    pub settings: &'a FitSettings,
    pub refitter: &'a Refitter<'a>,
    pub analysis: &'a Analysis,
    /// The fit and other ways of choosing on families that they have not seen.
    pub comparison: &'a Comparison,
    /// A mixture that is given; `None`: the recommended one.
    pub given: Option<&'a [f64]>,
    /// What it is chosen by.
    pub criterion: Criterion,
}

impl Examined<'_> {
    /// Shares of the mixture examined.
    pub fn weights(&self) -> &[f64] {
        self.given.unwrap_or(&self.analysis.recommended.weights)
    }

    /// Its predictions of families held out.
    pub fn held_out(&self) -> Option<&HeldOut> {
        let method = if self.given.is_some() { ComparedMethod::Given } else { ComparedMethod::Recommended };
        self.comparison.leave_one_family_out.held_out(method)
    }

    /// Whether refits are dear, so that fewer are made.
    pub fn many_domains(&self) -> bool {
        FitSettings::are_many(self.case.joined.domains.len())
    }

    pub fn designs(&self) -> Option<Vec<Design<'_>>> {
        let problem = self.refitter.problem();
        let one = std::slice::from_ref(&problem.target);
        let targets = if problem.targets.is_empty() { one } else { &problem.targets };
        let controls = &problem.recommended_controls;
        targets.iter().map(|target| Design::new(self.refitter.columns(), target, None, controls).ok()).collect()
    }

    pub fn name(&self, domain: usize) -> String {
        self.case.joined.domains[domain].clone()
    }

    pub fn named(&self, weights: &[f64]) -> Weights {
        self.case.joined.domains.iter().cloned().zip(weights.iter().copied()).collect()
    }

    /// What refits take over from the fit on all models.
    pub fn held(&self) -> Held {
        let recommended = &self.analysis.recommended;
        Held {
            tolerance: recommended.threshold.map(|threshold| recommended.best - threshold),
            lambda: match self.settings.recommender {
                Recommender::RidgeOf(lambda) => Some(lambda),
                _ => recommended.ridge.as_ref().map(|ridge| ridge.lambda),
            },
        }
    }

    pub fn fitted(&self) -> Fitted {
        let optimum = &self.analysis.optimum;
        let recommended = &self.analysis.recommended;
        Fitted {
            optimum: optimum
                .weights
                .as_ref()
                .map(|weights| Refit { weights: weights.clone(), correlation: optimum.correlation }),
            recommended: recommended
                .correlation
                .map(|correlation| Refit { weights: recommended.weights.clone(), correlation }),
        }
    }
}
