//! How the fit grows with the number of families.

use rand::seq::SliceRandom;
use rayon::prelude::*;

use crate::resampling::draws::{Purpose, generator};
use mixopt_base::Observer;
use mixopt_fit::statistics::pearson;
use mixopt_fit::{Held, Problem, Refitter, Sample, mixed_bits, total_variation};

/// Families that must be left out for a held-out correlation.
const LEAST_LEFT_OUT: usize = 2;
/// Models that must be left out for one.
const LEAST_MODELS: usize = 4;
/// Families that a fit is made on at least.
const LEAST_FAMILIES: usize = 3;

/// How a learning curve is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LearningCurveSettings {
    /// Numbers of families, spread evenly between 3 and all but 2.
    pub points: usize,
    /// Draws of each number.
    pub draws: usize,
    /// Seed of the random draws.
    pub seed: u64,
}

impl Default for LearningCurveSettings {
    fn default() -> Self {
        Self { points: 8, draws: 50, seed: 0 }
    }
}

/// Mean figures of fits on so many families.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearningCurvePoint {
    /// Families that were fitted on.
    pub families: usize,
    /// Mean number of models that were fitted on.
    pub models: f64,
    /// Draws that have all three correlations; the means are over these, so that they compare.
    pub draws: usize,
    /// Correlation of the optimum on the families left out; `None` where no draw has all three.
    pub optimum: Option<f64>,
    /// Correlation of the recommendation there.
    pub recommended: Option<f64>,
    /// Correlation of equal shares there.
    pub uniform: Option<f64>,
    /// Total variation between the optimum and that of all models; `None` where there is no optimum.
    pub optimum_moves: Option<f64>,
    /// The same for the recommendation.
    pub recommended_moves: Option<f64>,
}

/// Fits on some of the families, drawn without replacement, and looks at the others.
///
/// The correlation on the families left out is Pearson's of the mixture's negative bits and the target, over all models of
/// these families together; it needs two families and four models. Fewer are left out the more are fitted on, so the right
/// end of the curve is an average of noisier figures, not of a worse fit. Draws whose optimum or recommendation is not
/// defined are left out, for all mixtures alike. Several targets: the mean of the standardised ones (`target`).
///
/// Draw `d` of the point at m families has stream `2³² m + d` of its purpose. Empty where there are fewer than five families.
///
/// # Shapes
/// `held`: what refits of the recommendation take over from the fit on all models.
pub fn learning_curve(
    refitter: &Refitter,
    held: Held,
    settings: LearningCurveSettings,
    observer: &dyn Observer,
) -> Vec<LearningCurvePoint> {
    let problem = refitter.problem();
    let families = problem.families.iter().max().map_or(0, |last| last + 1);
    let domains = problem.bits.ncols();
    let uniform = mixed_bits(&problem.bits, &vec![1.0 / domains as f64; domains]);
    let all = [refitter.optimum(Sample::default()), refitter.recommended(Sample::default(), held)];
    let all = all.map(|found| found.map(|found| found.weights));
    let numbers = numbers(families, settings.points);
    observer.begin("learning curve", (numbers.len() * settings.draws) as u64, "refits");
    let run = Run { refitter, problem, held, uniform, all };
    numbers
        .into_iter()
        .map(|number| {
            let draws: Vec<Draw> = (0..settings.draws as u64)
                .into_par_iter()
                .map(|draw| {
                    let mut order: Vec<usize> = (0..families).collect();
                    let mut generator =
                        generator(settings.seed, Purpose::LearningCurve, ((number as u64) << 32) + draw);
                    order.shuffle(&mut generator);
                    let found = run.draw(&order[..number], families);
                    observer.advance(1);
                    found
                })
                .collect();
            point(number, &draws)
        })
        .collect()
}

/// About so many numbers from the least to the most families, ascending.
fn numbers(families: usize, points: usize) -> Vec<usize> {
    let Some(most) = families.checked_sub(LEAST_LEFT_OUT).filter(|&most| most >= LEAST_FAMILIES) else {
        return Vec::new();
    };
    let span = (most - LEAST_FAMILIES) as f64;
    let steps = points.saturating_sub(1).max(1) as f64;
    let mut numbers: Vec<usize> =
        (0..points).map(|point| LEAST_FAMILIES + (span * point as f64 / steps).round() as usize).collect();
    numbers.dedup();
    numbers
}

