//! The ridge by exchanges of whole sets, in the space of models.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use crate::constraints::linear::{Constraints, Relation, Row};
use crate::data::vector::{add_scaled, dot};

/// Exchanges of whole sets; where they have not settled by then, another method takes over.
const MOST_EXCHANGES: usize = 60;
/// With a factor whose diagonal spans less than this, one step of refinement is of no use.
const PRECISE: f64 = 1e-3;
/// A condition counts as broken from this share of the whole on.
const TOLERANCE: f64 = 1e-13;

/// Where a share is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Least,
    Free,
    Greatest,
}

/// The conditions that hold with equality: the side of each share, and whether each row binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binding {
    sides: Vec<Side>,
    rows: Vec<bool>,
}

/// A row as `Σ coefficient × share ≤ right`, or `=`.
struct Condition {
    coefficients: Vec<f64>,
    right: f64,
    is_equality: bool,
}

/// What the solutions for all penalties share.
///
/// # Equation
/// `min ‖Cv − ŷ‖² + μ ‖v − t m‖²` with `t = Σv`, over `l t ≤ v ≤ u t` and rows `a·v ≤ h t`. With the residual
/// `ρ = (ŷ − Cv) / μ`, the shares that no condition holds are `v = Cᵀρ + k + m t − Σ n a`, where `k` is one number for all
/// domains and `n ≥ 0` are the multipliers of the rows that bind. So for given sets everything follows from `ρ`, `t`, `k`
/// and `n`: a system of as many rows as there are models (or domains, if these are fewer), whatever the number of domains.
/// The sets are then read off from where `Cᵀρ + k + m t − Σ n a` lies: below, within or above its bounds (block principal
/// pivoting, Júdice and Pires 1994, which is Newton's method on the conditions of optimality).
pub(super) struct Pivoting {
    /// Columns in as few rows as keep their inner products, one domain after the other.
    columns: Vec<f64>,
    height: usize,
    target: Vec<f64>,
    least: Vec<f64>,
    greatest: Vec<f64>,
    conditions: Vec<Condition>,
    /// Mean squared norm of a column.
    size: f64,
}

/// Inner products of the free columns, kept from one exchange to the next.
struct Products {
    matrix: DMatrix<f64>,
    sides: Vec<Side>,
}

impl Pivoting {
    /// # Shapes
    /// `matrix`: rows × domains. `target`: rows.
    pub fn new(matrix: &DMatrix<f64>, target: &DVector<f64>, constraints: &Constraints) -> Self {
        let domains = matrix.ncols();
        let condition = |row: &Row| {
            let sign = if row.relation == Relation::AtLeast { -1.0 } else { 1.0 };
            let mut coefficients = vec![0.0; domains];
            row.coefficients.iter().for_each(|&(domain, value)| coefficients[domain] += sign * value);
            Condition { coefficients, right: sign * row.right, is_equality: row.relation == Relation::Equal }
        };
        Self {
            columns: matrix.as_slice().to_vec(),
            height: matrix.nrows(),
            target: target.as_slice().to_vec(),
            least: constraints.bounds().least().to_vec(),
            greatest: constraints.bounds().greatest().to_vec(),
            conditions: constraints.rows().iter().map(condition).collect(),
            size: matrix.norm_squared() / domains as f64,
        }
    }

    /// The conditions that bind at a mixture.
    pub fn binding_at(&self, weights: &[f64]) -> Binding {
        let side = |d: usize| {
            if weights[d] <= self.least[d] {
                Side::Least
            } else if weights[d] >= self.greatest[d] {
                Side::Greatest
            } else {
                Side::Free
            }
        };
        let binds = |condition: &Condition| {
            condition.is_equality || dot(&condition.coefficients, weights) >= condition.right - TOLERANCE
        };
        Binding { sides: (0..self.least.len()).map(side).collect(), rows: self.conditions.iter().map(binds).collect() }
    }

