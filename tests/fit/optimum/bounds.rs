//! Least and greatest weights: grids, an interior-point solver and the optimality conditions agree with the optimum.

use mixopt_fit::{Bounds, CERTIFIED_GAP, Constraints, Optimum, OptimumStatus};
use proptest::prelude::*;

use super::oracle::{Centred, bounded_mixture, greatest_average};
use super::problems::{KINDS, Kind, Problem, below, cases, generator};

/// Which sides of the box are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sides {
    Least,
    Greatest,
    Both,
    /// Greatest weights that sum to exactly one leave one mixture.
    Exact,
}

const SIDES: [Sides; 4] = [Sides::Least, Sides::Greatest, Sides::Both, Sides::Exact];

/// Random bounds in whole hundredths, so that a grid meets them.
fn random_bounds(sides: Sides, domains: usize, seed: u64) -> (Vec<f64>, Vec<f64>) {
    let mut random = generator(seed ^ 0xb0b5);
    let mut shares = vec![0_usize; domains];
    for _ in 0..100 {
        shares[below(&mut random, domains)] += 1;
    }
    let mut parts = |scale: f64| -> Vec<f64> {
        let factor = rand::RngExt::random::<f64>(&mut random) * scale;
        shares.iter().map(|&share| (share as f64 * factor).floor()).collect()
    };
    let hundredths = |values: Vec<f64>| values.into_iter().map(|value| value / 100.0).collect();
    let least: Vec<f64> = match sides {
        Sides::Least | Sides::Both => parts(1.0),
        Sides::Greatest | Sides::Exact => vec![0.0; domains],
    };
    let greatest: Vec<f64> = match sides {
        Sides::Least => vec![100.0; domains],
        Sides::Exact => shares.iter().map(|&share| share as f64).collect(),
        Sides::Greatest | Sides::Both => {
            let more = parts(3.0);
            shares.iter().zip(more).map(|(&share, more)| (share as f64 + more).min(100.0)).collect()
        }
    };
    (hundredths(least), hundredths(greatest))
}

fn names(domains: usize) -> Vec<String> {
    (0..domains).map(|d| format!("domain-{d}")).collect()
}

fn bounds_of(least: &[f64], greatest: &[f64]) -> Bounds {
    Bounds::new(&names(least.len()), least.to_vec(), greatest.to_vec()).unwrap()
}

/// What holds for every answer within bounds, whatever found it.
fn check(
    kind: Kind,
    centred: &Centred,
    optimum: &Optimum,
    least: &[f64],
    greatest: &[f64],
) -> Result<(), TestCaseError> {
    let largest = centred.lengths().into_iter().fold(0.0, f64::max);
    let average = |direction: &nalgebra::DVector<f64>| -> f64 {
        let values: Vec<f64> = centred.columns.column_iter().map(|column| column.dot(direction) / largest).collect();
        greatest_average(&values, least, greatest)
    };
    let Some(weights) = &optimum.weights else {
        prop_assert_eq!(optimum.status, OptimumStatus::NoPositiveCorrelation);
        prop_assert!(average(&centred.target) <= 1e-10, "some mixture does correlate positively");
        prop_assert!(optimum.bound <= 1e-9, "bound {}", optimum.bound);
        return Ok(());
    };
    prop_assert!((weights.iter().sum::<f64>() - 1.0).abs() <= 1e-12);
    for (d, weight) in weights.iter().enumerate() {
        prop_assert!(*weight >= least[d] - 1e-12, "domain {}: {} below {}", d, weight, least[d]);
        prop_assert!(*weight <= greatest[d] + 1e-12, "domain {}: {} above {}", d, weight, greatest[d]);
    }
    let rho = centred.correlation(weights).unwrap();
    prop_assert!((rho - optimum.correlation).abs() <= 1e-10);

    // No mixture within the bounds has a positive inner product with the residual: the optimality condition. It is reached
    // to working precision but where mixtures nearly cancel or columns differ in size a million times: there rounding is
    // divided by what little such mixtures vary.
    let excess = average(&centred.residual(weights)) * largest / centred.compression(weights).norm();
    let reachable = match kind {
        Kind::Gaussian | Kind::CommonFactor | Kind::TiedTarget => 1e-9,
        Kind::Duplicated | Kind::Constant | Kind::Opposite | Kind::BadlyScaled => 1e-6,
    };
    prop_assert!(excess <= reachable, "a mixture could still improve by {:e}", excess);
    prop_assert!(optimum.gap() <= reachable, "gap {:e}", optimum.gap());
    prop_assert_eq!(optimum.status == OptimumStatus::Certified, optimum.gap() <= CERTIFIED_GAP);
    Ok(())
}

