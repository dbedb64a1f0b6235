//! What each model and each family does to the fit.

use rayon::prelude::*;

use crate::resampling::fitted::Fitted;
use mixopt_base::Observer;
use mixopt_fit::{Held, Refit, RefitOptimum, Refits, Refitter, Sample, total_variation};

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
pub fn influence(refitter: &Refitter, held: Held, fitted: &Fitted, observer: &dyn Observer) -> Influence {
    let families = &refitter.problem().families;
    let count = families.iter().max().map_or(0, |last| last + 1);
    observer.begin("influence of models and families", (families.len() + count) as u64, "refits");
    let start = fitted.recommended.as_ref().map(|found| found.weights.as_slice());
    let refit = |model_weights: &[f64]| {
        let sample = Sample { model_weights: Some(model_weights), start, ..Sample::default() };
        let refits = refitter.both(sample, held);
        observer.advance(1);
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
                observer.advance(1);
                return models[model].clone();
            }
            refit(&without_family(refitter, family))
        })
        .collect();
    Influence { models, families }
}

/// How often each model counts where a family is left out.
pub(crate) fn without_family(refitter: &Refitter, family: usize) -> Vec<f64> {
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

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;
    use rand::RngExt;

    use super::*;
    use crate::{Purpose, generator};
    use mixopt_base::Silent;
    use mixopt_fit::{AnalysisSettings, Problem, Recommender};

    const HELD: Held = Held { tolerance: Some(0.01), lambda: None };

    /// Eight models, the first one an outlier; families of one, three and four.
    fn problem() -> Problem {
        let mut generator = generator(2, Purpose::Power, 0);
        let bits = DMatrix::from_fn(8, 3, |_, _| 1.0 + 0.2 * generator.random::<f64>());
        let mut target: Vec<f64> =
            (0..8).map(|i| -bits[(i, 0)] - bits[(i, 1)] + 0.02 * generator.random::<f64>()).collect();
        target[0] = -4.0 * bits[(0, 2)];
        Problem::plain(bits, target, vec![0, 1, 1, 1, 2, 2, 2, 2])
    }

    fn all(problem: &Problem) -> (Fitted, Influence) {
        let settings = AnalysisSettings { recommender: Recommender::LeastChange, ..AnalysisSettings::default() };
        let refitter = Refitter::new(problem, &settings).unwrap();
        let fitted = Fitted {
            optimum: refitter.optimum(Sample::default()),
            recommended: refitter.recommended(Sample::default(), HELD),
        };
        let found = influence(&refitter, HELD, &fitted, &Silent);
        (fitted, found)
    }

    #[test]
    fn leaving_out_is_fitting_the_others() {
        let problem = problem();
        let (fitted, found) = all(&problem);
        assert_eq!((found.models.len(), found.families.len()), (8, 3));
        assert_eq!(found.models[0], found.families[0]);
        let mut with_a_domain = 0;
        for (gone, left_out) in found.models.iter().enumerate() {
            let mut others = problem.clone();
            others.bits = problem.bits.clone().remove_row(gone);
            others.target.remove(gone);
            others.families.remove(gone);
            if gone == 0 {
                others.families.iter_mut().for_each(|family| *family -= 1);
            }
            let (anew, _) = all(&others);
            for (moved, anew, full) in [
                (&left_out.optimum, anew.optimum, &fitted.optimum),
                (&left_out.recommended, anew.recommended, &fitted.recommended),
            ] {
                let (Some(moved), Some(anew), Some(full)) = (moved, anew, full) else {
                    panic!("a mixture is missing without model {gone}")
                };
                assert!((moved.correlation - anew.correlation).abs() < 1e-9);
                assert!(moved.weights.iter().zip(&anew.weights).all(|(a, b)| (a - b).abs() < 1e-6));
                assert!((moved.change - (moved.correlation - full.correlation)).abs() < 1e-15);
                let Some(MovedDomain { domain, from, to }) = moved.domain else {
                    assert_eq!(moved.moved, 0.0);
                    continue;
                };
                with_a_domain += 1;
                assert_eq!((from, to), (full.weights[domain], moved.weights[domain]));
                assert!((0..3).all(|d| (moved.weights[d] - full.weights[d]).abs() <= (to - from).abs()));
                // The largest change is at most all that moves, and at least an even share of both ways.
                assert!(
                    (to - from).abs() <= moved.moved + 1e-12 && 3.0 * (to - from).abs() >= 2.0 * moved.moved - 1e-12
                );
            }
        }
        assert!(with_a_domain >= 8, "{with_a_domain}");
        let most = found.models.iter().map(|left_out| left_out.optimum.as_ref().unwrap().moved);
        let most = most.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        assert_eq!(most.0, 0, "the outlier moves the mixture most");
    }

    #[test]
    fn without_enough_models_or_a_target_that_varies_there_is_no_refit() {
        let mut problem = problem();
        // Four models less the constant leave three degrees of freedom; three models leave two.
        let (_, found) = all(&problem);
        assert!(found.families[2].optimum.is_some() || found.families[2].recommended.is_some());
        problem.families = vec![0, 0, 0, 1, 1, 1, 1, 1];
        let (_, found) = all(&problem);
        assert_eq!(found.families[1], LeftOut { optimum: None, recommended: None });
        problem.families = vec![0, 1, 1, 1, 1, 1, 1, 1];
        problem.target = vec![0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1];
        let (_, found) = all(&problem);
        assert_eq!(found.families[0], LeftOut { optimum: None, recommended: None });
    }
}
