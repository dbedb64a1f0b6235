//! Without bounds: an interior-point solver, the optimality conditions and random mixtures agree with the optimum.

use mixopt_fit::OptimumStatus;
use proptest::prelude::*;

use super::oracle::{Centred, cone_mixture};
use super::problems::{KINDS, Kind, Problem, cases, generator, mixture};

/// Checks one problem in every way that needs no knowledge of how it was solved.
fn check(problem: &Problem, seed: u64) -> Result<(), TestCaseError> {
    // Scores from a few levels are all alike now and then.
    let Some(optimum) = problem.solve(None) else {
        prop_assert!(problem.target.iter().all(|score| *score == problem.target[0]));
        return Ok(());
    };
    let centred = Centred::new(problem);
    let best_single = centred.prices(&centred.target).into_iter().fold(f64::NEG_INFINITY, f64::max);

    let Some(weights) = &optimum.weights else {
        // The projection is the origin exactly where no domain correlates positively.
        prop_assert_eq!(optimum.status, OptimumStatus::NoPositiveCorrelation);
        prop_assert!(best_single <= 1e-10, "a domain correlates at {}", best_single);
        prop_assert!(optimum.bound <= 1e-9, "bound {}", optimum.bound);
        return Ok(());
    };
    prop_assert!(best_single > -1e-12, "no domain correlates positively, yet a mixture is given");

    prop_assert!(weights.iter().all(|w| *w >= 0.0));
    prop_assert!((weights.iter().sum::<f64>() - 1.0).abs() <= 1e-12);
    let rho = centred.correlation(weights).unwrap();
    prop_assert!((rho - optimum.correlation).abs() <= 1e-10, "reported {}, is {}", optimum.correlation, rho);

    let prices = centred.prices(&centred.residual(weights));
    for (d, price) in prices.iter().enumerate() {
        prop_assert!(*price <= 1e-9, "domain {} could still be added: {:e}", d, price);
        prop_assert!(weights[d] == 0.0 || price.abs() <= 1e-9, "domain {} should go: {:e}", d, price);
    }

    prop_assert_eq!(optimum.status, OptimumStatus::Certified);
    prop_assert!(optimum.gap() < 1e-9, "gap {:e}", optimum.gap());

    if let Some(best) = cone_mixture(&centred) {
        let expected = centred.correlation(&best).unwrap();
        // The solver's objective is good to about 1e-13, the square of a correlation.
        let tolerance = 1e-9_f64.max(1e-12 / expected.abs());
        prop_assert!((rho - expected).abs() <= tolerance, "{} here, {} by the oracle", rho, expected);
        prop_assert!(optimum.bound >= expected - 1e-12, "bound {} below {}", optimum.bound, expected);
    } else {
        prop_assert!(rho < 1e-5, "the oracle finds nothing, we find {}", rho);
    }

    let mut random = generator(seed ^ 0x5eed);
    for _ in 0..20 {
        let other = mixture(&mut random, problem.domains());
        let Some(reached) = centred.correlation(&other) else { continue };
        let variation = centred.relative_variation(&other);
        if optimum.bound_holds_above_variation.is_none_or(|least| variation >= least) {
            prop_assert!(reached <= optimum.bound + 1e-12, "{} beats the bound {}", reached, optimum.bound);
        }
    }
    Ok(())
}

fn kinds() -> impl Strategy<Value = Kind> {
    (0..KINDS.len()).prop_map(|index| KINDS[index])
}

proptest! {
    #![proptest_config(cases(220))]

    #[test]
    fn the_optimum_agrees_with_an_interior_point_solver(
        kind in kinds(), models in 3_usize..=60, domains in 1_usize..=120, seed in any::<u64>()
    ) {
        check(&Problem::random(kind, models, domains, seed), seed)?;
    }
}

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn the_optimum_is_right_with_more_domains_than_models(
        kind in kinds(), models in 3_usize..=12, domains in 60_usize..=120, seed in any::<u64>()
    ) {
        check(&Problem::random(kind, models, domains, seed), seed)?;
    }

    #[test]
    fn the_optimum_is_right_with_few_domains(
        kind in kinds(), models in 3_usize..=60, domains in 1_usize..=4, seed in any::<u64>()
    ) {
        check(&Problem::random(kind, models, domains, seed), seed)?;
    }
}

/// Columns that correlate at 0.998 leave the interior-point solver and us the same optimum on a wide real-life shape.
#[test]
fn strongly_collinear_documents_have_a_certified_optimum() {
    for seed in 0..6 {
        check(&Problem::random(Kind::CommonFactor, 90, 263, seed), seed).unwrap();
    }
}
