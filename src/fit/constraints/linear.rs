//! Linear conditions on the shares of a mixture.

use crate::constraints::bounds::Bounds;
use crate::data::problem_error::ProblemError;

/// How the two sides of a condition compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub enum Relation {
    /// The left side is at most the right.
    #[serde(rename = "<=")]
    AtMost,
    /// The left side is at least the right.
    #[serde(rename = ">=")]
    AtLeast,
    /// Both are equal.
    #[serde(rename = "=")]
    Equal,
}

/// One condition: `Σ coefficient × share  (≤ | ≥ | =)  right`.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Domain (its position) and coefficient, finite; domains that are not named have none, of one named more than once the
    /// coefficients add up.
    pub coefficients: Vec<(usize, f64)>,
    /// How the sides compare.
    pub relation: Relation,
    /// The right side.
    pub right: f64,
}

impl Row {
    /// The left side for a mixture; a domain beyond the end of `weights` has no share.
    pub fn left(&self, weights: &[f64]) -> f64 {
        let share = |domain: usize| weights.get(domain).copied().unwrap_or(0.0);
        self.coefficients.iter().map(|&(domain, coefficient)| coefficient * share(domain)).sum()
    }

    /// An error unless the row speaks of these domains, in finite numbers.
    pub(crate) fn fit(&self, domains: usize) -> Result<(), ProblemError> {
        if let Some(&(found, _)) = self.coefficients.iter().find(|(domain, _)| *domain >= domains) {
            return Err(ProblemError::Position { what: "domain", found, count: domains });
        }
        ProblemError::finite("coefficient", &self.coefficients.iter().map(|&(_, value)| value).collect::<Vec<_>>())?;
        ProblemError::finite("right side", &[self.right])
    }

    /// How much a mixture breaks the condition; zero or less where it does not.
    pub fn excess(&self, weights: &[f64]) -> f64 {
        let difference = self.left(weights) - self.right;
        match self.relation {
            Relation::AtMost => difference,
            Relation::AtLeast => -difference,
            Relation::Equal => difference.abs(),
        }
    }

    /// The largest coefficient without its sign, by which tolerances are measured; one where there is none.
    pub fn size(&self) -> f64 {
        let largest = self.coefficients.iter().map(|(_, coefficient)| coefficient.abs()).fold(0.0, f64::max);
        if largest > 0.0 { largest } else { 1.0 }
    }
}

/// All conditions on a mixture: least and greatest weights, and linear rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraints {
    bounds: Bounds,
    rows: Vec<Row>,
}

impl Constraints {
    /// Bounds and rows together. Whether any mixture obeys them is not checked here: [`any`](Self::any) tells.
    ///
    /// # Errors
    /// [`ProblemError`]: a row with a domain beyond the last, or with a number that is not finite.
    pub fn new(bounds: Bounds, rows: Vec<Row>) -> Result<Self, ProblemError> {
        rows.iter().try_for_each(|row| row.fit(bounds.least().len()))?;
        Ok(Self::of_checked(bounds, rows))
    }

    /// As [`new`](Self::new), of rows that are known to fit.
    pub(crate) fn of_checked(bounds: Bounds, rows: Vec<Row>) -> Self {
        Self { bounds, rows }
    }

    /// Number of domains.
    pub fn domains(&self) -> usize {
        self.bounds.least().len()
    }

    /// An error unless the constraints are those of so many domains.
    pub(crate) fn fit(&self, domains: usize) -> Result<(), ProblemError> {
        ProblemError::count("domains under constraints", "domain of the matrix", self.domains(), domains)
    }

    /// No constraint beyond the simplex.
    pub fn simplex(domains: usize) -> Self {
        Bounds::simplex(domains).into()
    }

    /// Least and greatest weights.
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// The linear rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The same constraints for mixtures of these domains only: the others get no share.
    ///
    /// # Shapes
    /// `kept`: one for each domain; a domain without one is not kept.
    pub fn only(&self, kept: &[bool]) -> Self {
        Self { bounds: self.bounds.only(kept), rows: self.rows.clone() }
    }

    /// Whether bounds are all there is.
    pub fn is_box(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether nothing is asked of a mixture beyond being one.
    pub fn is_simplex(&self) -> bool {
        self.is_box() && self.bounds.is_simplex()
    }

    /// Whether a mixture obeys all conditions up to `tolerance`: a share for the bounds, and for a row as many times its
    /// largest coefficient. A mixture of other domains obeys none.
    pub fn contain(&self, weights: &[f64], tolerance: f64) -> bool {
        self.bounds.contain(weights, tolerance)
            && self.rows.iter().all(|row| row.excess(weights) <= tolerance * row.size())
    }
}

impl From<Bounds> for Constraints {
    fn from(bounds: Bounds) -> Self {
        Self::of_checked(bounds, Vec::new())
    }
}