    /// The mixture for a penalty, starting from the conditions that are thought to bind; `binding` is left at those that do.
    /// `None` where the exchanges do not settle, the system cannot be solved to working precision, or no mixture lessens the
    /// sum.
    pub fn solve(&self, center: &[f64], lambda: f64, binding: &mut Binding) -> Option<Vec<f64>> {
        let penalty = lambda * self.size;
        if !(penalty > 0.0 && penalty.is_finite()) {
            return None;
        }
        let mut products = Products { matrix: DMatrix::zeros(0, 0), sides: Vec::new() };
        let mut fewest = usize::MAX;
        let mut failures = 0;
        for _ in 0..MOST_EXCHANGES {
            let point = self.point(center, penalty, binding, &mut products)?;
            let next = self.next(&point, binding);
            let moved: Vec<usize> = (0..next.sides.len()).filter(|&d| next.sides[d] != binding.sides[d]).collect();
            let changed = moved.len() + next.rows.iter().zip(&binding.rows).filter(|(a, b)| a != b).count();
            if changed == 0 {
                return self.mixture(&point, binding);
            }
            if changed < fewest {
                (fewest, failures) = (changed, 0);
            } else {
                failures += 1;
            }
            // Whole sets that go back and forth are exchanged one by one.
            match moved.last() {
                Some(&last) if failures > 3 => binding.sides[last] = next.sides[last],
                _ => *binding = next,
            }
        }
        None
    }

    fn column(&self, domain: usize) -> &[f64] {
        &self.columns[domain * self.height..(domain + 1) * self.height]
    }

    /// The bound that a share is at; zero where it is free.
    fn bound(&self, domain: usize, side: Side) -> f64 {
        match side {
            Side::Least => self.least[domain],
            Side::Free => 0.0,
            Side::Greatest => self.greatest[domain],
        }
    }

    /// Where no share is free there is one mixture, and the multiple of it is least squares. The number `k` is not determined
    /// by it: it is taken so that the shares that follow from it add up, and where a range of numbers does that, from its
    /// middle. Where that range leaves all shares at their bounds, the corner is the answer.
    fn corner(&self, center: &[f64], penalty: f64, shares: &[f64]) -> Option<Point> {
        let sum: f64 = shares.iter().sum();
        let mut compression = vec![0.0; self.height];
        let mut away = 0.0;
        for (d, share) in shares.iter().enumerate() {
            let share = share / sum;
            if share != 0.0 {
                add_scaled(&mut compression, share, self.column(d));
            }
            away += (share - center[d]).powi(2);
        }
        let total = dot(&compression, &self.target) / (dot(&compression, &compression) + penalty * away);
        if !(sum > 0.0 && total > 0.0 && total.is_finite()) {
            return None;
        }
        let residual: Vec<f64> =
            self.target.iter().zip(&compression).map(|(target, x)| (target - total * x) / penalty).collect();
        let mut values: Vec<f64> =
            (0..shares.len()).map(|d| dot(self.column(d), &residual) + center[d] * total).collect();
        let shift = self.shift(&values, total)?;
        values.iter_mut().for_each(|value| *value += shift);
        Some(Point { values, total, multipliers: Vec::new() })
    }

    /// The number that, added to all values, makes them add up to `total` once each is cut to its bounds times `total`; the
    /// middle of all that do.
    fn shift(&self, values: &[f64], total: f64) -> Option<f64> {
        let sum = |shift: f64| -> f64 {
            let cut =
                |(d, value): (usize, &f64)| (value + shift).clamp(self.least[d] * total, self.greatest[d] * total);
            values.iter().enumerate().map(cut).sum()
        };
        // Between neighbours of these the sum is linear, and it never falls.
        let mut bends: Vec<f64> = (0..values.len())
            .flat_map(|d| [self.least[d] * total - values[d], self.greatest[d] * total - values[d]])
            .collect();
        bends.sort_by(f64::total_cmp);
        let slack = 1e-12 * total;
        let first = bends.partition_point(|&bend| sum(bend) < total - slack);
        let after = bends.partition_point(|&bend| sum(bend) <= total + slack);
        if first < after {
            return Some((bends[first] + bends[after - 1]) / 2.0);
        }
        let (lower, upper) = (*bends.get(first.checked_sub(1)?)?, *bends.get(first)?);
        let (from, to) = (sum(lower), sum(upper));
        Some(lower + (upper - lower) * (total - from) / (to - from))
    }

