//! Against NumPy (`tests/data/make_document_errors.py`), and properties that must hold.

use nalgebra::DMatrix;
use serde::Deserialize;

use super::*;
use mixopt_fit::{AnalysisSettings, Constraints, Problem};

#[derive(Deserialize)]
struct Oracle {
    target: Vec<f64>,
    weights: Vec<f64>,
    held: f64,
    domains: Vec<OracleDomain>,
    correlation_error: f64,
}

#[derive(Deserialize)]
struct OracleDomain {
    sizes: Vec<f64>,
    bits: Vec<Vec<f64>>,
    measured: Vec<f64>,
    standard_errors: Vec<f64>,
    jackknife: Vec<f64>,
    bootstrap: Brute,
}

#[derive(Deserialize)]
struct Brute {
    standard_deviations: Vec<f64>,
    covariance: Vec<Vec<f64>>,
    relative: Vec<f64>,
}

const MODELS: usize = 6;

fn oracle() -> Oracle {
    serde_json::from_str(include_str!("../../../tests/data/document_errors.json")).unwrap()
}

fn documents(oracle: &Oracle, rates: Option<&[f64]>) -> DocumentBits {
    let measured = |i: usize, d: usize| *oracle.domains[d].measured.get(i).unwrap_or(&oracle.held);
    let measured = DMatrix::from_fn(MODELS, oracle.domains.len(), measured);
    let domains = oracle.domains.iter().map(|domain| DomainDocuments {
        sizes: domain.sizes.clone(),
        bits: (0..MODELS).map(|i| domain.bits.get(i).cloned()).collect(),
    });
    DocumentBits::new(&measured, domains.collect(), rates).unwrap()
}

fn drawn(documents: &DocumentBits, count: u64) -> Vec<DMatrix<f64>> {
    (0..count).map(|draw| documents.draw(&mut generator(3, Purpose::Bootstrap, draw))).collect()
}

fn covariance(draws: &[DMatrix<f64>], a: (usize, usize), b: (usize, usize)) -> f64 {
    let mean = |cell| draws.iter().map(|draw| draw[cell]).sum::<f64>() / draws.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    draws.iter().map(|draw| (draw[a] - mean_a) * (draw[b] - mean_b)).sum::<f64>() / (draws.len() - 1) as f64
}

#[test]
fn standard_errors_are_those_of_numpy() {
    let oracle = oracle();
    let errors = documents(&oracle, None).standard_errors();
    for (d, domain) in oracle.domains.iter().enumerate() {
        let n = domain.sizes.len() as f64;
        for (i, expected) in domain.standard_errors.iter().enumerate() {
            let found = errors[(i, d)];
            assert!((found / expected - 1.0).abs() < 1e-10, "{i} {d}: {found} is not {expected}");
            // What others say agrees to the order that the linearisation leaves out.
            assert!((found / domain.jackknife[i] - 1.0).abs() < 0.08);
            let brute = domain.bootstrap.standard_deviations[i];
            assert!((found * ((n - 1.0) / n).sqrt() / brute - 1.0).abs() < 0.03, "{i} {d}: {found} {brute}");
        }
    }
    assert_eq!(errors[(5, 1)], 0.0, "the last model was not measured on domain 1");
}

#[test]
fn errors_relative_to_the_models_mean_are_those_of_brute_force() {
    let oracle = oracle();
    let documents = documents(&oracle, None);
    let (relative, errors) = (documents.relative_errors(), documents.standard_errors());
    for (d, domain) in oracle.domains.iter().enumerate() {
        let n = domain.sizes.len() as f64;
        for (i, brute) in domain.bootstrap.relative.iter().enumerate() {
            let found = relative[(i, d)] * ((n - 1.0) / n).sqrt();
            assert!((found / brute - 1.0).abs() < 0.06, "{i} {d}: {found} is not {brute}");
            assert!(relative[(i, d)] < 0.5 * errors[(i, d)], "the models' documents are paired");
        }
    }
    assert_eq!(relative[(5, 1)], 0.0);
}

#[test]
fn draws_vary_together_as_brute_force_does() {
    let oracle = oracle();
    let documents = documents(&oracle, None);
    let draws = drawn(&documents, 20_000);
    for (d, domain) in oracle.domains.iter().enumerate() {
        for i in 0..domain.bits.len() {
            for j in 0..=i {
                let (found, brute) = (covariance(&draws, (i, d), (j, d)), domain.bootstrap.covariance[i][j]);
                assert!((found / brute - 1.0).abs() < 0.05, "{i} {j} {d}: {found} is not {brute}");
            }
        }
    }
    // Domains are drawn apart, and what has no documents is held.
    let size = (covariance(&draws, (0, 0), (0, 0)) * covariance(&draws, (0, 1), (0, 1))).sqrt();
    assert!(covariance(&draws, (0, 0), (0, 1)).abs() < 0.04 * size);
    assert!(draws.iter().all(|draw| draw[(5, 1)] == oracle.held));
    assert!(documents.has_noise(4, 1) && !documents.has_noise(5, 1));
}

fn problem(oracle: &Oracle, documents: &DocumentBits) -> Problem {
    Problem {
        bits: documents.measured().clone(),
        target: oracle.target.clone(),
        targets: Vec::new(),
        families: (0..MODELS).collect(),
        optimum_controls: Vec::new(),
        recommended_controls: Vec::new(),
        constraints: Constraints::simplex(2),
        center: vec![0.5; 2],
        shrink_to_center: false,
        most_domains: None,
    }
}

