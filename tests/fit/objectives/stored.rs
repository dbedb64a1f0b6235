//! Answers of cvxpy, ECOS and SciPy, stored with the script that made them.

use mixopt_fit::{
    Bounds, CompressionColumns, Constraints, Design, OptimumStatus, Relation, Row, StageProblem, best_sparse,
    best_stages, best_worst, pareto, ridge,
};
use nalgebra::DMatrix;
use serde::Deserialize;

#[derive(Deserialize)]
struct Stored {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    kind: String,
    name: String,
    bits: Vec<Vec<f64>>,
    targets: Vec<Vec<f64>>,
    least: Vec<f64>,
    greatest: Vec<f64>,
    rows: Vec<StoredRow>,
    prior: Option<Vec<f64>>,
    ridge: Option<f64>,
    most_domains: Option<usize>,
    budgets: Option<Vec<f64>>,
    supply: Option<Vec<f64>>,
    expected: serde_json::Value,
}

#[derive(Deserialize)]
struct StoredRow {
    coefficients: Vec<(usize, f64)>,
    relation: Relation,
    right: f64,
}

impl Case {
    fn columns(&self) -> CompressionColumns {
        CompressionColumns::new(&DMatrix::from_fn(self.bits.len(), self.least.len(), |i, d| self.bits[i][d])).unwrap()
    }

    fn designs<'a>(&self, columns: &'a CompressionColumns) -> Vec<Design<'a>> {
        self.targets.iter().map(|target| Design::new(columns, target, None, &[]).unwrap()).collect()
    }

    fn constraints(&self) -> Constraints {
        let names: Vec<String> = (0..self.least.len()).map(|d| d.to_string()).collect();
        let rows = self
            .rows
            .iter()
            .map(|row| Row { coefficients: row.coefficients.clone(), relation: row.relation, right: row.right })
            .collect();
        Constraints::new(Bounds::new(&names, self.least.clone(), self.greatest.clone()).unwrap(), rows).unwrap()
    }

    fn status(&self) -> &str {
        self.expected["status"].as_str().unwrap()
    }

    fn number(&self, key: &str) -> f64 {
        self.expected[key].as_f64().unwrap_or_else(|| panic!("{}: no {key}", self.name))
    }

    fn numbers(&self, key: &str) -> Vec<f64> {
        serde_json::from_value(self.expected[key].clone()).unwrap()
    }

    fn is_near(&self, key: &str, found: f64) {
        let (stored, tolerance) = (self.number(key), 2.0 * self.number("tolerance"));
        assert!((found - stored).abs() <= tolerance, "{}: {key} {found} here, {stored} there", self.name);
    }

    fn has_weights(&self, found: &[f64]) {
        if self.expected["weights_are_unique"].as_bool().unwrap() {
            let apart = found.iter().zip(self.numbers("weights")).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(apart <= 2.0 * self.number("weights_tolerance"), "{}: weights {apart} apart", self.name);
        }
    }
}

/// The committed sample, or all of another file that the generator made: `MIXOPT_CONSTRAINED_OPTIMA` names it.
fn stored() -> Stored {
    match std::env::var("MIXOPT_CONSTRAINED_OPTIMA") {
        Ok(file) => serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap(),
        Err(_) => serde_json::from_str(include_str!("../../data/constrained_optima.json")).unwrap(),
    }
}

fn cases(kind: &str) -> Vec<Case> {
    let stored = stored();
    let cases: Vec<Case> = stored.cases.into_iter().filter(|case| case.kind == kind).collect();
    assert!(!cases.is_empty());
    cases
}

#[test]
fn mixtures_for_the_worst_target() {
    for case in cases("worst") {
        let (columns, constraints) = (case.columns(), case.constraints());
        let found = best_worst(&case.designs(&columns), &constraints).unwrap();
        if case.status() != "optimal" {
            assert_eq!(found.status, OptimumStatus::NoPositiveCorrelation, "{}", case.name);
            assert_eq!(constraints.any().is_none(), case.status() == "infeasible", "{}", case.name);
            continue;
        }
        case.is_near("value", found.correlation);
        assert!(found.gap() <= 1e-10, "{}: {:e}", case.name, found.gap());
        assert!(constraints.contain(found.weights.as_ref().unwrap(), 1e-11), "{}", case.name);
        case.has_weights(found.weights.as_ref().unwrap());
    }
}

