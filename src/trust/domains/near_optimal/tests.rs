use super::*;
use mixopt_fit::{Bounds, CompressionColumns, Relation, Row, best_mixture};
use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[derive(serde::Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    bits: Vec<Vec<f64>>,
    controls: Vec<Vec<f64>>,
    targets: Vec<Vec<f64>>,
    least: Vec<f64>,
    greatest: Vec<f64>,
    rows: Vec<CaseRow>,
    thresholds: Vec<f64>,
    best: Vec<f64>,
    ranges: Vec<[f64; 2]>,
    tolerance: f64,
}

#[derive(serde::Deserialize)]
struct CaseRow {
    coefficients: Vec<(usize, f64)>,
    relation: Relation,
    right: f64,
}

/// Columns with a common factor and a target that goes with it.
fn problem(models: usize, domains: usize, noise: f64, seed: u64) -> (CompressionColumns, Vec<f64>) {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = || (0..12).map(|_| generator.random::<f64>()).sum::<f64>() - 6.0;
    let factor: Vec<f64> = (0..models).map(|_| normal()).collect();
    let bits = DMatrix::from_fn(models, domains, |i, _| 1.0 + 0.1 * (factor[i] + noise * normal()));
    let target = factor.iter().map(|f| 0.5 * normal() - f).collect();
    (CompressionColumns::new(&bits).unwrap(), target)
}

fn bounds(least: Vec<f64>, greatest: Vec<f64>) -> Bounds {
    Bounds::new(&vec![String::new(); least.len()], least, greatest).unwrap()
}

/// Values of two cone solvers, with the script that made them: benches/make_near_optimal_ranges.py.
#[test]
fn ranges_are_those_of_cone_programs() {
    let cases: Cases = serde_json::from_str(include_str!("../../../../tests/data/near_optimal_ranges.json")).unwrap();
    assert_eq!(cases.cases.len(), 29);
    for case in &cases.cases {
        let domains = case.least.len();
        let bits = DMatrix::from_fn(case.bits.len(), domains, |i, d| case.bits[i][d]);
        let columns = CompressionColumns::new(&bits).unwrap();
        let designs: Vec<Design> =
            case.targets.iter().map(|target| Design::new(&columns, target, None, &case.controls).unwrap()).collect();
        let rows = case.rows.iter().map(|row| Row {
            coefficients: row.coefficients.clone(),
            relation: row.relation,
            right: row.right,
        });
        let constraints = Constraints::new(bounds(case.least.clone(), case.greatest.clone()), rows.collect()).unwrap();
        let inside = constraints.nearest(&case.best).unwrap();
        let every: Vec<usize> = (0..domains).collect();
        let ranges = near_optimal(&designs, &constraints, &inside, &case.thresholds, &every).unwrap();
        for (range, [least, greatest]) in ranges.iter().zip(&case.ranges) {
            let tolerance = 3e-8 + case.tolerance;
            assert!((range.least - least).abs() <= tolerance, "{}: {range:?}, least {least}", case.name);
            assert!((range.greatest - greatest).abs() <= tolerance, "{}: {range:?}, greatest {greatest}", case.name);
        }
        // The embedded study at 0.99 of the best, in percent.
        if case.name.starts_with("embedded") {
            let shown: Vec<[f64; 2]> = ranges
                .iter()
                .map(|range| [range.least, range.greatest].map(|share| (share * 1000.0).round() / 10.0))
                .collect();
            assert_eq!(shown, [[7.4, 54.5], [0.0, 21.8], [38.3, 92.6]]);
            assert_eq!(ranges.iter().map(|range| range.least_is_limit).collect::<Vec<_>>(), [false, true, false]);
        }
    }
}

#[test]
fn every_end_is_attained_and_no_mixture_above_the_threshold_is_outside() {
    let (mut inside_seen, mut exact) = (0, 0);
    for seed in 0..24 {
        let (models, domains) = [(19, 3), (30, 12), (12, 20), (25, 6)][seed as usize % 4];
        let (columns, target) = problem(models, domains, [0.1, 0.4, 1.0][seed as usize % 3], seed);
        let design = Design::new(&columns, &target, None, &[]).unwrap();
        let cap = (3.0 / domains as f64).min(1.0);
        for constraints in [
            Constraints::simplex(domains),
            bounds(vec![0.3 / domains as f64; domains], vec![1.0; domains]).into(),
            bounds(vec![0.0; domains], vec![cap; domains]).into(),
        ] {
            let Some(best) = best_mixture(&design, &constraints).unwrap().weights else { continue };
            let threshold = [0.995, 0.9][seed as usize % 2] * design.correlation(&best).unwrap();
            let designs = [design.clone()];
            let every: Vec<usize> = (0..domains).collect();
            let ranges = near_optimal(&designs, &constraints, &best, &[threshold], &every).unwrap();
            let thresholds = [threshold];
            let reach = Reach::new(&designs, &constraints, &thresholds, &best).unwrap();
            for range in &ranges {
                for (end, share) in [(End::Least, range.least), (End::Greatest, range.greatest)] {
                    let reached = reach.end(range.domain, end).unwrap();
                    assert_eq!(reached.share, share);
                    assert!((reached.weights[range.domain] - share).abs() <= 1e-9);
                    assert!(constraints.contain(&reached.weights, 1e-12));
                    let value = design.correlation(&reached.weights).unwrap();
                    assert!(value >= threshold - 1e-11, "{seed} {end:?} {reached:?}: {value} {threshold}");
                    exact += usize::from(!reached.is_limit && (value - threshold).abs() <= 1e-11);
                }
            }
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            for _ in 0..300 {
                let weights: Vec<f64> =
                    best.iter().map(|share| share + 0.5 * (random.random::<f64>() - 0.5).powi(3)).collect();
                let weights = constraints.nearest(&weights).unwrap();
                if design.correlation(&weights).is_none_or(|value| value < threshold) {
                    continue;
                }
                inside_seen += 1;
                for range in &ranges {
                    let share = weights[range.domain];
                    assert!(range.least - 1e-9 <= share && share <= range.greatest + 1e-9, "{seed} {range:?} {share}");
                }
            }
        }
    }
    assert!(inside_seen > 5000 && exact > 300, "{inside_seen} mixtures inside, {exact} ends by correlation");
}

#[test]
fn a_grid_of_three_domains_finds_the_same_ranges() {
    for seed in 40..46 {
        let (columns, target) = problem(19, 3, 0.5, seed);
        let design = Design::new(&columns, &target, None, &[]).unwrap();
        let simplex = Constraints::simplex(3);
        let best = best_mixture(&design, &simplex).unwrap().weights.unwrap();
        let threshold = 0.97 * design.correlation(&best).unwrap();
        let ranges = near_optimal(std::slice::from_ref(&design), &simplex, &best, &[threshold], &[0, 1, 2]).unwrap();
        let steps = 400;
        let mut ends = [[1.0_f64, 0.0_f64]; 3];
        for i in 0..=steps {
            for j in 0..=steps - i {
                let weights = [i, j, steps - i - j].map(|k| k as f64 / steps as f64);
                if design.correlation(&weights).is_some_and(|value| value >= threshold) {
                    for (end, share) in ends.iter_mut().zip(weights) {
                        *end = [end[0].min(share), end[1].max(share)];
                    }
                }
            }
        }
        for (range, [least, greatest]) in ranges.iter().zip(ends) {
            assert!(range.least <= least + 1e-12 && least - range.least <= 0.02, "{range:?} {least}");
            assert!(range.greatest >= greatest - 1e-12 && range.greatest - greatest <= 0.02, "{range:?} {greatest}");
        }
    }
}

/// Copies of a domain, a constant domain, and as many domains as make the target an exact mixture.
#[test]
fn awkward_domains() {
    let (columns, target) = problem(20, 4, 0.5, 3);
    let design = Design::new(&columns, &target, None, &[]).unwrap();
    let best = best_mixture(&design, &Constraints::simplex(4)).unwrap().weights.unwrap();
    let threshold = 0.98 * design.correlation(&best).unwrap();
    let simplex = Constraints::simplex(4);
    let plain = near_optimal(std::slice::from_ref(&design), &simplex, &best, &[threshold], &[0, 1, 2, 3]).unwrap();

    // Domain 4 is a copy of domain 0, domain 5 tells nothing.
    let mut generator = ChaCha8Rng::seed_from_u64(3);
    let mut normal = || (0..12).map(|_| generator.random::<f64>()).sum::<f64>() - 6.0;
    let factor: Vec<f64> = (0..20).map(|_| normal()).collect();
    let four = DMatrix::from_fn(20, 4, |i, _| 1.0 + 0.1 * (factor[i] + 0.5 * normal()));
    let with_copy = DMatrix::from_fn(20, 5, |i, d| four[(i, d % 4)]);
    let columns = CompressionColumns::new(&with_copy).unwrap();
    let design = Design::new(&columns, &target, None, &[]).unwrap();
    let mut start = best.clone();
    start.push(0.0);
    let copied = near_optimal(&[design], &Constraints::simplex(5), &start, &[threshold], &[0, 1, 2, 3, 4]).unwrap();
    for (range, other) in copied[1..4].iter().zip(&plain[1..]) {
        assert!((range.least - other.least).abs() < 1e-9 && (range.greatest - other.greatest).abs() < 1e-9);
    }
    for range in [copied[0], copied[4]] {
        assert!((range.greatest - plain[0].greatest).abs() < 1e-9 && range.least == 0.0 && range.least_is_limit);
    }

    let with_constant = DMatrix::from_fn(20, 5, |i, d| if d == 4 { 0.9 } else { four[(i, d)] });
    let columns = CompressionColumns::new(&with_constant).unwrap();
    let design = Design::new(&columns, &target, None, &[]).unwrap();
    let ranges = near_optimal(&[design], &Constraints::simplex(5), &start, &[threshold], &[0, 1, 2, 3, 4]).unwrap();
    // Any share of it changes no correlation: every least share goes to zero, its own greatest to one.
    assert!(ranges.iter().all(|range| range.least == 0.0 && range.least_is_limit), "{ranges:?}");
    assert!(ranges[4].greatest == 1.0 && ranges[4].greatest_is_limit);
    for (range, other) in ranges[..4].iter().zip(&plain) {
        assert!((range.greatest - other.greatest).abs() < 1e-9);
    }

    // Fewer models than domains: a correlation of one.
    let (columns, target) = problem(6, 40, 2.0, 5);
    let design = Design::new(&columns, &target, None, &[]).unwrap();
    let best = best_mixture(&design, &Constraints::simplex(40)).unwrap().weights.unwrap();
    let every: Vec<usize> = (0..40).collect();
    let ranges = near_optimal(&[design], &Constraints::simplex(40), &best, &[0.99], &every).unwrap();
    assert!(ranges.iter().zip(&best).all(|(range, share)| range.least <= *share && *share <= range.greatest));
    assert!(mean_width(&ranges).unwrap() > 0.05);
}

#[test]
fn a_set_of_one_mixture_has_no_width_and_wrong_input_is_told() {
    let (columns, target) = problem(20, 4, 0.5, 9);
    let designs = [Design::new(&columns, &target, None, &[]).unwrap()];
    let simplex = Constraints::simplex(4);
    let best = best_mixture(&designs[0], &simplex).unwrap().weights.unwrap();
    let value = designs[0].correlation(&best).unwrap();
    for range in near_optimal(&designs, &simplex, &best, &[value], &[0, 1, 2, 3]).unwrap() {
        assert!((range.least - best[range.domain]).abs() < 1e-6 && range.width() < 1e-6, "{range:?} {best:?}");
    }
    let fixed: Constraints = bounds(vec![0.25; 4], vec![0.25; 4]).into();
    if designs[0].correlation(&[0.25; 4]).unwrap() > 0.1 {
        let ranges = near_optimal(&designs, &fixed, &[0.25; 4], &[0.1], &[0, 3]).unwrap();
        assert!(ranges.iter().all(|r| r.width() < 1e-9 && r.least_is_limit && r.greatest_is_limit), "{ranges:?}");
    }
    let ask = |best: &[f64], thresholds: &[f64], domains: &[usize]| {
        near_optimal(&designs, &simplex, best, thresholds, domains).unwrap_err()
    };
    assert_eq!(ask(&best, &[], &[0]), NearOptimalError::ThresholdCount { targets: 1, thresholds: 0 });
    assert_eq!(ask(&best, &[0.0], &[0]), NearOptimalError::Threshold { threshold: 0.0 });
    assert!(matches!(ask(&best, &[f64::NAN], &[0]), NearOptimalError::Threshold { .. }));
    assert!(matches!(ask(&best, &[0.5 * (1.0 + value)], &[0]), NearOptimalError::NotReached { target: 0, .. }));
    assert_eq!(ask(&best, &[0.5 * value], &[4]), NearOptimalError::NoSuchDomain { domain: 4, domains: 4 });
    assert_eq!(ask(&[0.5; 4], &[0.5 * value], &[0]), NearOptimalError::NotWithin);
    assert_eq!(mean_width(&[]), None);
}
