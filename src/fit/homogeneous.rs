//! Conditions on shares written for `v = t w`, which may have any sum `t ≥ 0`: a cone.

use super::constraints::{Constraints, Relation};
use super::design::Design;
use super::vector::{norm, remove_components, scale};

/// Entries of one row: variable and coefficient.
pub(super) type Entries = Vec<(usize, f64)>;

/// A share this close to a bound is on it, and a row this close to equality holds with equality.
const ON: f64 = 1e-9;

/// The conditions of [`Constraints`] as rows over the variables `v_0 … v_{D−1}` and `t` (number D), all with zero on the
/// right side.
///
/// # Equation
/// `Σv = t`, `l t ≤ v ≤ u t`, `Gv ≤ h t`; for `t > 0` they hold exactly where `v / t` is a mixture within the
/// constraints.
#[derive(Debug, Default)]
pub(super) struct Homogeneous {
    /// Rows that are zero.
    pub equalities: Vec<Entries>,
    /// Rows that are not above zero.
    pub inequalities: Vec<Entries>,
}

impl Homogeneous {
    /// Two inequalities that leave one value are written as one equality: they have no interior, which an interior-point
    /// method needs.
    pub fn new(constraints: &Constraints) -> Self {
        let (least, greatest) = (constraints.bounds().least(), constraints.bounds().greatest());
        let total = least.len();
        let mut rows = Self::default();
        rows.equalities.push((0..total).map(|d| (d, 1.0)).chain([(total, -1.0)]).collect());
        for (d, (&least, &greatest)) in least.iter().zip(greatest).enumerate() {
            if least == greatest {
                rows.equalities.push(vec![(d, 1.0), (total, -least)]);
                continue;
            }
            rows.inequalities.push(vec![(d, -1.0), (total, least)]);
            if greatest < 1.0 {
                rows.inequalities.push(vec![(d, 1.0), (total, -greatest)]);
            }
        }
        for row in constraints.rows() {
            let entries = |sign: f64| -> Entries {
                let left = row.coefficients.iter().map(|&(d, a)| (d, sign * a));
                left.chain([(total, -sign * row.right)]).collect()
            };
            match row.relation {
                Relation::AtMost => rows.inequalities.push(entries(1.0)),
                Relation::AtLeast => rows.inequalities.push(entries(-1.0)),
                Relation::Equal => rows.equalities.push(entries(1.0)),
            }
        }
        rows
    }
}

/// The smallest face of the constraints that a mixture lies on: what it may become without leaving a bound or a row that
/// it holds with equality.
///
/// The variables of the face are those of the domains that are free, and `t`: a domain on a bound follows `t`.
#[derive(Debug)]
pub(super) struct Face {
    /// Domains strictly within their bounds.
    pub free: Vec<usize>,
    /// The bound that each domain is on; zero for the free.
    pub fixed: Vec<f64>,
    /// Orthonormal rows over the free domains and `t` that are zero on the face.
    conditions: Vec<Vec<f64>>,
}

