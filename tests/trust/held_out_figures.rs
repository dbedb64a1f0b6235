//! Held-out figures of several methods against NumPy and SciPy (`benches/make_held_out_figures.py`).

use std::collections::BTreeMap;

use mixopt_fit::{AnalysisSettings, Bounds, Constraints, Problem, Refitter, Silent};
use mixopt_trust::{ComparedMethod, ComparisonSettings, DifferenceSettings, Given, compare};
use nalgebra::DMatrix;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    bits: Vec<Vec<f64>>,
    target: Vec<f64>,
    families: Vec<usize>,
    cap: f64,
    expected: BTreeMap<ComparedMethod, Expected>,
}

#[derive(Deserialize)]
struct Expected {
    pearson: f64,
    spearman: f64,
    rmse: f64,
    order_accuracy: f64,
}

#[test]
fn held_out_figures_are_those_of_numpy_and_scipy() {
    let file: File = serde_json::from_str(include_str!("../data/held_out_figures.json")).unwrap();
    assert_eq!(file.cases.len(), 6);
    for (index, case) in file.cases.iter().enumerate() {
        let domains = case.bits[0].len();
        let bits = DMatrix::from_fn(case.bits.len(), domains, |i, d| case.bits[i][d]);
        let names: Vec<String> = (0..domains).map(|d| d.to_string()).collect();
        let bounds = Bounds::new(&names, vec![0.0; domains], vec![case.cap; domains]).unwrap();
        let problem = Problem {
            constraints: Constraints::from(bounds),
            ..Problem::plain(bits, case.target.clone(), case.families.clone())
        };
        let settings = AnalysisSettings { replicates: 2, ..AnalysisSettings::default() };
        let quick = ComparisonSettings {
            repeats: 1,
            recommendation_replicates: 2,
            differences: DifferenceSettings { replicates: 2, ..DifferenceSettings::default() },
            ..ComparisonSettings::default()
        };
        let found = compare(&Refitter::new(&problem, &settings).unwrap(), &Given::default(), quick, &Silent)
            .leave_one_family_out;
        assert_eq!(case.expected.len(), if case.cap == 1.0 { 13 } else { 12 });
        for (method, expected) in &case.expected {
            let figures = found.methods.iter().find(|figures| figures.method == *method).unwrap();
            let agreement = figures.agreement.unwrap();
            let near = |found: f64, expected: f64, what: &str| {
                assert!((found - expected).abs() < 1e-9, "case {index} {method:?} {what}: {found} {expected}");
            };
            near(agreement.pearson.unwrap(), expected.pearson, "pearson");
            near(agreement.spearman.unwrap(), expected.spearman, "spearman");
            near(agreement.rmse, expected.rmse, "rmse");
            near(agreement.order_accuracy.unwrap(), expected.order_accuracy, "order accuracy");
        }
    }
}
