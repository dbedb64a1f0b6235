//! Names for what an analysis and a comparison number.

use indexmap::IndexMap;
use mixopt_fit::statistics::pearson;
use mixopt_fit::{Analysis, mixed_bits};
use mixopt_study::Study;
use mixopt_trust::{ComparedMethod, Comparison};

use crate::report::figures::{Baselines, Figures, HeldOutBaselines, HeldOutFindings, Tracked};
use crate::setup::case::Case;
use crate::trust::held_out::families_held_out;
use crate::values::Weights;

/// Fewest models with a score for which a benchmark is reported.
const LEAST_MODELS_TO_TRACK: usize = 5;
/// Mixtures may break constraints by rounding.
const ALLOWED: f64 = 1e-9;

/// Gives names to what an analysis and a comparison number.
pub(crate) struct Names<'a> {
    pub case: &'a Case,
    pub analysis: &'a Analysis,
    pub comparison: &'a Comparison,
    /// The way of choosing that the recommended mixture stands for: what you have, where it is kept.
    pub recommended_method: ComparedMethod,
}

impl Names<'_> {
    pub fn by_domain<T>(&self, values: impl Iterator<Item = T>) -> IndexMap<String, T> {
        self.case.joined.domains.iter().cloned().zip(values).collect()
    }

    pub fn weights(&self, weights: &[f64]) -> Weights {
        self.by_domain(weights.iter().copied())
    }

    /// Whether there is another prior than equal shares, which then is one of the mixtures compared.
    fn has_prior(&self) -> bool {
        self.comparison.leave_one_family_out.of(ComparedMethod::Prior).is_some()
    }

    /// What to compare with, in sample.
    pub(crate) fn baselines(&self) -> Baselines {
        let (problem, analysis) = (&self.case.problem, self.analysis);
        let domains = problem.bits.ncols();
        Baselines {
            uniform: Figures::of(&analysis.uniform.evaluation),
            prior: self.has_prior().then(|| Figures::of(&analysis.center.evaluation)),
            uniform_is_allowed: problem.constraints.contain(&vec![1.0 / domains as f64; domains], ALLOWED),
            prior_is_allowed: problem.constraints.contain(&problem.center, ALLOWED),
            single: self.by_domain(analysis.single.iter().map(Figures::of)),
        }
    }

    /// Everything on families held out in turn.
    pub(crate) fn held_out(&self) -> HeldOutFindings {
        let compared = &self.comparison.leave_one_family_out;
        let figures = |method| compared.held_out(method).map(Into::into);
        HeldOutFindings {
            protocol: "leave_one_family_out".to_string(),
            folds: families_held_out(compared),
            mixture: figures(ComparedMethod::Given),
            optimum: figures(ComparedMethod::Optimum).filter(|_| self.analysis.optimum.weights.is_some()),
            recommended: figures(self.recommended_method),
            best_single: figures(ComparedMethod::BestSingle),
            baselines: HeldOutBaselines {
                uniform: figures(ComparedMethod::Uniform),
                prior: figures(ComparedMethod::Prior),
                single: self.by_domain(self.comparison.single.iter().map(|found| found.as_ref().map(Into::into))),
            },
        }
    }

    /// Domains on which all models compress alike.
    pub fn constant_domains(&self) -> Vec<String> {
        self.analysis.constant_domains.iter().map(|&d| self.case.joined.domains[d].clone()).collect()
    }

    /// Correlation of −bits with every benchmark that enough models have a score on, for a mixture that is given (where one
    /// is) and for those of the fit.
    pub fn tracked(&self, study: &Study, given: Option<&[f64]>) -> IndexMap<String, Tracked> {
        let (joined, problem) = (&self.case.joined, &self.case.problem);
        let bits = |weights: &[f64]| mixed_bits(&problem.bits, weights);
        let given = given.map(bits);
        let recommended = bits(&self.analysis.recommended.weights);
        let optimum = self.analysis.optimum.weights.as_deref().map(bits);
        let prior = bits(&problem.center);
        let mut found = IndexMap::new();
        for (column, benchmark) in study.scores.benchmarks.iter().enumerate() {
            let scores: Vec<f64> =
                joined.score_rows.iter().map(|&row| study.scores.matrix.values[(row, column)]).collect();
            let there: Vec<usize> = (0..scores.len()).filter(|&i| !scores[i].is_nan()).collect();
            if there.len() < LEAST_MODELS_TO_TRACK {
                continue;
            }
            let pick = |values: &[f64]| -> Vec<f64> { there.iter().map(|&i| values[i]).collect() };
            let truth = pick(&scores);
            let correlation = |mixed: &[f64]| pearson(&pick(mixed), &truth).map(|r| -r);
            let tracked = Tracked {
                models: there.len(),
                mixture: given.as_deref().and_then(correlation),
                recommended: correlation(&recommended),
                optimum: optimum.as_deref().and_then(correlation),
                prior: correlation(&prior),
            };
            found.insert(benchmark.name.clone(), tracked);
        }
        found
    }
}
