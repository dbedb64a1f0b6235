//! A flat piece of what the conditions allow, with coordinates of its own.

use crate::constraints::limits::{Active, Limits, Side};
use crate::data::vector::{add_scaled, dot, norm};

/// The mixtures around a point on which some conditions hold with equality: a flat piece of the polytope's boundary, or
/// of its inside, without the conditions that do not bind.
///
/// # Method
/// Shares on a bound stay there. The rows that bind and `Σw = 1`, restricted to the other shares, are made orthonormal
/// (those that the ones before explain are left out), and reflections (Householder) turn the space so that they are its
/// first axes: the others are free.
#[derive(Debug, Clone)]
pub(crate) struct Face {
    /// The point of the face that is nearest to the one asked for.
    pub point: Vec<f64>,
    /// Domains whose share is on no bound.
    pub free: Vec<usize>,
    /// Orthonormal normals over the free domains.
    normals: Vec<Vec<f64>>,
    /// Unit vectors of the reflections.
    reflections: Vec<Vec<f64>>,
    /// The conditions behind the normals: coefficients, right side, the normal's row in terms of the normals before it,
    /// and the length of what it adds.
    rows: Vec<NormalRow>,
}

#[derive(Debug, Clone)]
struct NormalRow {
    coefficients: Vec<(usize, f64)>,
    right: f64,
    along: Vec<f64>,
    length: f64,
}

/// A row whose part outside the rows before it is below this share of its length is one of them.
const DEPENDENT: f64 = 1e-10;

impl Face {
    /// `None` where no point obeys the conditions taken to bind.
    pub fn new(limits: &Limits, active: &Active, near: &[f64]) -> Option<Self> {
        let free: Vec<usize> = (0..limits.domains()).filter(|&d| active.sides[d] == Side::Free).collect();
        let mut point = near.to_vec();
        for (domain, side) in active.sides.iter().enumerate() {
            match side {
                Side::Free => {}
                Side::Least => point[domain] = limits.least[domain],
                Side::Greatest => point[domain] = limits.greatest[domain],
            }
        }
        let mut place = vec![usize::MAX; limits.domains()];
        free.iter().enumerate().for_each(|(position, &domain)| place[domain] = position);

        let all: Vec<(usize, f64)> = (0..limits.domains()).map(|d| (d, 1.0)).collect();
        let binding = limits.rows.iter().zip(&active.rows).filter(|&(row, &binds)| binds || row.is_equality);
        let rows: Vec<(&[(usize, f64)], f64)> = std::iter::once((all.as_slice(), 1.0))
            .chain(binding.map(|(row, _)| (row.coefficients.as_slice(), row.right)))
            .collect();
        let mut normals: Vec<Vec<f64>> = Vec::new();
        let mut made_of: Vec<NormalRow> = Vec::new();
        for &(coefficients, right) in &rows {
            let mut direction = vec![0.0; free.len()];
            for &(domain, value) in coefficients {
                if place[domain] != usize::MAX {
                    direction[place[domain]] = value;
                }
            }
            let size = norm(&direction);
            let mut along = vec![0.0; normals.len()];
            for _ in 0..2 {
                for (normal, along) in normals.iter().zip(&mut along) {
                    let part = dot(&direction, normal);
                    add_scaled(&mut direction, -part, normal);
                    *along += part;
                }
            }
            let length = norm(&direction);
            if length > DEPENDENT * size && length > 0.0 {
                direction.iter_mut().for_each(|value| *value /= length);
                normals.push(direction);
                made_of.push(NormalRow { coefficients: coefficients.to_vec(), right, along, length });
            }
        }
        let reflections = reflections(&normals);
        let mut face = Self { point, free, normals, reflections, rows: made_of };
        let mut point = std::mem::take(&mut face.point);
        (0..3).for_each(|_| face.settle(&mut point));
        if rows.iter().any(|&(coefficients, right)| residual(coefficients, right, &point).abs() > 1e-11) {
            return None;
        }
        face.point = point;
        Some(face)
    }

    /// Moves a point near the face onto it, by as little as that takes.
    fn settle(&self, point: &mut [f64]) {
        let mut steps: Vec<f64> = Vec::with_capacity(self.normals.len());
        for row in &self.rows {
            let explained: f64 = row.along.iter().zip(&steps).map(|(a, b)| a * b).sum();
            steps.push((residual(&row.coefficients, row.right, point) - explained) / row.length);
        }
        for (normal, &step) in self.normals.iter().zip(&steps) {
            self.free.iter().zip(normal).for_each(|(&domain, value)| point[domain] += step * value);
        }
    }

