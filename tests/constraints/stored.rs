//! Answers of cvxpy, ECOS and SciPy, stored with the script that made them.

use mixopt::fit::{
    Bounds, CERTIFIED_GAP, CompressionColumns, Constraints, Design, OptimumStatus, Relation, Row, best_mixture,
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
        CompressionColumns::new(&DMatrix::from_fn(self.bits.len(), self.least.len(), |i, d| self.bits[i][d]))
    }

    fn constraints(&self) -> Constraints {
        let names: Vec<String> = (0..self.least.len()).map(|d| d.to_string()).collect();
        let rows = self
            .rows
            .iter()
            .map(|row| Row { coefficients: row.coefficients.clone(), relation: row.relation, right: row.right })
            .collect();
        Constraints::new(Bounds::new(&names, self.least.clone(), self.greatest.clone()).unwrap(), rows)
    }

    fn number(&self, key: &str) -> f64 {
        self.expected[key].as_f64().unwrap_or_else(|| panic!("{}: no {key}", self.name))
    }

    fn weights(&self) -> Vec<f64> {
        serde_json::from_value(self.expected["weights"].clone()).unwrap()
    }
}

fn cases(kind: &str) -> Vec<Case> {
    let stored: Stored = serde_json::from_str(include_str!("../data/constrained_optima.json")).unwrap();
    stored.cases.into_iter().filter(|case| case.kind == kind).collect()
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

#[test]
fn best_mixtures_are_those_of_other_solvers() {
    let mut compared = 0;
    for case in cases("best") {
        let (columns, constraints) = (case.columns(), case.constraints());
        let design = Design::new(&columns, &case.targets[0], None, &[]).unwrap();
        match case.expected["status"].as_str().unwrap() {
            "infeasible" => {
                assert!(constraints.any().is_none(), "{}", case.name);
                continue;
            }
            "none" => {
                assert!(constraints.any().is_some(), "{}", case.name);
                let optimum = best_mixture(&design, &constraints);
                assert_eq!(optimum.status, OptimumStatus::NoPositiveCorrelation, "{}", case.name);
                continue;
            }
            _ => {}
        }
        let optimum = best_mixture(&design, &constraints);
        let weights = optimum.weights.clone().unwrap_or_else(|| panic!("{}: none found", case.name));
        let tolerance = case.number("tolerance");
        assert!(
            (optimum.correlation - case.number("correlation")).abs() <= 2.0 * tolerance,
            "{}: {} here, {} there",
            case.name,
            optimum.correlation,
            case.number("correlation")
        );
        assert!(constraints.contain(&weights, 1e-12), "{}", case.name);
        assert!(optimum.gap() <= CERTIFIED_GAP, "{}: gap {}", case.name, optimum.gap());
        assert!(optimum.gap() <= 1e-11, "{}: gap {}", case.name, optimum.gap());
        if case.expected["weights_are_unique"].as_bool().unwrap() {
            let difference = apart(&weights, &case.weights());
            assert!(difference <= 2.0 * case.number("weights_tolerance"), "{}: {difference}", case.name);
        }
        compared += 1;
    }
    assert!(compared >= 9, "{compared}");
}
