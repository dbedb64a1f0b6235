//! How predicted scores agree with true ones, on the models as they are or on families drawn with replacement.

use crate::data::vector::{dot, norm, remove_components, scale};

/// Agreement of predicted and true scores.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// Pearson's correlation; `None` where one side is constant.
    pub pearson: Option<f64>,
    /// The same with what is controlled for taken out of both sides; `None` where nothing is, or where it explains one side.
    #[serde(default)]
    pub partial: Option<f64>,
    /// Spearman's rank correlation, ties sharing their average rank; `None` where one side is constant.
    pub spearman: Option<f64>,
    /// Root mean square of predicted less true scores (divisor n), in units of the score.
    pub rmse: f64,
    /// Share of the pairs of models with different true scores whose predictions stand in the same order; a tie in
    /// prediction counts half. 0.5 is guessing. `None` where all true scores are equal.
    pub order_accuracy: Option<f64>,
}

impl Agreement {
    /// Agreement over all predictions, each counted once. `None` where there are none, one is not finite, or there is not
    /// one true score for each.
    pub fn of(predicted: &[f64], truth: &[f64]) -> Option<Self> {
        Paired::new(predicted, truth, &vec![0; truth.len()])?.agreement(&[1.0])
    }

    /// The mean of each figure over several agreements; a figure that one of them lacks is `None`. `None` for none.
    pub fn mean(of: &[Self]) -> Option<Self> {
        let count = of.len() as f64;
        let mean = |value: fn(&Self) -> Option<f64>| -> Option<f64> {
            of.iter().map(value).sum::<Option<f64>>().map(|sum| sum / count)
        };
        (!of.is_empty()).then(|| Self {
            pearson: mean(|agreement| agreement.pearson),
            partial: mean(|agreement| agreement.partial),
            spearman: mean(|agreement| agreement.spearman),
            rmse: of.iter().map(|agreement| agreement.rmse).sum::<f64>() / count,
            order_accuracy: mean(|agreement| agreement.order_accuracy),
        })
    }
}

/// Predicted and true scores of models in groups, ready to be compared however often each group counts.
///
/// Orders and pairs are looked at once, so that a replicate costs O(n + groups²) instead of O(n²).
#[derive(Debug, Clone)]
pub struct Paired {
    predicted: Vec<f64>,
    truth: Vec<f64>,
    /// What is controlled for, by prediction.
    controls: Vec<Vec<f64>>,
    /// Group of each prediction.
    groups: Vec<usize>,
    /// Positions in ascending order of the prediction, and of the truth.
    by_predicted: Vec<usize>,
    by_truth: Vec<usize>,
    /// Pairs within or between groups g ≤ h, at `g · count + h`: those in the right order, and those that have one.
    in_order: Vec<f64>,
    ordered: Vec<f64>,
    count: usize,
}

impl Paired {
    /// Sorts and counts pairs. `None` where there are no predictions, a value is not finite, or the slices differ in
    /// length.
    ///
    /// # Shapes
    /// Predicted score, true score and group (from 0) of each prediction.
    pub fn new(predicted: &[f64], truth: &[f64], groups: &[usize]) -> Option<Self> {
        if predicted.len() != truth.len() || truth.len() != groups.len() {
            return None;
        }
        if predicted.is_empty() || predicted.iter().chain(truth).any(|value| !value.is_finite()) {
            return None;
        }
        let count = groups.iter().max().map_or(0, |last| last + 1);
        let (mut in_order, mut ordered) = (vec![0.0; count * count], vec![0.0; count * count]);
        for i in 0..truth.len() {
            for j in (0..i).filter(|&j| truth[i] != truth[j]) {
                let cell = groups[i].min(groups[j]) * count + groups[i].max(groups[j]);
                ordered[cell] += 1.0;
                if predicted[i] == predicted[j] {
                    in_order[cell] += 0.5;
                } else if (predicted[i] < predicted[j]) == (truth[i] < truth[j]) {
                    in_order[cell] += 1.0;
                }
            }
        }
        Some(Self {
            by_predicted: ascending(predicted),
            by_truth: ascending(truth),
            predicted: predicted.to_vec(),
            truth: truth.to_vec(),
            controls: Vec::new(),
            groups: groups.to_vec(),
            in_order,
            ordered,
            count,
        })
    }

    /// With covariates to control for in the partial correlation. Covariates of other predictions, or with values that are not
    /// finite, are left out.
    ///
    /// # Shapes
    /// `controls`: any number of covariates, a value for each prediction.
    pub fn given(mut self, controls: &[Vec<f64>]) -> Self {
        let fits = |control: &&Vec<f64>| control.len() == self.truth.len() && control.iter().all(|v| v.is_finite());
        self.controls = controls.iter().filter(fits).cloned().collect();
        self
    }