    /// Directions that are free.
    pub fn dimension(&self) -> usize {
        self.free.len() - self.normals.len()
    }

    /// Orthonormal normals of what binds, over the free domains.
    pub fn normals(&self) -> &[Vec<f64>] {
        &self.normals
    }

    /// A vector over the free domains in the face's own coordinates; what lies along the normals is dropped.
    pub fn coordinates(&self, vector: &[f64]) -> Vec<f64> {
        let mut turned = vector.to_vec();
        self.reflections.iter().for_each(|unit| reflect(unit, &mut turned));
        turned.split_off(self.normals.len())
    }

    /// The direction over the free domains that coordinates stand for.
    pub fn direction(&self, coordinates: &[f64]) -> Vec<f64> {
        let mut vector = vec![0.0; self.normals.len()];
        vector.extend_from_slice(coordinates);
        self.reflections.iter().rev().for_each(|unit| reflect(unit, &mut vector));
        vector
    }

    /// The point of the face at some coordinates from its own.
    pub fn at(&self, coordinates: &[f64]) -> Vec<f64> {
        let mut weights = self.point.clone();
        for (&domain, step) in self.free.iter().zip(self.direction(coordinates)) {
            weights[domain] += step;
        }
        self.settle(&mut weights);
        weights
    }
}

/// What a row's left side lacks of its right.
fn residual(coefficients: &[(usize, f64)], right: f64, point: &[f64]) -> f64 {
    right - coefficients.iter().map(|&(domain, value)| value * point[domain]).sum::<f64>()
}

fn reflect(unit: &[f64], vector: &mut [f64]) {
    let along = dot(unit, vector);
    add_scaled(vector, -2.0 * along, unit);
}

/// Reflections that turn orthonormal vectors into the first axes, up to signs, one after the other.
fn reflections(normals: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut units: Vec<Vec<f64>> = Vec::with_capacity(normals.len());
    for (axis, normal) in normals.iter().enumerate() {
        let mut turned = normal.clone();
        units.iter().for_each(|unit| reflect(unit, &mut turned));
        turned[..axis].fill(0.0);
        let length = norm(&turned);
        turned[axis] += length.copysign(turned[axis]);
        let size = norm(&turned);
        turned.iter_mut().for_each(|value| *value /= size);
        units.push(turned);
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bounds, Constraints, Relation, Row};

    #[test]
    fn a_face_holds_its_rows_and_its_coordinates_are_orthonormal() {
        let row = |coefficients: Vec<(usize, f64)>, relation, right| Row { coefficients, relation, right };
        let rows = vec![
            row(vec![(0, 2.0), (1, 1.0), (4, -1.0)], Relation::AtMost, 0.3),
            row(vec![(0, 4.0), (1, 2.0), (4, -2.0)], Relation::Equal, 0.6),
            row(vec![(2, 1.0), (3, 1.0)], Relation::AtLeast, 0.5),
        ];
        let constraints = Constraints::new(Bounds::simplex(6), rows).unwrap();
        let limits = Limits::new(&constraints);
        let mut active = limits.tight(&[0.2; 6], 0.0);
        active.rows.fill(true);
        active.sides[5] = Side::Least;
        let face = Face::new(&limits, &active, &[0.2, 0.1, 0.2, 0.2, 0.1, 0.2]).unwrap();
        // Three rows, two of them one, and the sum: five free domains leave two directions.
        assert_eq!(face.dimension(), 2);
        let point = face.at(&[0.03, -0.05]);
        assert!(limits.rows.iter().all(|row| (row.left(&point) - row.right).abs() < 1e-15));
        assert!((point.iter().sum::<f64>() - 1.0).abs() < 1e-15 && point[5] == 0.0);
        let there = face.coordinates(&face.direction(&[0.03, -0.05]));
        assert!((there[0] - 0.03).abs() < 1e-15 && (there[1] + 0.05).abs() < 1e-15);
        let length = dot(&face.direction(&[0.6, 0.8]), &face.direction(&[0.6, 0.8]));
        assert!((length - 1.0).abs() < 1e-15);
    }

    #[test]
    fn rows_that_contradict_each_other_have_no_face() {
        let row = |right| Row { coefficients: vec![(0, 1.0), (1, 1.0)], relation: Relation::Equal, right };
        let constraints = Constraints::new(Bounds::simplex(3), vec![row(0.5), row(0.6)]).unwrap();
        let limits = Limits::new(&constraints);
        let active = Active { sides: vec![Side::Free; 3], rows: vec![true; 2] };
        assert!(Face::new(&limits, &active, &[1.0 / 3.0; 3]).is_none());
    }
}