    /// Solves the conditions of optimality for given sets.
    fn point(&self, center: &[f64], penalty: f64, binding: &Binding, products: &mut Products) -> Option<Point> {
        let sides = &binding.sides;
        let rows: Vec<&Condition> =
            self.conditions.iter().zip(&binding.rows).filter(|(_, binds)| **binds).map(|(row, _)| row).collect();
        let held: Vec<f64> = (0..sides.len()).map(|d| self.bound(d, sides[d])).collect();
        let is_free: Vec<bool> = sides.iter().map(|&side| side == Side::Free).collect();
        if !is_free.contains(&true) {
            // Which of the rows hold at a corner is not for them to say.
            return if rows.is_empty() { self.corner(center, penalty, &held) } else { None };
        }
        // Directions of the unknowns t, k and n over the domains: of the free ones, and with `held` of the others.
        let count = 2 + rows.len();
        let free_part = |unknown: usize, d: usize| match unknown {
            0 => center[d],
            1 => 1.0,
            n => -rows[n - 2].coefficients[d],
        };
        let along = |unknown: usize, d: usize| match (is_free[d], unknown) {
            (true, unknown) => free_part(unknown, d),
            (false, 0) => held[d],
            (false, _) => 0.0,
        };
        // What each of them adds to the compression `Cv`.
        let mut effects = DMatrix::zeros(self.height, count);
        for unknown in 0..count {
            let mut effect = effects.column_mut(unknown);
            for d in 0..sides.len() {
                let factor = along(unknown, d);
                if factor != 0.0 {
                    add_scaled(effect.as_mut_slice(), factor, self.column(d));
                }
            }
        }
        let system = System::new(self, penalty, sides, products)?;
        // Digits that the factor has lost cannot be trusted to tell sides.
        if system.spread < 1e-7 {
            return None;
        }
        // The unknowns and, last, the target in one go.
        let mut right = effects.clone().insert_column(count, 0.0);
        right.column_mut(count).copy_from_slice(&self.target);
        let mut solved = system.solve(&right);
        if system.wants_refinement() {
            let residual = &right - system.times(&solved);
            solved += system.solve(&residual);
        }
        let (from_unknowns, from_target) = (solved.columns(0, count), solved.column(count));
        // ρ = from_target − from_unknowns q; the conditions on q = (t, k, n) that are left are linear.
        let left = self.conditions_left(center, &rows, &is_free, &held) - effects.tr_mul(&from_unknowns);
        let unknowns = solve_square(left, -effects.tr_mul(&from_target))?;
        let residual = from_target - from_unknowns * &unknowns;
        let multipliers: Vec<f64> = unknowns.iter().skip(2).copied().collect();
        let total = unknowns[0];
        let residual = residual.as_slice();
        let values: Vec<f64> = (0..sides.len())
            .map(|d| {
                let rows: f64 = rows.iter().zip(&multipliers).map(|(row, n)| n * row.coefficients[d]).sum();
                dot(self.column(d), residual) + unknowns[1] + center[d] * total - rows
            })
            .collect();
        (total > 0.0 && values.iter().all(|value| value.is_finite())).then_some(Point { values, total, multipliers })
    }