#[test]
fn the_error_of_a_correlation_is_that_of_brute_force_and_of_no_thread_count() {
    let oracle = oracle();
    let documents = documents(&oracle, None);
    let problem = problem(&oracle, &documents);
    let settings = AnalysisSettings::default();
    let refitter = Refitter::new(&problem, &settings).unwrap();
    let found = documents.correlation_error(&refitter, &oracle.weights, 10_000, 1).unwrap();
    assert!((found / oracle.correlation_error - 1.0).abs() < 0.04, "{found} is not {}", oracle.correlation_error);
    let of_one = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| documents.correlation_error(&refitter, &oracle.weights, 50, 1))
    };
    assert_eq!(of_one(1), of_one(3));
    assert_ne!(of_one(1), documents.correlation_error(&refitter, &oracle.weights, 50, 2));
    assert_eq!(documents.correlation_error(&refitter, &oracle.weights, 1, 1), None);
}

#[test]
fn two_models_with_the_same_bits_never_differ() {
    let bits = vec![3.0, 5.5, 9.0, 2.0];
    let sizes = vec![4.0, 6.0, 8.0, 3.0];
    let better = bits.iter().map(|bits| 0.8 * bits).collect();
    let domain = DomainDocuments { sizes, bits: vec![Some(bits.clone()), Some(better), Some(bits)] };
    let ratio = 19.5 / 21.0;
    let measured = DMatrix::from_column_slice(3, 1, &[ratio, 0.8 * ratio, ratio]);
    let documents = DocumentBits::new(&measured, vec![domain], None).unwrap();
    let draws = drawn(&documents, 200);
    assert!(draws.iter().all(|draw| draw[(0, 0)] == draw[(2, 0)]));
    assert!(draws.iter().any(|draw| (draw[(0, 0)] - ratio).abs() > 0.01), "the level does vary");
    assert_eq!(documents.documents(0), 4);
}

#[test]
fn one_document_is_no_sample() {
    let one = DomainDocuments { sizes: vec![10.0], bits: vec![Some(vec![9.0]), Some(vec![7.0])] };
    let two = DomainDocuments { sizes: vec![10.0, 5.0], bits: vec![Some(vec![9.0, 5.0]), None] };
    let nobody = DomainDocuments { sizes: vec![10.0, 5.0], bits: vec![None, None] };
    let none = DomainDocuments { sizes: Vec::new(), bits: vec![None, None] };
    let measured = DMatrix::from_row_slice(2, 4, &[0.9, 14.0 / 15.0, 0.8, 0.5, 0.7, 0.6, 0.7, 0.6]);
    let documents = DocumentBits::new(&measured, vec![one, two, nobody, none], None).unwrap();
    assert_eq!(documents.without_noise(), [0, 2, 3]);
    let errors = documents.standard_errors();
    for draw in drawn(&documents, 20) {
        for (cell, error) in errors.iter().enumerate().filter(|&(cell, _)| cell != 2) {
            assert!(draw[cell] == measured[cell] && *error == 0.0, "{cell}");
        }
    }
    // By hand: r = 14/15, residuals ∓1/3, n/(n − 1) = 2, so SE = √(2 · 2/9) / 15.
    assert!((errors[(0, 1)] - (4.0_f64 / 9.0).sqrt() / 15.0).abs() < 1e-15);
    let nothing = DocumentBits::new(&DMatrix::zeros(0, 1), vec![DomainDocuments::default()], None).unwrap();
    assert_eq!(nothing.draw(&mut generator(0, Purpose::Bootstrap, 0)).shape(), (0, 1));
}

#[test]
fn rates_divide_everything() {
    let oracle = oracle();
    let (plain, rated) = (documents(&oracle, None), documents(&oracle, Some(&[0.25, 4.0])));
    for (d, rate) in [(0, 0.25), (1, 4.0)] {
        for i in 0..MODELS {
            assert_eq!(rated.measured()[(i, d)], plain.measured()[(i, d)] / rate);
            let (errors, expected) = (rated.standard_errors()[(i, d)], plain.standard_errors()[(i, d)] / rate);
            assert!((errors - expected).abs() <= 1e-15 * expected);
            let (draw, expected) = (drawn(&rated, 1)[0][(i, d)], drawn(&plain, 1)[0][(i, d)] / rate);
            assert!((draw - expected).abs() <= 1e-14 * expected);
        }
    }
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let measured = DMatrix::from_element(1, 1, 0.5);
    let refused = |sizes: &[f64], bits: &[f64], rates: Option<&[f64]>| {
        let domain = DomainDocuments { sizes: sizes.to_vec(), bits: vec![Some(bits.to_vec())] };
        DocumentBits::new(&measured, vec![domain], rates).unwrap_err().to_string()
    };
    assert_eq!(refused(&[1.0, 2.0], &[1.0], None), "1 documents of a model; expected 2");
    assert_eq!(
        refused(&[1.0, 0.0], &[1.0, 1.0], None),
        "a document's size is 0 at position 1 of domain 0; expected a finite number above 0"
    );
    assert_eq!(
        refused(&[1.0, 1.0], &[-1.0, 1.0], None),
        "a document's bits is -1 at position 0 of domain 0; expected a finite number of at least 0"
    );
    assert!(refused(&[1.0, f64::INFINITY], &[1.0, 1.0], None).contains("size is inf"));
    assert!(refused(&[1.0, 1.0], &[1.0, 1.0], Some(&[0.0])).contains("a rate is 0"));
    assert_eq!(refused(&[1.0, 1.0], &[1.0, 1.0], Some(&[])), "0 rates; expected 1");
    assert_eq!(
        DocumentBits::new(&measured, Vec::new(), None).unwrap_err().to_string(),
        "0 domains with documents; expected 1"
    );
}
