//! Correlations of all pairs, and of all but those of one group, from sums.

use crate::data::statistics::mean;

/// Sums of squares and products of `(1, controls, x, y)`, by group: whatever is left out, a (partial) correlation follows from
/// a matrix of a few numbers.
#[derive(Debug, Clone)]
pub(crate) struct Moments {
    /// Of each group, row by row.
    groups: Vec<Vec<f64>>,
    total: Vec<f64>,
    /// Width of the matrix: controls and three.
    width: usize,
}

/// What is left of a sum of squares at this share of it is rounding.
const ROUNDING: f64 = 1e-12;

impl Moments {
    /// # Shapes
    /// `x`, `y`, each control and `group`: pairs; groups are below `count`.
    pub fn by_group(x: &[f64], y: &[f64], controls: &[Vec<f64>], group: &[usize], count: usize) -> Self {
        let width = controls.len() + 3;
        // Around their means, so that sums of squares are of what varies.
        let centred = |values: &[f64]| -> Vec<f64> {
            let centre = mean(values);
            values.iter().map(|value| value - centre).collect()
        };
        let mut rows = vec![vec![1.0; x.len()]];
        rows.extend(controls.iter().map(|control| centred(control)));
        rows.extend([centred(x), centred(y)]);
        let mut groups = vec![vec![0.0; width * width]; count];
        for (pair, &group) in group.iter().enumerate() {
            for i in 0..width {
                for j in 0..width {
                    groups[group][i * width + j] += rows[i][pair] * rows[j][pair];
                }
            }
        }
        let mut total = vec![0.0; width * width];
        groups.iter().for_each(|group| total.iter_mut().zip(group).for_each(|(sum, value)| *sum += value));
        Self { groups, total, width }
    }

    /// The correlation of `x` and `y` given the controls; `None` where one of them is constant or explained by these.
    pub fn correlation(&self) -> Option<f64> {
        self.of(self.total.clone())
    }

    /// The same without the pairs of a group.
    pub fn correlation_without(&self, group: usize) -> Option<f64> {
        self.of(self.total.iter().zip(&self.groups[group]).map(|(sum, value)| sum - value).collect())
    }

    /// Sweeps the constant and the controls out.
    fn of(&self, mut sums: Vec<f64>) -> Option<f64> {
        let width = self.width;
        let before = sums.clone();
        let is_left = |sums: &[f64], i: usize| sums[i * width + i] > ROUNDING * before[i * width + i];
        for pivot in 0..width - 2 {
            if !is_left(&sums, pivot) {
                continue;
            }
            let diagonal = sums[pivot * width + pivot];
            for i in pivot + 1..width {
                let factor = sums[i * width + pivot] / diagonal;
                for j in pivot + 1..width {
                    sums[i * width + j] -= factor * sums[pivot * width + j];
                }
            }
        }
        let (x, y) = (width - 2, width - 1);
        (is_left(&sums, x) && is_left(&sums, y))
            .then(|| sums[x * width + y] / (sums[x * width + x] * sums[y * width + y]).sqrt())
            .map(|correlation| correlation.clamp(-1.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::columns::CompressionColumns;
    use crate::data::design::Design;
    use crate::data::statistics::pearson;
    use nalgebra::DMatrix;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn correlations_without_a_group_are_those_of_the_others() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut draw = || -> Vec<f64> { (0..24).map(|_| 5.0 + random.random::<f64>()).collect() };
        let (x, y, control) = (draw(), draw(), draw());
        let groups: Vec<usize> = (0..24).map(|i| i % 5).collect();
        let plain = Moments::by_group(&x, &y, &[], &groups, 5);
        assert!((plain.correlation().unwrap() - pearson(&x, &y).unwrap()).abs() < 1e-13);
        let given = Moments::by_group(&x, &y, std::slice::from_ref(&control), &groups, 5);
        for left_out in 0..5 {
            let kept: Vec<usize> = (0..24).filter(|i| groups[*i] != left_out).collect();
            let pick = |values: &[f64]| -> Vec<f64> { kept.iter().map(|&i| values[i]).collect() };
            let expected = pearson(&pick(&x), &pick(&y)).unwrap();
            assert!((plain.correlation_without(left_out).unwrap() - expected).abs() < 1e-13);
            let bits: Vec<f64> = pick(&x).iter().map(|value| -value).collect();
            let columns = CompressionColumns::new(&DMatrix::from_vec(bits.len(), 1, bits)).unwrap();
            let design = Design::new(&columns, &pick(&y), None, &[pick(&control)]).unwrap();
            let expected = design.correlation(&[1.0]).unwrap();
            assert!((given.correlation_without(left_out).unwrap() - expected).abs() < 1e-12);
        }
        let flat = Moments::by_group(&[0.1; 24], &y, &[], &groups, 5);
        assert_eq!((flat.correlation(), flat.correlation_without(2)), (None, None));
    }
}
