//! Columns that solvers find hard, under rows: copies, mirror images, constants, sizes far apart, more domains than models.

use mixopt_fit::{
    Bounds, CERTIFIED_GAP, CompressionColumns, Constraints, Design, Distance, best_mixture, nearest_above, prices,
};
use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::problems::{gaussian, problem_of};

#[derive(Debug, Clone, Copy)]
enum Kind {
    Duplicated,
    Constant,
    Opposite,
    BadlyScaled,
    MoreDomains,
}

const KINDS: [Kind; 5] = [Kind::Duplicated, Kind::Constant, Kind::Opposite, Kind::BadlyScaled, Kind::MoreDomains];

fn bits(kind: Kind, models: usize, domains: usize, seed: u64) -> DMatrix<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let factor: Vec<f64> = (0..models).map(|_| gaussian(&mut random)).collect();
    let mut bits = DMatrix::from_fn(models, domains, |i, _| 1.0 + 0.1 * (factor[i] + 0.3 * gaussian(&mut random)));
    for d in 0..domains {
        let other = bits.column(d / 2).into_owned();
        match kind {
            Kind::Duplicated if d % 2 == 1 => bits.set_column(d, &other),
            Kind::Constant if d % 3 == 0 => bits.column_mut(d).fill(1.0),
            Kind::Opposite if d % 2 == 1 => bits.set_column(d, &other.map(|value| 2.0 - value)),
            Kind::BadlyScaled => {
                let size = 10.0_f64.powf(6.0 * random.random::<f64>() - 3.0);
                bits.column_mut(d).iter_mut().for_each(|value| *value *= size);
            }
            _ => {}
        }
    }
    bits
}

#[test]
fn hard_columns_keep_the_bound_and_the_constraints() {
    let (mut certified, mut all) = (0, 0);
    for seed in 0..100 {
        let kind = KINDS[seed as usize % KINDS.len()];
        let (models, domains) = match kind {
            Kind::MoreDomains => (12, 60),
            _ => [(20, 8), (40, 15), (15, 24)][(seed / 5) as usize % 3],
        };
        let mut problem = problem_of(models, domains, 0.3, seed);
        problem.columns = CompressionColumns::new(&bits(kind, models, domains, seed)).unwrap();
        let (design, constraints) = (problem.design(), problem.constraints());
        let optimum = best_mixture(&design, &constraints).unwrap();
        let Some(best) = &optimum.weights else { continue };
        assert!(constraints.contain(best, 1e-11), "{seed} {kind:?}");
        all += 1;
        certified += usize::from(optimum.gap() <= CERTIFIED_GAP);
        for other in problem.feasible(100, seed) {
            if let Some(correlation) = design.correlation(&other) {
                assert!(correlation <= optimum.bound + 1e-10, "{seed} {kind:?}: {correlation} {}", optimum.bound);
                assert!(correlation <= optimum.correlation + 1e-7, "{seed} {kind:?}");
            }
        }
        let found = prices(&design, &constraints, best).unwrap();
        assert!(found.residual < 1e-7, "{seed} {kind:?}: {}", found.residual);
        let center = vec![1.0 / domains as f64; domains];
        let threshold = 0.9 * optimum.correlation;
        for measure in [Distance::Quadratic, Distance::KullbackLeibler] {
            let nearest = nearest_above(&design, &constraints, &center, threshold, measure, best)
                .unwrap()
                .unwrap_or_else(|| panic!("{seed} {kind:?} {measure:?}"));
            assert!(design.correlation(&nearest).unwrap() >= threshold, "{seed} {kind:?}");
            assert!(constraints.contain(&nearest, 1e-9), "{seed} {kind:?}");
        }
    }
    assert!(all >= 60 && certified * 100 >= all * 97, "{certified} of {all}");
}

#[test]
fn a_target_that_nothing_tracks_has_no_mixture() {
    let problem = problem_of(30, 8, 0.3, 4);
    let best = best_mixture(&problem.design(), &problem.constraints()).unwrap();
    assert!(best.weights.is_some());
    // The negative of what every mixture tracks.
    let opposite: Vec<f64> = (0..30).map(|i| -(0..8).map(|d| problem.columns.column(d)[i]).sum::<f64>()).collect();
    let design = Design::new(&problem.columns, &opposite, None, &[]).unwrap();
    let optimum = best_mixture(&design, &problem.constraints()).unwrap();
    assert!(optimum.weights.is_none() && optimum.correlation == 0.0);
}

#[test]
fn constraints_that_leave_nothing_are_answered_without_a_mixture() {
    let problem = problem_of(30, 4, 0.3, 4);
    let rows = vec![
        super::problems::row(&[(0, 1.0)], mixopt_fit::Relation::AtLeast, 0.6),
        super::problems::row(&[(1, 1.0)], mixopt_fit::Relation::AtLeast, 0.6),
    ];
    let constraints = Constraints::new(Bounds::simplex(4), rows).unwrap();
    assert!(constraints.any().is_none());
    assert!(constraints.nearest(&[0.25; 4]).is_none());
    let optimum = best_mixture(&problem.design(), &constraints).unwrap();
    assert!(optimum.weights.is_none());
    let center = [0.25; 4];
    let found = nearest_above(&problem.design(), &constraints, &center, 0.1, Distance::Quadratic, &center).unwrap();
    assert!(found.is_none());
}
