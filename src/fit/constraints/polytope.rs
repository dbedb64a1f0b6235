//! The conditions on a mixture as rows of a cone program.

use clarabel::solver::SupportedConeT;

use crate::constraints::limits::{Active, Limits, Side};
use crate::solvers::cone_program::Rows;

/// What a row of the program stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Source {
    Sum,
    Row(usize),
    Least(usize),
    Greatest(usize),
}

/// The conditions as rows over the shares, the first variables of a program: equalities, then inequalities.
#[derive(Debug)]
pub(crate) struct Polytope {
    pub rows: Rows,
    equalities: usize,
    /// What each row stands for.
    pub sources: Vec<Source>,
}

impl Polytope {
    /// The least weights of domains that `needs_least` leaves out are no rows: something else keeps those shares up.
    pub fn new(limits: &Limits, needs_least: impl Fn(usize) -> bool) -> Self {
        let mut made = Self { rows: Rows::default(), equalities: 0, sources: Vec::new() };
        made.push(Source::Sum, (0..limits.domains()).map(|d| (d, 1.0)), 1.0);
        for d in (0..limits.domains()).filter(|&d| limits.is_fixed(d)) {
            made.push(Source::Least(d), [(d, 1.0)], limits.least[d]);
        }
        for (index, row) in limits.rows.iter().enumerate().filter(|(_, row)| row.is_equality && !row.is_redundant) {
            made.push(Source::Row(index), row.coefficients.iter().copied(), row.right);
        }
        made.equalities = made.sources.len();
        for d in (0..limits.domains()).filter(|&d| !limits.is_fixed(d)) {
            if needs_least(d) {
                made.push(Source::Least(d), [(d, -1.0)], -limits.least[d]);
            }
            if limits.is_capped(d) {
                made.push(Source::Greatest(d), [(d, 1.0)], limits.greatest[d]);
            }
        }
        for (index, row) in limits.rows.iter().enumerate().filter(|(_, row)| !row.is_equality) {
            made.push(Source::Row(index), row.coefficients.iter().copied(), row.right);
        }
        made
    }

    fn push(&mut self, source: Source, entries: impl IntoIterator<Item = (usize, f64)>, right: f64) {
        self.rows.push(entries, right);
        self.sources.push(source);
    }

    /// The cones of the rows.
    pub fn cones(&self) -> Vec<SupportedConeT<f64>> {
        let inequalities = self.sources.len() - self.equalities;
        let mut cones = vec![SupportedConeT::ZeroConeT(self.equalities)];
        if inequalities > 0 {
            cones.push(SupportedConeT::NonnegativeConeT(inequalities));
        }
        cones
    }

    /// The conditions that seem to bind: those whose multiplier is larger than what is left of them.
    pub fn binding(&self, limits: &Limits, weights: &[f64], multipliers: &[f64]) -> Active {
        let mut active = limits.tight(weights, -1.0);
        for (source, &multiplier) in self.sources.iter().zip(multipliers) {
            match *source {
                Source::Sum => {}
                Source::Row(index) => active.rows[index] |= multiplier > limits.rows[index].slack(weights),
                Source::Least(d) if limits.is_fixed(d) => {}
                Source::Least(d) => {
                    if multiplier > weights[d] - limits.least[d] {
                        active.sides[d] = Side::Least;
                    }
                }
                Source::Greatest(d) => {
                    if multiplier > limits.greatest[d] - weights[d] {
                        active.sides[d] = Side::Greatest;
                    }
                }
            }
        }
        active
    }
}