#[test]
fn frontiers() {
    #[derive(Deserialize)]
    struct Point {
        alpha: f64,
        correlations: [f64; 2],
    }
    for case in cases("pareto") {
        let (columns, constraints) = (case.columns(), case.constraints());
        let designs = case.designs(&columns);
        let frontier = pareto([&designs[0], &designs[1]], &constraints, 101).unwrap();
        let points: Vec<Point> = serde_json::from_value(case.expected["points"].clone()).unwrap();
        let value = |alpha: f64, rho: &[f64; 2]| (1.0 - alpha) * rho[0] + alpha * rho[1];
        let tolerance = 2.0 * case.number("tolerance");
        for stored in &points {
            let best = frontier.iter().map(|p| value(stored.alpha, &p.correlations)).fold(0.0, f64::max);
            let optimum = value(stored.alpha, &stored.correlations);
            // The stored point is the best at its alpha; ours come near it and no nearer than allowed.
            assert!(best <= optimum + tolerance, "{}: {best} {optimum}", case.name);
            let resolution = if stored.alpha == 0.0 || stored.alpha == 1.0 { tolerance } else { 1e-4 };
            assert!(best >= optimum - resolution, "{} {}: {best} {optimum}", case.name, stored.alpha);
            for ours in &frontier {
                let here = value(ours.mixing, &ours.correlations) + ours.bound_gap;
                assert!(value(ours.mixing, &stored.correlations) <= here + tolerance, "{}", case.name);
            }
        }
        assert!(frontier.iter().all(|point| point.bound_gap <= 1e-10), "{}", case.name);
        assert!(frontier.iter().all(|point| constraints.contain(&point.weights, 1e-11)), "{}", case.name);
    }
}

#[test]
fn shrunk_mixtures() {
    for case in cases("ridge") {
        let (columns, constraints) = (case.columns(), case.constraints());
        let design = &case.designs(&columns)[0];
        let weights = ridge(design, &constraints, case.prior.as_ref().unwrap(), case.ridge.unwrap()).unwrap().unwrap();
        assert!(constraints.contain(&weights, 1e-11), "{}", case.name);
        case.has_weights(&weights);
        case.is_near("correlation", design.correlation(&weights).unwrap());
    }
}

#[test]
fn mixtures_of_few_domains() {
    for case in cases("sparse") {
        let (columns, constraints) = (case.columns(), case.constraints());
        let found = best_sparse(&case.designs(&columns)[0], &constraints, case.most_domains.unwrap(), 10_000).unwrap();
        if case.status() != "optimal" {
            assert_eq!(found.status, OptimumStatus::NoPositiveCorrelation, "{}", case.name);
            continue;
        }
        case.is_near("correlation", found.correlation);
        assert_eq!(found.status, OptimumStatus::Certified, "{}", case.name);
        case.has_weights(found.weights.as_ref().unwrap());
    }
}

#[test]
fn stages_under_one_supply() {
    for case in cases("stages") {
        let (columns, constraints) = (case.columns(), case.constraints());
        let designs = case.designs(&columns);
        let budgets = case.budgets.as_ref().unwrap();
        let stages: Vec<StageProblem> = designs
            .iter()
            .zip(budgets)
            .map(|(design, &budget)| StageProblem { design, constraints: &constraints, budget })
            .collect();
        let found = best_stages(&stages, case.supply.as_ref().unwrap()).unwrap();
        assert_eq!(found.status, OptimumStatus::Certified, "{}", case.name);
        let value = case.number("value");
        let off = 2.0 * case.number("tolerance");
        assert!(found.share_of_best <= value + off && value <= found.bound + off, "{}: {value} {found:?}", case.name);
        assert!(found.bound - found.share_of_best < 1e-7, "{}", case.name);
        for (alone, stored) in found.alone.iter().zip(case.numbers("alone")) {
            assert!((alone - stored).abs() <= 2.0 * case.number("tolerance"), "{}", case.name);
        }
    }
}
