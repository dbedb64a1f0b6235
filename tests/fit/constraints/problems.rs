//! Seeded random problems with constraints of every kind.

use mixopt_fit::{Bounds, CompressionColumns, Constraints, Design, Relation, Row};
use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Bits per character (models × domains), a score of each model, constraints, and a mixture that obeys them with room
/// to spare in every inequality.
pub struct Problem {
    pub columns: CompressionColumns,
    pub target: Vec<f64>,
    pub least: Vec<f64>,
    pub greatest: Vec<f64>,
    pub rows: Vec<Row>,
    pub inside: Vec<f64>,
}

pub fn row(coefficients: &[(usize, f64)], relation: Relation, right: f64) -> Row {
    Row { coefficients: coefficients.to_vec(), relation, right }
}

pub fn gaussian(random: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

/// A random mixture; the larger `evenness`, the nearer to equal shares.
pub fn mixture(random: &mut ChaCha8Rng, domains: usize, evenness: f64) -> Vec<f64> {
    let raw: Vec<f64> = (0..domains).map(|_| evenness - (1.0 - random.random::<f64>()).ln()).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|value| value / sum).collect()
}

/// Shapes, noise and kinds of rows go round with the seed.
pub fn problem(seed: u64) -> Problem {
    let shapes = [(12, 3), (19, 5), (30, 8), (25, 12), (15, 24), (60, 20), (40, 33)];
    let (models, domains) = shapes[seed as usize % shapes.len()];
    let noise = [1.0, 0.3, 0.08][(seed / 7) as usize % 3];
    problem_of(models, domains, noise, seed)
}

pub fn problem_of(models: usize, domains: usize, noise: f64, seed: u64) -> Problem {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let factor: Vec<f64> = (0..models).map(|_| gaussian(&mut random)).collect();
    let bits = DMatrix::from_fn(models, domains, |i, _| {
        1.0 + 0.1 * (if noise < 1.0 { factor[i] } else { 0.0 } + noise * gaussian(&mut random))
    });
    let target = (0..models).map(|i| 0.3 * gaussian(&mut random) - factor[i] - 3.0 * bits[(i, 0)]).collect();
    let inside = mixture(&mut random, domains, 0.3);

    let mut least = vec![0.0; domains];
    let mut greatest = vec![1.0; domains];
    for domain in 0..domains {
        if random.random::<f64>() < 0.3 {
            least[domain] = 0.3 * inside[domain];
        }
        if random.random::<f64>() < 0.3 {
            greatest[domain] = (2.0 * inside[domain]).min(1.0);
        }
    }
    let mut rows = Vec::new();
    for kind in 0..(2 + seed as usize % 5) {
        let members: Vec<usize> = (0..domains).filter(|_| random.random::<f64>() < 0.5).collect();
        let coefficients: Vec<(usize, f64)> = match kind % 3 {
            // A group's share, a ratio of two domains, a supply.
            0 => members.iter().map(|&d| (d, 1.0)).collect(),
            1 => vec![(0, 1.0), (1 + seed as usize % (domains - 1), -2.0 * random.random::<f64>())],
            _ => (0..domains).map(|d| (d, 100.0 * random.random::<f64>())).collect(),
        };
        if coefficients.is_empty() {
            continue;
        }
        let mut made = row(&coefficients, Relation::AtMost, 0.0);
        let here = made.left(&inside);
        let room = 0.05 * made.size() * random.random::<f64>();
        (made.relation, made.right) = match (kind + seed as usize) % 4 {
            0 | 1 => (Relation::AtMost, here + room),
            2 => (Relation::AtLeast, here - room),
            _ => (Relation::Equal, here),
        };
        rows.push(made);
    }
    Problem { columns: CompressionColumns::new(&bits).unwrap(), target, least, greatest, rows, inside }
}

impl Problem {
    pub fn domains(&self) -> usize {
        self.least.len()
    }

    pub fn design(&self) -> Design<'_> {
        Design::new(&self.columns, &self.target, None, &[]).unwrap()
    }

    pub fn bounds(&self) -> Bounds {
        let names: Vec<String> = (0..self.domains()).map(|d| d.to_string()).collect();
        Bounds::new(&names, self.least.clone(), self.greatest.clone()).unwrap()
    }

    pub fn constraints(&self) -> Constraints {
        Constraints::new(self.bounds(), self.rows.clone()).unwrap()
    }

    /// Mixtures within the constraints, at random: from the one inside in random directions that keep the equalities,
    /// sometimes all the way to the edge.
    pub fn feasible(&self, count: usize, seed: u64) -> Vec<Vec<f64>> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let constraints = self.constraints();
        let mut normals: Vec<Vec<f64>> = Vec::new();
        let equalities = self.rows.iter().filter(|row| row.relation == Relation::Equal);
        let as_vector = |row: &Row| {
            let mut vector = vec![0.0; self.domains()];
            row.coefficients.iter().for_each(|&(d, a)| vector[d] += a);
            vector
        };
        let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(x, y)| x * y).sum() };
        let fixed = (0..self.domains()).filter(|&d| self.least[d] == self.greatest[d]);
        let units = fixed.map(|d| (0..self.domains()).map(|e| f64::from(u8::from(d == e))).collect());
        for vector in std::iter::once(vec![1.0; self.domains()]).chain(equalities.map(as_vector)).chain(units) {
            let mut left: Vec<f64> = vector;
            let size = dot(&left, &left).sqrt();
            for _ in 0..2 {
                for normal in &normals {
                    let along = dot(normal, &left);
                    left.iter_mut().zip(normal).for_each(|(l, n)| *l -= along * n);
                }
            }
            let length = dot(&left, &left).sqrt();
            if length > 1e-9 * size {
                normals.push(left.iter().map(|l| l / length).collect());
            }
        }
        let mut found = Vec::new();
        let mut from = self.inside.clone();
        while found.len() < count {
            let mut direction: Vec<f64> = (0..self.domains()).map(|_| gaussian(&mut random)).collect();
            for normal in normals.iter().chain(&normals) {
                let along = dot(normal, &direction);
                direction.iter_mut().zip(normal).for_each(|(d, n)| *d -= along * n);
            }
            let at = |step: f64| -> Vec<f64> { from.iter().zip(&direction).map(|(w, d)| w + step * d).collect() };
            let (mut low, mut high) = (0.0, 4.0);
            for _ in 0..50 {
                let middle = 0.5 * (low + high);
                if constraints.contain(&at(middle), 1e-12) { low = middle } else { high = middle }
            }
            let next = at(low * random.random::<f64>().sqrt());
            found.push(at(low));
            from = next.iter().zip(&self.inside).map(|(a, b)| 0.7 * a + 0.3 * b).collect();
            found.push(next);
        }
        found.truncate(count);
        found
    }
}