    /// Number of groups: one more than the last.
    pub fn groups(&self) -> usize {
        self.count
    }

    /// The agreement where each group counts so many times, as if its models stood there as often. `None` where nothing
    /// counts, or `times` is of other groups.
    ///
    /// # Shapes
    /// `times`: groups, whole numbers from zero.
    pub fn agreement(&self, times: &[f64]) -> Option<Agreement> {
        let weights = self.weights(times)?;
        let total: f64 = weights.iter().sum();
        if total <= 0.0 {
            return None;
        }
        let squares: f64 =
            self.predicted.iter().zip(&self.truth).zip(&weights).map(|((p, t), w)| w * (p - t).powi(2)).sum();
        let ranks = |values: &[f64], order: &[usize]| ranks(values, order, &weights);
        let (mut in_order, mut ordered) = (0.0, 0.0);
        for g in (0..self.count).filter(|&g| times[g] != 0.0) {
            let row = g * self.count + g..(g + 1) * self.count;
            let cells = self.in_order[row.clone()].iter().zip(&self.ordered[row]);
            for (other, (here, of)) in times[g..].iter().zip(cells) {
                let pairs = times[g] * other;
                in_order += pairs * here;
                ordered += pairs * of;
            }
        }
        Some(Agreement {
            pearson: pearson(&self.predicted, &self.truth, &weights),
            partial: (!self.controls.is_empty())
                .then(|| partial(&self.predicted, &self.truth, &self.controls, &weights))
                .flatten(),
            spearman: pearson(
                &ranks(&self.predicted, &self.by_predicted),
                &ranks(&self.truth, &self.by_truth),
                &weights,
            ),
            rmse: (squares / total).sqrt(),
            order_accuracy: (ordered > 0.0).then(|| in_order / ordered),
        })
    }

    /// Pearson's correlation alone, where it is defined.
    pub fn pearson(&self, times: &[f64]) -> Option<f64> {
        pearson(&self.predicted, &self.truth, &self.weights(times)?)
    }

    fn weights(&self, times: &[f64]) -> Option<Vec<f64>> {
        (times.len() == self.count).then(|| self.groups.iter().map(|&group| times[group]).collect())
    }
}

fn ascending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    order
}

/// Average ranks where each value stands `weights` times; of a value that does not stand there, anything.
fn ranks(values: &[f64], order: &[usize], weights: &[f64]) -> Vec<f64> {
    let mut ranks = vec![0.0; values.len()];
    let (mut start, mut below) = (0, 0.0);
    while start < order.len() {
        let mut end = start;
        let mut here = 0.0;
        while end < order.len() && values[order[end]] == values[order[start]] {
            here += weights[order[end]];
            end += 1;
        }
        let shared = below + (here + 1.0) / 2.0;
        order[start..end].iter().for_each(|&index| ranks[index] = shared);
        below += here;
        start = end;
    }
    ranks
}

/// The correlation of what the constant and the controls leave of both sides, where each pair counts `weights` times; `None`
/// where they leave nothing.
fn partial(x: &[f64], y: &[f64], controls: &[Vec<f64>], weights: &[f64]) -> Option<f64> {
    let weigh = |values: &[f64]| -> Vec<f64> { values.iter().zip(weights).map(|(v, w)| v * w.sqrt()).collect() };
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(controls.len() + 1);
    let left = |values: &[f64], basis: &[Vec<f64>]| {
        let mut direction = weigh(values);
        let size = norm(&direction);
        remove_components(&mut direction, basis.iter().map(Vec::as_slice));
        let length = norm(&direction);
        (length > 1e-10 * size).then_some((direction, length))
    };
    let ones = vec![1.0; x.len()];
    for covariate in std::iter::once(&ones).chain(controls) {
        if let Some((mut direction, length)) = left(covariate, &basis) {
            scale(&mut direction, 1.0 / length);
            basis.push(direction);
        }
    }
    let ((x, x_length), (y, y_length)) = (left(x, &basis)?, left(y, &basis)?);
    Some((dot(&x, &y) / (x_length * y_length)).clamp(-1.0, 1.0))
}

/// As [`is_constant`](crate::data::statistics::is_constant) of the values that stand there at all.
fn is_constant_where(values: &[f64], weights: &[f64]) -> bool {
    let present = || values.iter().zip(weights).filter(|(_, weight)| **weight > 0.0).map(|(value, _)| *value);
    let (mut count, mut sum, mut size) = (0.0, 0.0, 0.0);
    for value in present() {
        count += 1.0;
        sum += value;
        size += value * value;
    }
    let mean = sum / count;
    let spread: f64 = present().map(|value| (value - mean).powi(2)).sum();
    spread <= 1e-26 * size || count < 2.0
}

