//! A thin QR factorisation whose columns come and go.

use crate::data::vector::{add_scaled, dot, norm, scale};

/// `A = Q R` for the few columns that an active-set solver holds, with what they leave of a target, kept up to date as
/// columns are added and removed.
///
/// Columns are orthogonalised by Gram–Schmidt, with a second pass where the first cancels digits, and removed by plane
/// rotations (Daniel, Gragg, Kaufman and Stewart 1976), so the factorisation stays as accurate as a fresh one, and nothing
/// is squared the way normal equations square it: domains correlate at 0.998 on real data.
#[derive(Debug)]
pub(crate) struct ThinQr {
    /// Orthonormal columns.
    q: Vec<Vec<f64>>,
    /// Upper triangle: `r[j]` holds entries `0..=j` of column `j`.
    r: Vec<Vec<f64>>,
    /// `Qᵀ target`.
    coordinates: Vec<f64>,
    /// `target − Q Qᵀ target`.
    residual: Vec<f64>,
    target: Vec<f64>,
}

/// A first pass that leaves at least this share of a column has cancelled no digits that matter.
const CANCELS_LITTLE: f64 = 0.5;

impl ThinQr {
    /// No columns yet.
    pub fn new(target: &[f64]) -> Self {
        Self {
            q: Vec::new(),
            r: Vec::new(),
            coordinates: Vec::new(),
            residual: target.to_vec(),
            target: target.to_vec(),
        }
    }

    /// Appends a unit column. Returns `false`, changing nothing, where it lies in the span of those held already.
    pub fn push(&mut self, column: &[f64]) -> bool {
        self.push_beyond(column, 1e-13)
    }

    /// Appends a unit column if what of it lies outside the span of those held is longer than `least`.
    pub fn push_beyond(&mut self, column: &[f64], least: f64) -> bool {
        let mut direction = column.to_vec();
        let mut coefficients = vec![0.0; self.q.len() + 1];
        let mut size = 1.0;
        loop {
            for (q, coefficient) in self.q.iter().zip(&mut coefficients) {
                let along = dot(q, &direction);
                add_scaled(&mut direction, -along, q);
                *coefficient += along;
            }
            let length = norm(&direction);
            if length <= least {
                return false;
            }
            if length >= CANCELS_LITTLE * size {
                break;
            }
            size = length;
        }
        let length = norm(&direction);
        scale(&mut direction, 1.0 / length);
        coefficients[self.q.len()] = length;
        let along = dot(&direction, &self.residual);
        add_scaled(&mut self.residual, -along, &direction);
        self.coordinates.push(along);
        self.q.push(direction);
        self.r.push(coefficients);
        true
    }

    /// Removes column `index`; later columns move up.
    pub fn remove(&mut self, index: usize) {
        self.r.remove(index);
        for k in index..self.r.len() {
            // Column k now has an entry below the diagonal: rotate rows k and k + 1 so that it vanishes.
            let (a, b) = (self.r[k][k], self.r[k][k + 1]);
            let length = a.hypot(b);
            let (cosine, sine) = if length == 0.0 { (1.0, 0.0) } else { (a / length, b / length) };
            let rotated = |upper: f64, lower: f64| (cosine * upper + sine * lower, cosine * lower - sine * upper);
            for column in &mut self.r[k..] {
                (column[k], column[k + 1]) = rotated(column[k], column[k + 1]);
            }
            self.r[k].truncate(k + 1);
            (self.coordinates[k], self.coordinates[k + 1]) = rotated(self.coordinates[k], self.coordinates[k + 1]);
            let (front, back) = self.q.split_at_mut(k + 1);
            for (x, y) in front[k].iter_mut().zip(back[0].iter_mut()) {
                (*x, *y) = rotated(*x, *y);
            }
        }
        if let (Some(direction), Some(along)) = (self.q.pop(), self.coordinates.pop()) {
            add_scaled(&mut self.residual, along, &direction);
        }
    }

    /// Takes coordinates and residual anew from the target, without what rounding has gathered in them.
    pub fn refresh(&mut self) {
        self.residual.copy_from_slice(&self.target);
        self.coordinates.fill(0.0);
        for _ in 0..2 {
            for (q, coordinate) in self.q.iter().zip(&mut self.coordinates) {
                let along = dot(q, &self.residual);
                add_scaled(&mut self.residual, -along, q);
                *coordinate += along;
            }
        }
    }

    /// The least-squares coefficients of the target on the columns.
    pub fn solve(&self) -> Vec<f64> {
        self.solve_for(&self.coordinates)
    }

    /// `R⁻¹ right`.
    pub fn solve_for(&self, right: &[f64]) -> Vec<f64> {
        let mut x = right.to_vec();
        for j in (0..x.len()).rev() {
            x[j] /= self.r[j][j];
            let (solved, column) = (x[j], &self.r[j]);
            add_scaled(&mut x[..j], -solved, &column[..j]);
        }
        x
    }

    /// `R⁻ᵀ right`.
    pub fn solve_transposed(&self, right: &[f64]) -> Vec<f64> {
        let mut x = right.to_vec();
        for j in 0..x.len() {
            let column = &self.r[j];
            x[j] = (x[j] - dot(&column[..j], &x[..j])) / column[j];
        }
        x
    }

    /// What is left of the target outside the span of the columns.
    pub fn residual(&self) -> &[f64] {
        &self.residual
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removing_a_column_leaves_the_factorisation_of_the_others() {
        let columns = [[1.0, 0.2, 0.1, -0.3], [0.9, 0.3, 0.1, 0.2], [0.1, 0.8, -0.5, 0.2]].map(|mut c| {
            let length = norm(&c);
            scale(&mut c, 1.0 / length);
            c
        });
        let target = [0.3, -0.2, 0.9, 0.4];
        for gone in 0..3 {
            let mut updated = ThinQr::new(&target);
            let mut fresh = ThinQr::new(&target);
            for (index, column) in columns.iter().enumerate() {
                assert!(updated.push(column));
                if index != gone {
                    assert!(fresh.push(column));
                }
            }
            updated.remove(gone);
            for (a, b) in updated.solve().iter().zip(fresh.solve()) {
                assert!((a - b).abs() < 1e-13, "{a} {b}");
            }
            for (a, b) in updated.residual().iter().zip(fresh.residual()) {
                assert!((a - b).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn a_column_in_the_span_is_refused() {
        let mut factorisation = ThinQr::new(&[1.0, 2.0, 3.0]);
        assert!(factorisation.push(&[1.0, 0.0, 0.0]));
        assert!(factorisation.push(&[0.6, 0.8, 0.0]));
        assert!(!factorisation.push(&[0.0, 1.0, 0.0]));
        assert_eq!(factorisation.q.len(), 2);
    }
}
