//! Mixtures chosen on the models of a fold alone: nothing that is held out has a say.

use crate::analysis::folds::Fold;
use crate::analysis::recommendation::recommend;
use crate::analysis::refit::{Refitter, Sample};
use crate::data::statistics::pearson;
use crate::estimator::estimated::estimated;
use crate::estimator::{Estimator, Projection};

impl Refitter<'_> {
    /// The recommendation on the models of a fold, its standard error or penalty chosen there too; the center where no
    /// mixture correlates positively.
    pub fn recommended_in(&self, fold: &Fold) -> Vec<f64> {
        let criterion = self.criterion(Some(fold), &self.problem().recommended_controls);
        recommend(self.problem(), self.settings(), self.columns(), criterion.as_ref(), self.center(), Some(fold))
            .weights
    }

    /// The optimum on the models of a fold; `None` where no mixture correlates positively.
    pub fn optimum_in(&self, fold: &Fold) -> Option<Vec<f64>> {
        let model_weights = fold.model_weights(self.problem().target.len());
        let sample = Sample { model_weights: Some(&model_weights), ..Sample::default() };
        self.optimum(sample).map(|found| found.weights)
    }

    /// What a published estimator and projection make of the models of a fold, under the constraints; `None` where they
    /// make nothing.
    pub fn estimated_in(&self, estimator: Estimator, projection: Projection, fold: &Fold) -> Option<Vec<f64>> {
        let problem = self.problem();
        let times = fold.model_weights(problem.target.len());
        estimated((estimator, projection), &problem.bits, &problem.target, &problem.constraints, Some(&times))
    }

    /// All on the domain that correlates best alone on the models of a fold, whatever the constraints; `None` where all
    /// domains are constant there.
    pub fn best_single_in(&self, fold: &Fold) -> Option<Vec<f64>> {
        if fold.training.iter().any(|&i| i >= self.columns().models()) {
            return None;
        }
        let pick = |values: &[f64]| -> Vec<f64> { fold.training.iter().map(|&i| values[i]).collect() };
        let target = pick(&self.problem().target);
        let domains = self.columns().domains();
        let mut best: Option<(usize, f64)> = None;
        for domain in 0..domains {
            if let Some(value) = pearson(&pick(self.columns().column(domain)), &target)
                && best.is_none_or(|(_, so_far)| value > so_far)
            {
                best = Some((domain, value));
            }
        }
        best.map(|(domain, _)| {
            let mut weights = vec![0.0; domains];
            weights[domain] = 1.0;
            weights
        })
    }
}
