//! The prices of conditions: which multipliers make a direction one that no condition lets through.

use crate::constraints::limits::{Active, Limits, Side};
use crate::data::columns::Columns;
use crate::data::vector::{dot, norm, scale};
use crate::solvers::active_set::project_of_checked;

/// A gradient as a sum of the normals of the conditions that bind, and what is left of it.
#[derive(Debug, Clone)]
pub(crate) struct Multipliers {
    /// Of each scaled row: at least zero for an inequality, of any sign for an equality.
    pub rows: Vec<f64>,
    /// Of each domain's least weight, at least zero: what raising it costs.
    pub least: Vec<f64>,
    /// Of each domain's greatest weight, at least zero: what raising it gains.
    pub greatest: Vec<f64>,
    /// What no multiplier explains: a direction that all conditions let through and that gains.
    pub rest: Vec<f64>,
}

/// Up to this many domains all conditions are priced at once where the quick way fails.
const MOST_AT_ONCE: usize = 700;
/// What is left below this share of the gradient is rounding.
const ROUNDING: f64 = 1e-13;

/// Writes `gradient` as `Σ multiplier × normal + ν·1` over the conditions in `active`, as nearly as can be.
///
/// # Method
/// Non-negative least squares on the normals (equalities and `Σw = 1` in both directions): the conditions of Karush, Kuhn
/// and Tucker. Bounds touch one share each, so at first only the free shares are fitted, by the rows, and what is left on
/// the others must have the sign of their bound. Where it has not (a corner with more conditions than it needs), all
/// conditions are fitted together.
pub(crate) fn multipliers(limits: &Limits, active: &Active, gradient: &[f64]) -> Multipliers {
    let all = limits.domains();
    let free: Vec<usize> = (0..all).filter(|&d| active.sides[d] == Side::Free).collect();
    let tolerance = ROUNDING * norm(gradient);
    let quick = fit(limits, active, gradient, &free);
    if norm(&quick.rest) <= tolerance || free.len() == all || all > MOST_AT_ONCE {
        return quick;
    }
    let whole = fit(limits, active, gradient, &(0..all).collect::<Vec<_>>());
    if norm(&whole.rest) < norm(&quick.rest) { whole } else { quick }
}

/// Fits the domains `over`; bounds of those among them take part as normals, the others get what is left.
fn fit(limits: &Limits, active: &Active, gradient: &[f64], over: &[usize]) -> Multipliers {
    /// What a column stands for.
    #[derive(Clone, Copy)]
    enum Source {
        Sum(f64),
        Row(usize, f64),
        Least(usize),
        Greatest(usize),
    }
    let all = limits.domains();
    let mut place = vec![usize::MAX; all];
    over.iter().enumerate().for_each(|(position, &domain)| place[domain] = position);
    let mut sources: Vec<(Source, f64)> = Vec::new();
    let mut columns: Vec<Vec<f64>> = Vec::new();
    let mut add = |source: Source, mut column: Vec<f64>| {
        let length = norm(&column);
        if length > 0.0 {
            scale(&mut column, 1.0 / length);
            columns.push(column);
            sources.push((source, length));
        }
    };
    for sign in [1.0, -1.0] {
        add(Source::Sum(sign), vec![sign; over.len()]);
    }
    for (index, row) in limits.rows.iter().enumerate().filter(|&(index, row)| active.rows[index] && !row.is_redundant) {
        let signs: &[f64] = if row.is_equality { &[1.0, -1.0] } else { &[1.0] };
        for &sign in signs {
            let mut column = vec![0.0; over.len()];
            for &(domain, value) in &row.coefficients {
                if place[domain] != usize::MAX {
                    column[place[domain]] = sign * value;
                }
            }
            add(Source::Row(index, sign), column);
        }
    }
    for (position, &domain) in over.iter().enumerate() {
        let unit = |sign: f64| {
            let mut column = vec![0.0; over.len()];
            column[position] = sign;
            column
        };
        let fixed = limits.is_fixed(domain) && active.sides[domain] != Side::Free;
        if active.sides[domain] == Side::Least || fixed {
            add(Source::Least(domain), unit(-1.0));
        }
        if active.sides[domain] == Side::Greatest || fixed {
            add(Source::Greatest(domain), unit(1.0));
        }
    }

    let mut target: Vec<f64> = over.iter().map(|&domain| gradient[domain]).collect();
    let size = norm(&target);
    let mut found = Multipliers {
        rows: vec![0.0; limits.rows.len()],
        least: vec![0.0; all],
        greatest: vec![0.0; all],
        rest: vec![0.0; all],
    };
    let mut sum = 0.0;
    if size > 0.0 {
        scale(&mut target, 1.0 / size);
        let normals = Normals { columns, dimension: over.len() };
        let projection = project_of_checked(&normals, &target);
        for (&position, coefficient) in projection.support.iter().zip(&projection.coefficients) {
            let (source, length) = sources[position];
            let value = size * coefficient / length;
            match source {
                Source::Sum(sign) => sum += sign * value,
                Source::Row(index, sign) => found.rows[index] += sign * value,
                Source::Least(domain) => found.least[domain] += value,
                Source::Greatest(domain) => found.greatest[domain] += value,
            }
        }
        for (&domain, value) in over.iter().zip(&projection.residual) {
            found.rest[domain] = size * value;
        }
    } else if let Some(mean) = mean_of_outside(gradient, &place) {
        sum = mean;
    }
    let reduced = limits.reduced(gradient, &found.rows);
    for domain in (0..all).filter(|&d| place[d] == usize::MAX) {
        let left = reduced[domain] - sum;
        match (active.sides[domain], limits.is_fixed(domain)) {
            (Side::Greatest, false) if left < 0.0 => found.rest[domain] = left,
            (Side::Least, false) if left > 0.0 => found.rest[domain] = left,
            _ if left > 0.0 => found.greatest[domain] = left,
            _ => found.least[domain] = -left,
        }
    }
    found
}

/// Where no share is free nothing sets `ν`: any value will do to begin with.
fn mean_of_outside(gradient: &[f64], place: &[usize]) -> Option<f64> {
    let outside: Vec<f64> = gradient.iter().zip(place).filter(|&(_, &p)| p == usize::MAX).map(|(g, _)| *g).collect();
    (!outside.is_empty()).then(|| outside.iter().sum::<f64>() / outside.len() as f64)
}

struct Normals {
    columns: Vec<Vec<f64>>,
    dimension: usize,
}

impl Columns for Normals {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn count(&self) -> usize {
        self.columns.len()
    }

    fn write_column(&self, index: usize, out: &mut [f64]) {
        out.copy_from_slice(&self.columns[index]);
    }

    fn inner_products(&self, direction: &[f64], out: &mut [f64]) {
        for (column, value) in self.columns.iter().zip(out) {
            *value = dot(column, direction);
        }
    }
}