/// Figures of one draw.
struct Draw {
    models: f64,
    /// Of the optimum, the recommendation and equal shares.
    correlations: Option<[f64; 3]>,
    /// Of the optimum and the recommendation.
    moves: [Option<f64>; 2],
}

struct Run<'a> {
    refitter: &'a Refitter<'a>,
    problem: &'a Problem,
    held: Held,
    uniform: Vec<f64>,
    all: [Option<Vec<f64>>; 2],
}

impl Run<'_> {
    fn draw(&self, chosen: &[usize], families: usize) -> Draw {
        let mut within = vec![0.0; families];
        chosen.iter().for_each(|&family| within[family] = 1.0);
        let counts: Vec<f64> = self.problem.families.iter().map(|&family| within[family]).collect();
        let sample = Sample { model_weights: Some(&counts), ..Sample::default() };
        let found = [self.refitter.optimum(sample), self.refitter.recommended(sample, self.held)];
        let weights = found.map(|found| found.map(|found| found.weights));
        let left_out: Vec<usize> = (0..counts.len()).filter(|&model| counts[model] == 0.0).collect();
        let correlation = |bits: &[f64]| -> Option<f64> {
            let (bits, target): (Vec<f64>, Vec<f64>) =
                left_out.iter().map(|&model| (-bits[model], self.problem.target[model])).unzip();
            if left_out.len() < LEAST_MODELS { None } else { pearson(&bits, &target) }
        };
        let of = |weights: &Option<Vec<f64>>| correlation(&mixed_bits(&self.problem.bits, weights.as_ref()?));
        let moved = |index: usize| Some(total_variation(weights[index].as_ref()?, self.all[index].as_ref()?));
        Draw {
            models: counts.iter().sum(),
            correlations: of(&weights[0])
                .and_then(|optimum| Some([optimum, of(&weights[1])?, correlation(&self.uniform)?])),
            moves: [moved(0), moved(1)],
        }
    }
}

fn point(families: usize, draws: &[Draw]) -> LearningCurvePoint {
    let mean = |values: Vec<f64>| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
    let correlations: Vec<[f64; 3]> = draws.iter().filter_map(|draw| draw.correlations).collect();
    let correlation = |index: usize| mean(correlations.iter().map(|values| values[index]).collect());
    let moves = |index: usize| mean(draws.iter().filter_map(|draw| draw.moves[index]).collect());
    LearningCurvePoint {
        families,
        models: mean(draws.iter().map(|draw| draw.models).collect()).unwrap_or(0.0),
        draws: correlations.len(),
        optimum: correlation(0),
        recommended: correlation(1),
        uniform: correlation(2),
        optimum_moves: moves(0),
        recommended_moves: moves(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resampling::simulated::tests::families_of;
    use mixopt_base::Silent;
    use mixopt_fit::AnalysisSettings;

    #[test]
    fn numbers_are_spread_from_three_to_all_but_two() {
        assert_eq!(numbers(12, 8), [3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(numbers(39, 3), [3, 20, 37]);
        assert_eq!(numbers(6, 8), [3, 4]);
        assert!(numbers(4, 8).is_empty() && numbers(0, 8).is_empty());
    }

    #[test]
    fn fits_on_more_families_are_nearer_to_the_whole_and_better_on_the_rest() {
        let problem = families_of(16, 3, 0.3, 8);
        let analysis = AnalysisSettings::default();
        let refitter = Refitter::new(&problem, &analysis).unwrap();
        let held = Held { tolerance: Some(0.01), lambda: Some(0.1) };
        let curve = || learning_curve(&refitter, held, LearningCurveSettings::default(), &Silent);
        let found = curve();
        assert_eq!(found, curve());
        assert_eq!(found.iter().map(|point| point.families).collect::<Vec<_>>(), [3, 5, 6, 8, 9, 11, 12, 14]);
        let (first, last) = (found[0], found[6]);
        assert!(first.optimum_moves.unwrap() > 1.5 * last.optimum_moves.unwrap(), "{first:?} {last:?}");
        assert!(first.recommended_moves.unwrap() > last.recommended_moves.unwrap(), "{first:?} {last:?}");
        assert!(last.optimum.unwrap() > first.optimum.unwrap(), "{first:?} {last:?}");
        assert_eq!((first.models, last.models), (9.0, 36.0));
    }
}