    /// The conditions on `q = (t, k, n)` that say that `t` is the sum, that scaling the mixture gains nothing, and that rows
    /// bind, without their parts from `ρ`: those are `effectsᵀρ`, for the conditions are symmetric.
    fn conditions_left(&self, center: &[f64], rows: &[&Condition], is_free: &[bool], held: &[f64]) -> DMatrix<f64> {
        let count = 2 + rows.len();
        let mut system = DMatrix::zeros(count, count);
        let squared = dot(center, center);
        system[(0, 0)] -= squared;
        for d in 0..held.len() {
            let m = center[d];
            if is_free[d] {
                let mut directions = vec![m, 1.0];
                directions.extend(rows.iter().map(|row| -row.coefficients[d]));
                for (i, a) in directions.iter().enumerate() {
                    for (j, b) in directions.iter().enumerate() {
                        system[(i, j)] += a * b;
                    }
                }
            } else {
                let bound = held[d];
                system[(0, 0)] += 2.0 * bound * m - bound * bound;
                system[(0, 1)] += bound;
                system[(1, 0)] += bound;
                for (index, row) in rows.iter().enumerate() {
                    system[(0, 2 + index)] -= bound * row.coefficients[d];
                    system[(2 + index, 0)] -= bound * row.coefficients[d];
                }
            }
        }
        system[(0, 1)] -= 1.0;
        system[(1, 0)] -= 1.0;
        for (index, row) in rows.iter().enumerate() {
            system[(0, 2 + index)] += row.right;
            system[(2 + index, 0)] += row.right;
        }
        system
    }

    /// The sets that a point asks for. Where it leaves a condition within rounding, the condition stays as it is.
    fn next(&self, point: &Point, binding: &Binding) -> Binding {
        let slack = TOLERANCE * point.total;
        let side = |d: usize| {
            let (least, greatest) = (self.least[d] * point.total, self.greatest[d] * point.total);
            let value = point.values[d];
            let (to_least, to_greatest) = match binding.sides[d] {
                Side::Least => (slack, -slack),
                Side::Free => (-slack, slack),
                Side::Greatest => (-slack, -slack),
            };
            if value <= least + to_least {
                Side::Least
            } else if value >= greatest + to_greatest {
                Side::Greatest
            } else {
                Side::Free
            }
        };
        let shares = self.shares(point, binding);
        let mut multipliers = point.multipliers.iter();
        let binds = |(condition, &binds): (&Condition, &bool)| {
            let multiplier = if binds { multipliers.next().copied() } else { None };
            match multiplier {
                Some(multiplier) => condition.is_equality || multiplier > -slack,
                None => dot(&condition.coefficients, &shares) > condition.right + TOLERANCE,
            }
        };
        Binding {
            sides: (0..point.values.len()).map(side).collect(),
            rows: self.conditions.iter().zip(&binding.rows).map(binds).collect(),
        }
    }

    /// Shares at a point, those that are held at their bounds.
    fn shares(&self, point: &Point, binding: &Binding) -> Vec<f64> {
        let share = |d: usize| match binding.sides[d] {
            Side::Free => (point.values[d] / point.total).clamp(self.least[d], self.greatest[d]),
            side => self.bound(d, side),
        };
        (0..point.values.len()).map(share).collect()
    }

    fn mixture(&self, point: &Point, binding: &Binding) -> Option<Vec<f64>> {
        let mut shares = self.shares(point, binding);
        let excess = shares.iter().sum::<f64>() - 1.0;
        // What rounding left goes to the largest share that can take it.
        let largest = (0..shares.len())
            .filter(|&d| (self.least[d]..=self.greatest[d]).contains(&(shares[d] - excess)))
            .max_by(|&a, &b| shares[a].total_cmp(&shares[b]))?;
        shares[largest] -= excess;
        (excess.abs() < 1e-9).then_some(shares)
    }
}

/// The solution for given sets.
struct Point {
    /// `Cᵀρ + k + m t − Σ n a` by domain: the coefficients where they are free.
    values: Vec<f64>,
    /// Their sum `t`.
    total: f64,
    /// Multipliers of the rows that bind.
    multipliers: Vec<f64>,
}

