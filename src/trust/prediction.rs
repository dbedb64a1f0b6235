//! Scores predicted from bits, with calibrated intervals.

use nalgebra::DMatrix;
use statrs::distribution::{ContinuousCDF, StudentsT};

use mixopt_fit::statistics::{LinearLaw, mean};
use mixopt_fit::{HeldOut, Method, chosen_weights, family_folds, held_out_of, mixed_bits};

use crate::resampling::interval::Interval;

/// What an interval's width stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A residual of held-out models: that of rank `⌈(n + 1) c⌉` by size.
    Conformal,
    /// Student's t with one degree of freedom less than families, since there are too few residuals for that rank.
    StudentT,
}

/// The law of a mixture with the errors it makes on families that it has not seen: all that a prediction needs.
///
/// # Equation
/// `ŷ(x) = intercept + slope × x`, interval `ŷ(x) ± q √(1 + h(x))` with `h(x) = 1/N + (x − x̄)² / Σ(x − x̄)²`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Score per bit.
    pub slope: f64,
    /// Score at zero bits.
    pub intercept: f64,
    /// Mean of the fitted models' bits.
    pub mean_bits: f64,
    /// Sum of squared differences from that mean.
    pub sum_of_squares: f64,
    /// Least bits of a fitted model.
    pub least_bits: f64,
    /// Greatest bits of a fitted model.
    pub greatest_bits: f64,
    /// Models fitted on.
    pub models: usize,
    /// Families that were held out.
    pub families: usize,
    /// Sizes of the held-out models' prediction errors, each over `√(1 + h)` of its fold, smallest first.
    pub residuals: Vec<f64>,
}

/// A predicted score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// The score that the law gives.
    pub score: f64,
    /// Where the model's score lies with the confidence asked for. `None` where the bits are outside those of the fitted
    /// models by more than these span: nothing says that the line goes on so far.
    pub interval: Option<Interval>,
    /// What the interval's width stands on.
    pub basis: Basis,
    /// How far the bits lie below (negative) or above those of all fitted models; `None`: among them.
    pub extrapolation: Option<f64>,
}

impl Calibration {
    /// Fits the line on all models and takes its errors from held-out predictions, in which the mixture too was chosen
    /// without the models predicted.
    ///
    /// # Shapes
    /// `bits` (of the mixture), `target`, `families`: models.
    ///
    /// # Edge cases
    /// `None` where all models have the same bits, or fewer than two families were held out.
    pub fn new(bits: &[f64], target: &[f64], families: &[usize], held_out: &HeldOut) -> Option<Self> {
        let law = LinearLaw::fit(bits, target)?;
        let mean_bits = mean(bits);
        let mut residuals: Vec<f64> = held_out
            .predictions
            .iter()
            .zip(&held_out.leverages)
            .map(|(&(model, predicted), leverage)| (target[model] - predicted).abs() / (1.0 + leverage).sqrt())
            .collect();
        residuals.sort_by(f64::total_cmp);
        let mut held: Vec<usize> = held_out.predictions.iter().map(|&(model, _)| families[model]).collect();
        held.sort_unstable();
        held.dedup();
        let calibration = Self {
            slope: law.slope,
            intercept: law.intercept,
            mean_bits,
            sum_of_squares: bits.iter().map(|x| (x - mean_bits).powi(2)).sum(),
            least_bits: bits.iter().copied().fold(f64::INFINITY, f64::min),
            greatest_bits: bits.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            models: bits.len(),
            families: held.len(),
            residuals,
        };
        (held.len() > 1 && calibration.is_usable()).then_some(calibration)
    }

    /// Whether predictions can be made from these numbers, which a file may have brought.
    pub fn is_usable(&self) -> bool {
        let numbers = [self.slope, self.intercept, self.mean_bits, self.least_bits, self.greatest_bits];
        let ascending = self.residuals.windows(2).all(|pair| pair[0] <= pair[1]);
        numbers.iter().chain(&self.residuals).all(|value| value.is_finite())
            && self.residuals.iter().all(|&size| size >= 0.0)
            && ascending
            && self.sum_of_squares.is_finite()
            && self.sum_of_squares > 0.0
            && self.greatest_bits > self.least_bits
            && self.models > 1
            && self.families > 1
            && self.residuals.len() >= self.families
    }