fn kinds() -> impl Strategy<Value = Kind> {
    (0..KINDS.len()).prop_map(|index| KINDS[index])
}

fn sides() -> impl Strategy<Value = Sides> {
    (0..SIDES.len()).prop_map(|index| SIDES[index])
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn the_bounded_optimum_agrees_with_an_interior_point_solver(
        kind in kinds(), sides in sides(), models in 3_usize..=40, domains in 1_usize..=40, seed in any::<u64>()
    ) {
        let problem = Problem::random(kind, models, domains, seed);
        let (least, greatest) = random_bounds(sides, domains, seed);
        let Some(optimum) = problem.solve(Some(&bounds_of(&least, &greatest))) else { return Ok(()) };
        let centred = Centred::new(&problem);
        check(kind, &centred, &optimum, &least, &greatest)?;
        // The oracle's answer counts where it is one: columns a million times apart in size can take it out of the bounds.
        let obeys = |mixture: &Vec<f64>| bounds_of(&least, &greatest).contain(mixture, 1e-7);
        if let Some(best) = bounded_mixture(&centred, &least, &greatest).filter(obeys) {
            let expected = centred.correlation(&best).unwrap();
            // The oracle may leave the bounds by its tolerance, which a small correlation feels more.
            let tolerance = 1e-9_f64.max(1e-12 / expected.abs());
            let certified = optimum.status != OptimumStatus::NotCertified;
            prop_assert!(
                !certified || optimum.correlation >= expected - tolerance,
                "{} here, {} by the oracle", optimum.correlation, expected
            );
            prop_assert!(expected <= optimum.bound + tolerance, "bound {} below {}", optimum.bound, expected);
        }
    }
}

/// The best correlation on a grid of `steps` per unit, for two or three domains.
fn best_on_grid(centred: &Centred, least: &[f64], greatest: &[f64], steps: usize) -> f64 {
    let inside = |weights: &[f64]| {
        weights.iter().zip(least.iter().zip(greatest)).all(|(w, (l, u))| *w >= l - 1e-12 && *w <= u + 1e-12)
    };
    let mut best = f64::NEG_INFINITY;
    for first in 0..=steps {
        let left = steps - first;
        let seconds = if least.len() == 2 { left..=left } else { 0..=left };
        for second in seconds {
            let shares = [first, second, left - second].map(|share| share as f64 / steps as f64);
            let weights = &shares[..least.len()];
            if inside(weights) {
                best = best.max(centred.correlation(weights).unwrap_or(f64::NEG_INFINITY));
            }
        }
    }
    best
}

proptest! {
    #![proptest_config(cases(120))]

    #[test]
    fn no_point_of_a_fine_grid_beats_the_bounded_optimum(
        kind in kinds(), sides in sides(), models in 3_usize..=12, domains in 2_usize..=3, seed in any::<u64>()
    ) {
        let problem = Problem::random(kind, models, domains, seed);
        let (least, greatest) = random_bounds(sides, domains, seed);
        let Some(optimum) = problem.solve(Some(&bounds_of(&least, &greatest))) else { return Ok(()) };
        let centred = Centred::new(&problem);
        check(kind, &centred, &optimum, &least, &greatest)?;
        let best = best_on_grid(&centred, &least, &greatest, 400);
        prop_assert!(optimum.correlation.max(0.0) >= best.min(optimum.bound) - 1e-12 || best <= 1e-12);
        prop_assert!(best <= optimum.bound + 1e-12, "the grid has {}, the bound is {}", best, optimum.bound);
        // The grid comes near where the columns are alike in size, which is what makes this check a tight one.
        if optimum.weights.is_some() && !matches!(kind, Kind::BadlyScaled | Kind::Opposite) {
            prop_assert!(optimum.correlation - best <= 1e-2, "{} here, {} on the grid", optimum.correlation, best);
        }
    }
}

/// Caps of exactly one share each leave one mixture, found to the last digits.
#[test]
fn caps_that_sum_to_one_leave_the_mixture_of_the_caps() {
    for domains in [1, 2, 3, 4, 7, 10, 40, 97] {
        for seed in 0..5 {
            let problem = Problem::random(Kind::CommonFactor, 30, domains, seed);
            let cap = vec![1.0 / domains as f64; domains];
            let optimum = problem.solve(Some(&bounds_of(&vec![0.0; domains], &cap))).unwrap();
            let weights = optimum.weights.unwrap();
            assert!(weights.iter().zip(&cap).all(|(w, c)| (w - c).abs() <= 1e-12), "{weights:?}");
            assert!((weights.iter().sum::<f64>() - 1.0).abs() <= 1e-12);
            assert_eq!(optimum.status, OptimumStatus::Certified);
            assert!(optimum.bound - optimum.correlation < 1e-9);
        }
    }
}

