//! Answers of cvxpy, ECOS and SciPy, stored with the script that made them.

use mixopt_fit::{
    Bounds, CERTIFIED_GAP, CompressionColumns, Constraints, Design, Distance, OptimumStatus, Relation, Row,
    best_mixture, distance, nearest_above, prices,
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
    #[serde(default)]
    prior: Vec<f64>,
    #[serde(default)]
    correlation_at_least: f64,
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

    fn constraints(&self) -> Constraints {
        let names: Vec<String> = (0..self.least.len()).map(|d| d.to_string()).collect();
        let rows = self
            .rows
            .iter()
            .map(|row| Row { coefficients: row.coefficients.clone(), relation: row.relation, right: row.right })
            .collect();
        Constraints::new(Bounds::new(&names, self.least.clone(), self.greatest.clone()).unwrap(), rows).unwrap()
    }

    fn number(&self, key: &str) -> f64 {
        self.expected[key].as_f64().unwrap_or_else(|| panic!("{}: no {key}", self.name))
    }

    fn weights(&self) -> Vec<f64> {
        serde_json::from_value(self.expected["weights"].clone()).unwrap()
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
    stored.cases.into_iter().filter(|case| case.kind == kind).collect()
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

#[test]
fn best_mixtures_are_those_of_other_solvers() {
    let (mut compared, mut priced) = (0, 0);
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
                let optimum = best_mixture(&design, &constraints).unwrap();
                assert_eq!(optimum.status, OptimumStatus::NoPositiveCorrelation, "{}", case.name);
                continue;
            }
            _ => {}
        }
        let optimum = best_mixture(&design, &constraints).unwrap();
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
        let found = prices(&design, &constraints, &weights).unwrap();
        assert!(found.residual < 1e-9, "{}: {}", case.name, found.residual);
        let expected: Vec<Option<f64>> = serde_json::from_value(case.expected["row_prices"].clone()).unwrap();
        for (row, (here, there)) in found.rows.iter().zip(expected).enumerate() {
            if let Some(there) = there {
                priced += 1;
                assert!((here - there).abs() < 1e-7 * there.abs().max(1.0), "{} row {row}: {here} {there}", case.name);
            }
        }
        compared += 1;
    }
    assert!(compared >= 9, "{compared}");
    assert!(priced >= 9, "{priced}");
}

#[test]
fn nearest_mixtures_are_those_of_other_solvers() {
    for (kind, measure, key) in [
        ("nearest_quadratic", Distance::Quadratic, "distance_squared"),
        ("nearest_kl", Distance::KullbackLeibler, "divergence"),
    ] {
        let all = cases(kind);
        assert!(all.len() >= 6, "{kind}");
        for case in all {
            let (columns, constraints) = (case.columns(), case.constraints());
            let design = Design::new(&columns, &case.targets[0], None, &[]).unwrap();
            let inside = best_mixture(&design, &constraints).unwrap().weights.unwrap();
            let threshold = case.correlation_at_least;
            let nearest = nearest_above(&design, &constraints, &case.prior, threshold, measure, &inside)
                .unwrap()
                .unwrap_or_else(|| panic!("{}: none found", case.name));
            assert!(constraints.contain(&nearest, 1e-11), "{}", case.name);
            assert!(design.correlation(&nearest).unwrap() >= threshold, "{}", case.name);
            let here = distance(measure, &nearest, &case.prior);
            let here = if measure == Distance::Quadratic { here * here } else { here };
            let tolerance = 2.0 * case.number("tolerance");
            assert!((here - case.number(key)).abs() <= tolerance, "{}: {here} {}", case.name, case.number(key));
            let difference = apart(&nearest, &case.weights());
            assert!(difference <= 5.0 * case.number("weights_tolerance"), "{}: {difference}", case.name);
        }
    }
}