    /// Half the width of the interval of a model with leverage zero, and what it stands on. `None` for a confidence
    /// outside (0, 1) and unusable numbers.
    ///
    /// # Equation
    /// The residual of rank `⌈(n + 1) c⌉` among n (split conformal prediction, Vovk, Gammerman and Shafer 2005, with folds
    /// of families in place of a split); where there are fewer, `t_{G − 1}((1 + c) / 2)` times the residuals' root mean
    /// square over the square root of `1 − 1/G`, for G families — or the largest residual, where that is more.
    pub fn half_width(&self, confidence: f64) -> Option<(f64, Basis)> {
        if !(confidence > 0.0 && confidence < 1.0 && self.is_usable()) {
            return None;
        }
        let count = self.residuals.len();
        // 0.9 × 20 is 18, not what comes after 18.000000000000004.
        let rank = ((count + 1) as f64 * confidence - 1e-9).ceil().max(1.0) as usize;
        if rank <= count {
            return Some((self.residuals[rank - 1], Basis::Conformal));
        }
        let square = self.residuals.iter().map(|size| size * size).sum::<f64>() / count as f64;
        let student = StudentsT::new(0.0, 1.0, self.families as f64 - 1.0).ok()?;
        let among_families = (1.0 - 1.0 / self.families as f64).sqrt();
        let width = student.inverse_cdf((1.0 + confidence) / 2.0) * square.sqrt() / among_families;
        width.is_finite().then(|| (width.max(self.residuals[count - 1]), Basis::StudentT))
    }

    /// Predicts the score of a model from its bits under the mixture.
    ///
    /// Outside the bits of the fitted models the line is an assumption, which leverage knows nothing of: the interval is wider
    /// by the factor `1 + e`, with `e` how far the bits are outside as a share of what the fitted bits span, and beyond `e = 1`
    /// there is none.
    ///
    /// `None` for bits that are not finite, a confidence outside (0, 1) and unusable numbers.
    pub fn predict(&self, bits: f64, confidence: f64) -> Option<Prediction> {
        let (half_width, basis) = self.half_width(confidence)?;
        let score = self.intercept + self.slope * bits;
        let leverage = 1.0 / self.models as f64 + (bits - self.mean_bits).powi(2) / self.sum_of_squares;
        let span = self.greatest_bits - self.least_bits;
        // The calibration may have been rounded: a fitted model is not outside by that.
        let slack = 1e-6 * span;
        let extrapolation = if bits < self.least_bits - slack {
            Some(bits - self.least_bits)
        } else if bits > self.greatest_bits + slack {
            Some(bits - self.greatest_bits)
        } else {
            None
        };
        let outside = extrapolation.map_or(0.0, f64::abs) / span;
        let half_width = half_width * (1.0 + leverage).sqrt() * (1.0 + outside);
        let interval = (outside <= 1.0).then_some(Interval { lower: score - half_width, upper: score + half_width });
        (score.is_finite() && half_width.is_finite()).then_some(Prediction { score, interval, basis, extrapolation })
    }
}

/// How often intervals held on families of which nothing was known.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Confidence asked for.
    pub confidence: f64,
    /// Models predicted.
    pub models: usize,
    /// Models whose score lay in the interval.
    pub covered: usize,
    /// Mean width of the intervals, in units of the score.
    pub mean_width: f64,
    /// Standard deviation of the scores (divisor n − 1) of the models predicted, to hold the width against.
    pub spread: f64,
}

impl Coverage {
    /// Share of models covered.
    pub fn share(&self) -> f64 {
        self.covered as f64 / self.models as f64
    }
}