/// Least weights that sum to one are a mixture given in full.
#[test]
fn least_weights_that_sum_to_one_leave_themselves() {
    let problem = Problem::random(Kind::CommonFactor, 20, 5, 3);
    let least = vec![0.1, 0.2, 0.3, 0.15, 0.25];
    let optimum = problem.solve(Some(&bounds_of(&least, &[1.0; 5]))).unwrap();
    let weights = optimum.weights.unwrap();
    assert!(weights.iter().zip(&least).all(|(w, l)| (w - l).abs() <= 1e-12), "{weights:?}");
    assert!((optimum.correlation - Centred::new(&problem).correlation(&least).unwrap()).abs() < 1e-12);
}

/// Bounds that do not bind change nothing, and tighter bounds never help.
#[test]
fn tighter_bounds_never_correlate_better() {
    for seed in 0..12 {
        let problem = Problem::random(Kind::Gaussian, 40, 12, seed);
        let free = problem.solve(None).unwrap();
        let mut last = free.correlation;
        for cap in [1.0, 0.6, 0.4, 0.25, 0.15, 0.1] {
            let bounded = problem.solve(Some(&bounds_of(&[0.0; 12], &[cap; 12]))).unwrap();
            assert!(bounded.correlation <= last + 1e-12, "cap {cap}: {} after {last}", bounded.correlation);
            if free.weights.as_ref().is_some_and(|weights| weights.iter().all(|w| *w < cap)) {
                assert!((bounded.correlation - free.correlation).abs() < 1e-10);
            }
            last = bounded.correlation;
        }
    }
}

/// A bound that the mixture does not reach is still a bound. Columns whose sizes differ a million times under caps are
/// more than the interior-point method manages; here its answer to a differently written program is the better one.
#[test]
fn a_bound_holds_where_the_optimum_is_not_reached() {
    let problems = [
        (Sides::Greatest, 21, 19, 13),
        (Sides::Greatest, 12, 36, 228),
        (Sides::Greatest, 33, 22, 313),
        (Sides::Greatest, 39, 8, 959),
        (Sides::Greatest, 39, 32, 1247),
        (Sides::Both, 25, 33, 753),
    ];
    for (sides, models, domains, seed) in problems {
        let problem = Problem::random(Kind::BadlyScaled, models, domains, seed);
        let (least, greatest) = random_bounds(sides, domains, seed);
        let bounds = bounds_of(&least, &greatest);
        let optimum = problem.solve(Some(&bounds)).unwrap();
        let centred = Centred::new(&problem);
        let other =
            Constraints::from(bounds.clone()).nearest(&bounded_mixture(&centred, &least, &greatest).unwrap()).unwrap();
        assert!(bounds.contain(&other, 1e-12));
        let variation = centred.relative_variation(&other);
        if optimum.bound_holds_above_variation.is_none_or(|least| variation >= least) {
            let reached = centred.correlation(&other).unwrap();
            assert!(reached <= optimum.bound + 1e-12, "seed {seed}: {reached} beats the bound {}", optimum.bound);
        }
    }
}

/// Problems that once ended far from their optimum, or without a proof of it.
#[test]
fn capped_problems_that_were_hard_are_certified() {
    let problems = [
        // The last step to working precision was undone because two correlations differed in their last digit.
        (Kind::Gaussian, Sides::Greatest, 18, 31, 243),
        (Kind::Gaussian, Sides::Both, 39, 39, 308),
        // The solver broke off early and its answer was taken.
        (Kind::Gaussian, Sides::Greatest, 34, 19, 2068),
        (Kind::TiedTarget, Sides::Both, 31, 26, 1868),
        // A domain whose bounds leave one value.
        (Kind::Gaussian, Sides::Both, 32, 21, 2045),
        (Kind::Gaussian, Sides::Greatest, 40, 33, 660),
        // Exact copies among fewer domains than models: nalgebra's Q has a wrong sign there.
        (Kind::Duplicated, Sides::Greatest, 38, 36, 1955),
        (Kind::Duplicated, Sides::Both, 37, 34, 1576),
    ];
    for (kind, sides, models, domains, seed) in problems {
        let problem = Problem::random(kind, models, domains, seed);
        let (least, greatest) = random_bounds(sides, domains, seed);
        let optimum = problem.solve(Some(&bounds_of(&least, &greatest))).unwrap();
        assert_eq!(optimum.status, OptimumStatus::Certified, "{kind:?} {sides:?} {models} × {domains}, seed {seed}");
        assert!(optimum.gap() < 1e-9, "{kind:?} {sides:?}: gap {:e}", optimum.gap());
        check(kind, &Centred::new(&problem), &optimum, &least, &greatest).unwrap();
    }
}