impl Products {
    /// Brings the inner products of the free columns up to date.
    fn update(&mut self, problem: &Pivoting, sides: &[Side]) {
        let is_free = |sides: &[Side], d: usize| sides.get(d) == Some(&Side::Free);
        let changed: Vec<usize> = (0..sides.len()).filter(|&d| is_free(sides, d) != is_free(&self.sides, d)).collect();
        let free: Vec<usize> = (0..sides.len()).filter(|&d| is_free(sides, d)).collect();
        if self.sides.is_empty() || 2 * changed.len() > free.len() {
            let height = problem.height;
            let part: Vec<f64> = free.iter().flat_map(|&d| problem.column(d).iter().copied()).collect();
            let part = DMatrix::from_vec(height, free.len(), part);
            self.matrix = &part * part.transpose();
        } else {
            for &d in &changed {
                let column = problem.column(d);
                let sign = if is_free(sides, d) { 1.0 } else { -1.0 };
                for (j, &value) in column.iter().enumerate() {
                    if value != 0.0 {
                        add_scaled(self.matrix.column_mut(j).as_mut_slice(), sign * value, column);
                    }
                }
            }
        }
        self.sides = sides.to_vec();
    }
}

/// The matrix `C Cᵀ + μ` over the free columns, factored.
struct System<'a> {
    form: Form<'a>,
    penalty: f64,
    /// The least entry of the diagonal of its triangular factor over the greatest.
    spread: f64,
}

enum Form<'a> {
    /// The factor of the matrix itself, and `C Cᵀ`.
    Models { factor: Cholesky<f64, Dyn>, products: &'a DMatrix<f64> },
    /// The factor of `Cᵀ C + μ`, and `C`: where few domains are free the matrix is solved through it (Woodbury).
    Domains { factor: Cholesky<f64, Dyn>, columns: DMatrix<f64> },
}

impl<'a> System<'a> {
    /// `None` where it is not positive to working precision.
    fn new(problem: &Pivoting, penalty: f64, sides: &[Side], products: &'a mut Products) -> Option<Self> {
        let free: Vec<usize> = (0..sides.len()).filter(|&d| sides[d] == Side::Free).collect();
        let count = free.len();
        if count == 0 || 3 * count > 2 * problem.height {
            products.update(problem, sides);
            let products = &products.matrix;
            let mut matrix = products.clone();
            (0..problem.height).for_each(|i| matrix[(i, i)] += penalty);
            let factor = Cholesky::new(matrix)?;
            let diagonal = factor.l_dirty().diagonal();
            let spread = diagonal.min() / diagonal.max();
            return Some(Self { form: Form::Models { factor, products }, penalty, spread });
        }
        let mut columns = Vec::with_capacity(count * problem.height);
        free.iter().for_each(|&d| columns.extend_from_slice(problem.column(d)));
        let mut matrix = DMatrix::zeros(count, count);
        for (j, &d) in free.iter().enumerate() {
            // The triangle that the factor is made of.
            for (i, &other) in free.iter().enumerate().skip(j) {
                matrix[(i, j)] = dot(problem.column(other), problem.column(d));
            }
            matrix[(j, j)] += penalty;
        }
        let factor = Cholesky::new(matrix)?;
        let diagonal = factor.l_dirty().diagonal();
        // There are directions of the models that no free column has: what the matrix does to them is the penalty.
        let spread = diagonal.min().min(penalty.sqrt()) / diagonal.max();
        let columns = DMatrix::from_vec(problem.height, count, columns);
        Some(Self { form: Form::Domains { factor, columns }, penalty, spread })
    }

    /// Whether a second step is of use to the first.
    fn wants_refinement(&self) -> bool {
        matches!(self.form, Form::Domains { .. }) || self.spread < PRECISE
    }

    fn solve(&self, right: &DMatrix<f64>) -> DMatrix<f64> {
        match &self.form {
            Form::Models { factor, .. } => factor.solve(right),
            Form::Domains { factor, columns } => {
                let inner = factor.solve(&columns.tr_mul(right));
                (right - columns * inner) / self.penalty
            }
        }
    }

    fn times(&self, values: &DMatrix<f64>) -> DMatrix<f64> {
        let product = match &self.form {
            Form::Models { products, .. } => *products * values,
            Form::Domains { columns, .. } => columns * columns.tr_mul(values),
        };
        product + self.penalty * values
    }
}

/// Solves a small square system; `None` where it is singular to working precision.
fn solve_square(matrix: DMatrix<f64>, right: DVector<f64>) -> Option<DVector<f64>> {
    matrix.lu().solve(&right).filter(|solution| solution.iter().all(|value| value.is_finite()))
}