/// Leaves each family out in turn and makes everything without it: mixture, line, and the residuals of the calibration by
/// leaving out one of the other families in turn, with the mixture chosen anew there too. The interval is then held against
/// the family's scores.
///
/// `None` where no family can be predicted this way.
///
/// # Shapes
/// `bits`: models × domains; `target`, `families` (numbered from zero without gaps): models. `method` chooses a mixture
/// from the training models of a fold; equal shares stand in where it has none.
pub fn coverage(
    bits: &DMatrix<f64>,
    target: &[f64],
    families: &[usize],
    confidence: f64,
    method: &Method,
) -> Option<Coverage> {
    let equal = vec![1.0 / bits.ncols() as f64; bits.ncols()];
    let (mut covered, mut widths, mut scores) = (0, Vec::new(), Vec::new());
    for outer in family_folds(families, target) {
        let training_target: Vec<f64> = outer.training.iter().map(|&i| target[i]).collect();
        let training_families: Vec<usize> = outer.training.iter().map(|&i| families[i]).collect();
        let training_bits = bits.select_rows(&outer.training);
        // Folds among the training models, in their own positions for the predictions and in all models' for the method.
        let inner = family_folds(&training_families, &training_target);
        let in_all: Vec<_> = inner
            .iter()
            .map(|fold| {
                let mut fold = fold.clone();
                fold.training = fold.training.iter().map(|&i| outer.training[i]).collect();
                fold.test = fold.test.iter().map(|&i| outer.training[i]).collect();
                fold.training_families.retain(|&family| !outer.families.contains(&family));
                fold
            })
            .collect();
        let chosen = chosen_weights(&in_all, method, &|| ());
        let weights = method(&outer).unwrap_or_else(|| equal.clone());
        let calibration = held_out_of(&training_bits, &training_target, &inner, &chosen).and_then(|held_out| {
            let mixed = mixed_bits(&training_bits, &weights);
            Calibration::new(&mixed, &training_target, &training_families, &held_out)
        });
        let Some(calibration) = calibration else { continue };
        let mixed = mixed_bits(bits, &weights);
        for &model in &outer.test {
            if let Some(interval) = calibration.predict(mixed[model], confidence).and_then(|found| found.interval) {
                covered += usize::from(interval.contains(target[model]));
                widths.push(interval.width());
                scores.push(target[model]);
            }
        }
    }
    let spread = mixopt_fit::statistics::standard_deviation(&scores)?;
    Some(Coverage { confidence, models: widths.len(), covered, mean_width: mean(&widths), spread })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calibration(residuals: Vec<f64>, families: usize) -> Calibration {
        Calibration {
            slope: -1.0,
            intercept: 1.0,
            mean_bits: 0.5,
            sum_of_squares: 0.5,
            least_bits: 0.25,
            greatest_bits: 0.75,
            models: 4,
            families,
            residuals,
        }
    }

    #[test]
    fn widths_are_ranks_of_residuals_and_t_beyond_them() {
        let found = calibration((1..=9).map(|i| f64::from(i) / 100.0).collect(), 5);
        assert_eq!(found.half_width(0.9), Some((0.09, Basis::Conformal)));
        assert_eq!(found.half_width(0.5), Some((0.05, Basis::Conformal)));
        let (width, basis) = found.half_width(0.95).unwrap();
        // scipy.stats.t.ppf(0.975, 4) * sqrt(mean(r**2) / 0.8)
        assert!((width - 0.174_680_840_523_843_5).abs() < 1e-9, "{width}");
        assert_eq!(basis, Basis::StudentT);
        assert_eq!(found.half_width(1.0), None);
        assert_eq!(found.half_width(f64::NAN), None);
        let inside = found.predict(0.5, 0.9).unwrap();
        assert!((inside.score - 0.5).abs() < 1e-15 && inside.extrapolation.is_none());
        assert!((inside.interval.unwrap().upper - 0.5 - 0.09 * 1.25_f64.sqrt()).abs() < 1e-15);
        let outside = found.predict(1.0, 0.9).unwrap();
        assert_eq!(outside.extrapolation, Some(0.25));
        // Half of what the fitted bits span is half as wide again: the leverage is 1/4 + 1/2.
        assert!((outside.interval.unwrap().width() - 2.0 * 0.09 * 1.75_f64.sqrt() * 1.5).abs() < 1e-15);
        assert!(found.predict(1.25, 0.9).unwrap().interval.is_some());
        let far = found.predict(1.26, 0.9).unwrap();
        assert!(far.interval.is_none() && far.extrapolation.is_some());
        assert_eq!(found.predict(f64::INFINITY, 0.9), None);
    }

    #[test]
    fn numbers_that_cannot_be_are_not_used() {
        assert_eq!(calibration(vec![0.1], 5).predict(0.5, 0.5), None);
        assert_eq!(calibration(vec![0.2, 0.1], 2).predict(0.5, 0.5), None);
        assert_eq!(calibration(vec![0.1, f64::NAN], 2).predict(0.5, 0.5), None);
        assert!(calibration(vec![0.1, 0.2], 2).predict(0.5, 0.5).is_some());
    }
}
