//! The conditions on a mixture in the one form that solvers work with.

use crate::constraints::linear::{Constraints, Relation, Row};
use crate::data::vector::{norm, remove_components};

/// A row scaled to a largest coefficient of one and turned so that it reads `Σ coefficient × share ≤ right`.
#[derive(Debug, Clone)]
pub(crate) struct ScaledRow {
    /// Domain and coefficient, each domain once, ascending.
    pub coefficients: Vec<(usize, f64)>,
    pub right: f64,
    /// The sides must be equal.
    pub is_equality: bool,
    /// The equalities before it, the bounds that leave one share and `Σw = 1` say as much already.
    pub is_redundant: bool,
    /// What the row was divided by: a multiplier of this row over it is one of the row as given.
    pub scale: f64,
}

impl ScaledRow {
    fn new(row: &Row) -> Self {
        let sign = if row.relation == Relation::AtLeast { -1.0 } else { 1.0 };
        let scale = row.size();
        let mut sorted = row.coefficients.clone();
        sorted.sort_by_key(|&(domain, _)| domain);
        let mut coefficients: Vec<(usize, f64)> = Vec::with_capacity(sorted.len());
        for (domain, coefficient) in sorted {
            let value = sign * coefficient / scale;
            match coefficients.last_mut() {
                Some((last, sum)) if *last == domain => *sum += value,
                _ => coefficients.push((domain, value)),
            }
        }
        coefficients.retain(|&(_, value)| value != 0.0);
        let is_equality = row.relation == Relation::Equal;
        Self { coefficients, right: sign * row.right / scale, is_equality, is_redundant: false, scale }
    }

    /// The left side.
    pub fn left(&self, weights: &[f64]) -> f64 {
        self.coefficients.iter().map(|&(domain, coefficient)| coefficient * weights[domain]).sum()
    }

    /// What is left until the row binds; below zero where it is broken. An equality has none.
    pub fn slack(&self, weights: &[f64]) -> f64 {
        let slack = self.right - self.left(weights);
        if self.is_equality { -slack.abs() } else { slack }
    }
}

/// Where a share stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Free,
    Least,
    Greatest,
}

/// The conditions that are taken to hold with equality.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Active {
    pub sides: Vec<Side>,
    pub rows: Vec<bool>,
}

/// Bounds and scaled rows of [`Constraints`].
#[derive(Debug, Clone)]
pub(crate) struct Limits<'a> {
    pub least: &'a [f64],
    pub greatest: &'a [f64],
    pub rows: Vec<ScaledRow>,
}

impl<'a> Limits<'a> {
    pub fn new(constraints: &'a Constraints) -> Self {
        let mut limits = Self {
            least: constraints.bounds().least(),
            greatest: constraints.bounds().greatest(),
            rows: constraints.rows().iter().map(ScaledRow::new).collect(),
        };
        limits.mark_redundant();
        limits
    }

    /// Equalities that say the same twice trouble solvers: they are found here, once. Where two contradict each other none
    /// is redundant.
    fn mark_redundant(&mut self) {
        let domains = self.domains();
        let is_fixed: Vec<bool> = (0..domains).map(|d| self.is_fixed(d)).collect();
        let fixed_part = |domain: usize| if is_fixed[domain] { self.least[domain] } else { 0.0 };
        let mut basis: Vec<Vec<f64>> = Vec::new();
        // Right sides are a last entry: rows that agree in it, too, are dependent as a whole.
        let mut whole: Vec<f64> = is_fixed.iter().map(|&fixed| f64::from(u8::from(!fixed))).collect();
        whole.push(1.0 - (0..domains).map(fixed_part).sum::<f64>());
        let mut is_redundant = vec![false; self.rows.len()];
        let mut add = |mut direction: Vec<f64>| -> bool {
            let size = norm(&direction);
            remove_components(&mut direction, basis.iter().map(Vec::as_slice));
            let length = norm(&direction);
            let is_new = length > 1e-12 * size && length > 0.0;
            if is_new {
                direction.iter_mut().for_each(|value| *value /= length);
                basis.push(direction);
            }
            is_new
        };
        add(whole);
        for (row, is_redundant) in self.rows.iter().zip(&mut is_redundant).filter(|(row, _)| row.is_equality) {
            let mut direction = vec![0.0; domains + 1];
            let mut right = row.right;
            for &(domain, value) in &row.coefficients {
                if is_fixed[domain] {
                    right -= value * fixed_part(domain);
                } else {
                    direction[domain] = value;
                }
            }
            direction[domains] = right;
            *is_redundant = !add(direction);
        }
        self.rows.iter_mut().zip(is_redundant).for_each(|(row, redundant)| row.is_redundant = redundant);
    }

    pub fn domains(&self) -> usize {
        self.least.len()
    }

    /// The bounds leave the domain one share.
    pub fn is_fixed(&self, domain: usize) -> bool {
        self.least[domain] == self.greatest[domain]
    }

    /// The greatest weight says more than that shares add up to one.
    pub fn is_capped(&self, domain: usize) -> bool {
        self.greatest[domain] < 1.0
    }

    /// The conditions that hold with equality up to `tolerance`, equalities always among them.
    pub fn tight(&self, weights: &[f64], tolerance: f64) -> Active {
        let side = |domain: usize| {
            let (below, above) = (weights[domain] - self.least[domain], self.greatest[domain] - weights[domain]);
            if self.is_fixed(domain) || (below <= tolerance && below <= above) {
                Side::Least
            } else if above <= tolerance && self.is_capped(domain) {
                Side::Greatest
            } else {
                Side::Free
            }
        };
        Active {
            sides: (0..self.domains()).map(side).collect(),
            rows: self.rows.iter().map(|row| row.is_equality || row.slack(weights) <= tolerance).collect(),
        }
    }

    /// The most that a mixture breaks a condition by.
    pub fn violation(&self, weights: &[f64]) -> f64 {
        let bounds = weights.iter().zip(self.least.iter().zip(self.greatest)).map(|(w, (l, u))| (l - w).max(w - u));
        let rows = self.rows.iter().map(|row| -row.slack(weights));
        bounds.chain(rows).fold((weights.iter().sum::<f64>() - 1.0).abs(), f64::max)
    }

    /// `values − Σ multiplier × row`.
    pub fn reduced(&self, values: &[f64], multipliers: &[f64]) -> Vec<f64> {
        let mut reduced = values.to_vec();
        for (row, &multiplier) in self.rows.iter().zip(multipliers) {
            if multiplier != 0.0 {
                row.coefficients.iter().for_each(|&(domain, a)| reduced[domain] -= multiplier * a);
            }
        }
        reduced
    }
}