/// Pearson's correlation where each pair stands `weights` times; `None` where one side is constant.
fn pearson(x: &[f64], y: &[f64], weights: &[f64]) -> Option<f64> {
    if is_constant_where(x, weights) || is_constant_where(y, weights) {
        return None;
    }
    let (mut total, mut mean_x, mut mean_y) = (0.0, 0.0, 0.0);
    for ((a, b), weight) in x.iter().zip(y).zip(weights) {
        total += weight;
        mean_x += weight * a;
        mean_y += weight * b;
    }
    (mean_x, mean_y) = (mean_x / total, mean_y / total);
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for ((a, b), weight) in x.iter().zip(y).zip(weights) {
        let (a, b) = (a - mean_x, b - mean_y);
        xy += weight * a * b;
        xx += weight * a * a;
        yy += weight * b * b;
    }
    Some((xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::statistics;

    #[test]
    fn each_figure_is_what_it_says() {
        let (predicted, truth) = ([0.1, 0.4, 0.4, 0.9, 0.5], [0.2, 0.1, 0.5, 0.5, 0.8]);
        let found = Agreement::of(&predicted, &truth).unwrap();
        assert_eq!(found.pearson, statistics::pearson(&predicted, &truth));
        assert_eq!(found.spearman, statistics::spearman(&predicted, &truth));
        // Squares 0.01, 0.09, 0.01, 0.16, 0.09.
        assert!((found.rmse - (0.36_f64 / 5.0).sqrt()).abs() < 1e-15);
        // Ten pairs, one tied in truth; right: 0<2, 0<3, 0<4, 1<3, 1<4, 2<4; half: 1~2; wrong: 0>1, 3>4.
        assert!((found.order_accuracy.unwrap() - 6.5 / 9.0).abs() < 1e-15);
    }

    #[test]
    fn what_is_not_defined_is_none() {
        let found = Agreement::of(&[0.5, 0.5, 0.5], &[0.1, 0.2, 0.4]).unwrap();
        assert_eq!((found.pearson, found.spearman, found.order_accuracy), (None, None, Some(0.5)));
        assert_eq!(Agreement::of(&[0.1, 0.2], &[0.3, 0.3]).unwrap().order_accuracy, None);
        assert_eq!(Agreement::of(&[], &[]), None);
        assert_eq!(Agreement::of(&[f64::NAN], &[0.3]), None);
        assert_eq!(Agreement::mean(&[]), None);
    }

    #[test]
    fn a_group_that_counts_twice_stands_there_twice() {
        let predicted = [0.1, 0.7, 0.4, 0.4, 0.9, 0.3];
        let truth = [0.2, 0.6, 0.5, 0.1, 0.5, 0.8];
        let groups = [0, 0, 1, 1, 2, 2];
        let paired = Paired::new(&predicted, &truth, &groups).unwrap();
        for times in [[1, 1, 1], [2, 1, 0], [0, 3, 1], [0, 0, 4], [1, 0, 3]] {
            let drawn: Vec<usize> = (0..6).flat_map(|i| std::iter::repeat_n(i, times[groups[i]])).collect();
            let pick = |values: &[f64]| -> Vec<f64> { drawn.iter().map(|&i| values[i]).collect() };
            let expected = Agreement::of(&pick(&predicted), &pick(&truth)).unwrap();
            let found = paired.agreement(&times.map(|count| count as f64)).unwrap();
            let close = |a: Option<f64>, b: Option<f64>| (a.unwrap() - b.unwrap()).abs() < 1e-14;
            assert!(close(found.pearson, expected.pearson) && close(found.spearman, expected.spearman), "{times:?}");
            assert!(close(found.order_accuracy, expected.order_accuracy), "{times:?} {found:?} {expected:?}");
            assert!((found.rmse - expected.rmse).abs() < 1e-15);
            assert_eq!(paired.pearson(&times.map(|count| count as f64)), found.pearson);
        }
        assert_eq!(paired.agreement(&[0.0; 3]), None);
        // The partial correlation is that of the residuals of both sides on the control.
        let control = [1.0, 2.0, 4.0, 3.0, 0.0, 5.0];
        let given = paired.given(&[control.to_vec()]).agreement(&[1.0; 3]).unwrap();
        let residuals = |values: &[f64]| -> Vec<f64> {
            let law = statistics::LinearLaw::fit(&control, values).unwrap();
            values.iter().zip(&control).map(|(value, x)| value - law.predict(*x)).collect()
        };
        let expected = statistics::pearson(&residuals(&predicted), &residuals(&truth)).unwrap();
        assert!((given.partial.unwrap() - expected).abs() < 1e-14);
    }
}