impl Face {
    /// The face of a mixture, conditions being taken as met with equality within `tolerance`.
    pub fn of(constraints: &Constraints, weights: &[f64], tolerance: f64) -> Self {
        let bounds = constraints.bounds();
        let mut free = Vec::new();
        let mut fixed = vec![0.0; weights.len()];
        for (d, (&weight, (&least, &greatest))) in
            weights.iter().zip(bounds.least().iter().zip(bounds.greatest())).enumerate()
        {
            if weight - least <= tolerance {
                fixed[d] = least;
            } else if greatest - weight <= tolerance && greatest < 1.0 {
                fixed[d] = greatest;
            } else {
                free.push(d);
            }
        }
        let position: Vec<Option<usize>> = {
            let mut position = vec![None; weights.len()];
            free.iter().enumerate().for_each(|(p, &d)| position[d] = Some(p));
            position
        };
        let last = free.len();
        let mut conditions: Vec<Vec<f64>> = Vec::new();
        let mut require = |coefficients: &mut dyn Iterator<Item = (usize, f64)>, right: f64| {
            let mut row = vec![0.0; last + 1];
            row[last] = -right;
            for (d, coefficient) in coefficients {
                match position[d] {
                    Some(p) => row[p] += coefficient,
                    None => row[last] += coefficient * fixed[d],
                }
            }
            let size = norm(&row);
            remove_components(&mut row, conditions.iter().map(Vec::as_slice));
            let length = norm(&row);
            if length > 1e-10 * size {
                scale(&mut row, 1.0 / length);
                conditions.push(row);
            }
        };
        require(&mut (0..weights.len()).map(|d| (d, 1.0)), 1.0);
        for row in constraints.rows() {
            let size = row.coefficients.iter().fold(row.right.abs(), |most, (_, a)| most.max(a.abs()));
            if row.relation == Relation::Equal || row.excess(weights).abs() <= tolerance * size {
                require(&mut row.coefficients.iter().copied(), row.right);
            }
        }
        Self { free, fixed, conditions }
    }

    /// An orthonormal basis of the values that the variables of the face can take.
    pub fn directions(&self) -> Vec<Vec<f64>> {
        let size = self.free.len() + 1;
        let mut basis: Vec<Vec<f64>> = Vec::new();
        // What the conditions and the basis so far leave of each unit vector, squared: the longest is taken next.
        let mut left: Vec<f64> =
            (0..size).map(|i| 1.0 - self.conditions.iter().map(|row| row[i] * row[i]).sum::<f64>()).collect();
        while basis.len() + self.conditions.len() < size {
            let Some(next) = (0..size).max_by(|&a, &b| left[a].total_cmp(&left[b]).then(b.cmp(&a))) else { break };
            let mut direction = vec![0.0; size];
            direction[next] = 1.0;
            remove_components(&mut direction, self.conditions.iter().chain(&basis).map(Vec::as_slice));
            let length = norm(&direction);
            if length < 1e-8 {
                break;
            }
            scale(&mut direction, 1.0 / length);
            left.iter_mut().zip(&direction).for_each(|(rest, x)| *rest -= x * x);
            basis.push(direction);
        }
        basis
    }

    /// Values of the variables of the face as `v`: a domain on a bound follows `t`.
    pub fn spread(&self, variables: &[f64]) -> Vec<f64> {
        let total = variables.last().copied().unwrap_or(0.0);
        let mut spread: Vec<f64> = self.fixed.iter().map(|bound| bound * total).collect();
        self.free.iter().zip(variables).for_each(|(&d, &value)| spread[d] = value);
        spread
    }
}

/// An orthonormal basis of the span of `{Cv}` over the face of a mixture: near the mixture, projecting onto the cone of
/// all mixtures is projecting onto this span.
///
/// # Shapes
/// Each vector: models.
pub(super) fn span_of_face(design: &Design, constraints: &Constraints, weights: &[f64]) -> Vec<Vec<f64>> {
    let face = Face::of(constraints, weights, ON);
    let norms = design.column_norms();
    let mut span: Vec<Vec<f64>> = Vec::new();
    for direction in face.directions() {
        let direction = face.spread(&direction);
        let mut column = design.compression(&direction);
        let size: f64 = direction.iter().zip(&norms).map(|(v, n)| (v * n).abs()).sum();
        remove_components(&mut column, span.iter().map(Vec::as_slice));
        let length = norm(&column);
        if length > 1e-11 * size {
            scale(&mut column, 1.0 / length);
            span.push(column);
        }
    }
    span
}

/// Until the optimum takes constraints.
pub(super) fn search(design: &Design, constraints: &Constraints) -> Option<Vec<f64>> {
    super::optimum::search(design, constraints)
}

/// Until the optimum takes constraints.
pub(super) fn best_mixture(design: &Design, constraints: &Constraints) -> super::optimum::Optimum {
    super::optimum::best_mixture(design, constraints)
}
