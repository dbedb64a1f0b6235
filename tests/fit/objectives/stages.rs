//! Mixtures of several stages under one supply.

use mixopt_fit::{
    Constraints, Distance, OptimumStatus, Relation, Row, STAGES_CERTIFIED_GAP, STAGES_TOLERANCE, StageProblem,
    StagesOptimum, best_mixture, best_stages, nearest_above, nearest_stages,
};

use super::problems::{Problem, bounds, designs, generator, grid, mixture, moderate_bounds};

/// Solves with the same constraints for all stages.
fn solve(problem: &Problem, constraints: &Constraints, budgets: &[f64], supply: &[f64]) -> StagesOptimum {
    let columns = problem.columns();
    let designs = designs(&columns, problem);
    let stages: Vec<StageProblem> =
        designs.iter().zip(budgets).map(|(design, &budget)| StageProblem { design, constraints, budget }).collect();
    best_stages(&stages, supply).unwrap()
}

/// Most tokens by which the supply is exceeded.
fn excess(weights: &[Vec<f64>], budgets: &[f64], supply: &[f64]) -> f64 {
    (0..supply.len())
        .map(|d| weights.iter().zip(budgets).map(|(w, b)| b * w[d]).sum::<f64>() - supply[d])
        .fold(f64::NEG_INFINITY, f64::max)
}

#[test]
fn no_mixtures_of_a_grid_are_better() {
    let mut limited = 0;
    for seed in 0..24 {
        let problem = Problem::random(14, 3, 2, [0.3, 1.0, 3.0][seed as usize % 3], 40 + seed);
        let budgets = [[1.0, 1.0], [3.0, 1.0]][seed as usize % 2];
        let total: f64 = budgets.iter().sum();
        let supply =
            [[0.4, 0.4, 0.4], [0.2, 0.9, 0.5], [f64::INFINITY, 0.3, 0.3]][seed as usize / 2 % 3].map(|s| s * total);
        let constraints = match seed / 8 {
            0 => Constraints::simplex(3),
            1 => bounds(vec![0.0, 0.05, 0.0], vec![1.0, 0.8, 0.7]).into(),
            _ => Constraints::new(
                bounds(vec![0.0; 3], vec![1.0, 0.9, 1.0]),
                vec![Row { coefficients: vec![(0, 1.0), (2, -1.0)], relation: Relation::AtLeast, right: 0.1 }],
            )
            .unwrap(),
        };
        let found = solve(&problem, &constraints, &budgets, &supply);
        if found.status == OptimumStatus::NoPositiveCorrelation {
            continue;
        }
        assert_eq!(found.status, OptimumStatus::Certified, "{seed}: {found:?}");
        assert!(excess(&found.weights, &budgets, &supply) <= STAGES_TOLERANCE * total, "{seed}");
        for (s, weights) in found.weights.iter().enumerate() {
            assert!(constraints.contain(weights, STAGES_TOLERANCE));
            assert!((problem.correlations(weights)[s] - found.correlations[s]).abs() < 1e-12);
        }
        limited += usize::from(found.share_of_best < 0.999);

        // The best alone, and the best of all pairs, by grids.
        let grid = grid(40, &constraints);
        let correlations: Vec<Vec<f64>> = grid.iter().map(|weights| problem.correlations(weights)).collect();
        for s in 0..2 {
            let best = (0..grid.len())
                .filter(|&i| (0..3).all(|d| budgets[s] * grid[i][d] <= supply[d]))
                .map(|i| correlations[i][s])
                .fold(f64::NEG_INFINITY, f64::max);
            assert!(best <= found.alone[s] + 1e-9, "{seed}");
        }
        let mut best = f64::NEG_INFINITY;
        for i in 0..grid.len() {
            for j in 0..grid.len() {
                let share = (correlations[i][0] / found.alone[0]).min(correlations[j][1] / found.alone[1]);
                if share > best
                    && (0..3).all(|d| budgets[0] * grid[i][d] + budgets[1] * grid[j][d] <= supply[d] + 1e-12)
                {
                    best = share;
                }
            }
        }
        assert!(best <= found.bound + 1e-9, "{seed}: {best} {}", found.bound);
        assert!(best > found.share_of_best - 0.08, "{seed}: {best} {}", found.share_of_best);
    }
    assert!(limited >= 8, "{limited}");
}

#[test]
fn with_enough_of_everything_each_stage_has_its_own_optimum() {
    for seed in 0..12 {
        let domains = [3, 10, 40][seed as usize % 3];
        let problem = Problem::random(30, domains, 3, 0.5, 80 + seed);
        for constraints in [Constraints::simplex(domains), moderate_bounds(domains)] {
            let found = solve(&problem, &constraints, &[1e12, 2e11, 5e10], &vec![f64::INFINITY; domains]);
            let columns = problem.columns();
            for (s, design) in designs(&columns, &problem).iter().enumerate() {
                let alone = best_mixture(design, &constraints).unwrap();
                assert!((alone.correlation - found.correlations[s]).abs() < 1e-9);
                assert_eq!(alone.correlation, found.alone[s]);
            }
            assert!((found.share_of_best - 1.0).abs() < 1e-9);
            assert_eq!(found.status, OptimumStatus::Certified);
            assert!(found.supply_prices.iter().all(|price| *price == 0.0));
        }
    }
}

#[test]
fn gaps_close_on_many_shapes() {
    let mut widest = 0.0_f64;
    let (mut answered, mut limited) = (0, 0);
    for seed in 0..36 {
        let (models, domains) = [(19, 3), (30, 12), (25, 40), (90, 64)][seed as usize % 4];
        let targets = 2 + seed as usize % 3;
        let problem = Problem::random(models, domains, targets, [0.1, 0.5, 2.0][seed as usize / 4 % 3], 200 + seed);
        let mut random = generator(seed);
        let budgets: Vec<f64> = mixture(&mut random, targets).iter().map(|b| 1e12 * (0.1 + b)).collect();
        let total: f64 = budgets.iter().sum();
        let supply: Vec<f64> =
            mixture(&mut random, domains).iter().map(|share| total * (0.7 / domains as f64 + 0.6 * share)).collect();
        let found = solve(&problem, &Constraints::simplex(domains), &budgets, &supply);
        if found.status == OptimumStatus::NoPositiveCorrelation {
            continue;
        }
        answered += 1;
        limited += usize::from(found.share_of_best < 0.999);
        widest = widest.max(found.bound - found.share_of_best);
        println!(
            "{seed} {models}x{domains}x{targets}: {} gap {:e}",
            found.share_of_best,
            found.bound - found.share_of_best
        );
        assert!(found.bound - found.share_of_best <= 0.1 * STAGES_CERTIFIED_GAP, "{seed}: {found:?}");
        assert_eq!(found.status, OptimumStatus::Certified);
        assert!(excess(&found.weights, &budgets, &supply) <= STAGES_TOLERANCE * total, "{seed}");
        for weights in &found.weights {
            assert!(Constraints::simplex(domains).contain(weights, STAGES_TOLERANCE));
        }
    }
    assert!(answered > 20 && limited > 10, "{answered} {limited}");
    println!("widest gap {widest:e}");
}

#[test]
fn more_supply_helps_at_its_price() {
    let mut compared = 0;
    for seed in 0..10 {
        let problem = Problem::random(20, 4, 2, 1.0, 500 + seed);
        // More than either budget, so that neither stage alone is short of it, but less than both.
        let supply = [1.15, 1.15, 1.1, 1.2];
        let constraints = Constraints::simplex(4);
        let found = solve(&problem, &constraints, &[1.0, 1.0], &supply);
        if found.weights.is_empty() || found.share_of_best > 0.9999 {
            continue;
        }
        for d in 0..4 {
            let step = 1e-3;
            let [low, high] = [-step, step].map(|step| {
                let mut other = supply;
                other[d] += step;
                solve(&problem, &constraints, &[1.0, 1.0], &other)
            });
            assert!(high.bound >= low.share_of_best);
            assert_eq!(found.alone, high.alone);
            let [left, right] = [found.share_of_best - low.share_of_best, high.share_of_best - found.share_of_best]
                .map(|difference| difference / step);
            // Near a corner the slopes on both sides differ; the price lies between them.
            let (least, most) = (left.min(right), left.max(right));
            let price = found.supply_prices[d];
            assert!(price >= least - 2e-3 && price <= most + 2e-3, "{seed} {d}: {left} {price} {right}");
            compared += usize::from(price > 1e-3);
        }
    }
    assert!(compared >= 3, "{compared}");
}

#[test]
fn a_stage_that_the_others_do_not_touch_keeps_its_best() {
    for seed in 0..8 {
        let mut problem = Problem::random(25, 5, 3, 1.0, 900 + seed);
        // Two stages with the same target want the same domains, which are scarce.
        problem.targets[1] = problem.targets[0].clone();
        let columns = problem.columns();
        let designs = designs(&columns, &problem);
        let scarce: Constraints = Constraints::simplex(5);
        // The third may only use the last two domains, of which there is plenty.
        let own: Constraints = bounds(vec![0.0; 5], vec![0.0, 0.0, 0.0, 1.0, 1.0]).into();
        let stages = [
            StageProblem { design: &designs[0], constraints: &scarce, budget: 1.0 },
            StageProblem { design: &designs[1], constraints: &scarce, budget: 1.0 },
            StageProblem { design: &designs[2], constraints: &own, budget: 1.0 },
        ];
        let found = best_stages(&stages, &[0.3, 0.2, 0.25, 9.0, 9.0]).unwrap();
        if found.status == OptimumStatus::NoPositiveCorrelation {
            continue;
        }
        assert_eq!(found.status, OptimumStatus::Certified, "{seed} {found:?}");
        assert!(found.correlations[2] / found.alone[2] > 1.0 - 1e-6, "{seed} {found:?}");
    }
}

#[test]
fn what_cannot_be_met_is_said() {
    let problem = Problem::random(15, 3, 2, 0.5, 7);
    let simplex = Constraints::simplex(3);
    let short = solve(&problem, &simplex, &[1.0, 1.0], &[0.5, 0.5, 0.5]);
    assert_eq!(short.status, OptimumStatus::NoPositiveCorrelation);
    assert!(short.weights.is_empty() && short.alone.is_empty() && short.share_of_best == 0.0);
    // Enough in all, but both stages must have half of a domain of which there is a third.
    let half: Constraints = bounds(vec![0.5, 0.0, 0.0], vec![1.0; 3]).into();
    let clash = solve(&problem, &half, &[1.0, 1.0], &[0.67, 5.0, 5.0]);
    assert_eq!(clash.status, OptimumStatus::NoPositiveCorrelation);
    assert!(clash.alone.is_empty());
    let mut against = problem.clone();
    against.targets[1] = (0..15).map(|i| against.bits.row(i).iter().sum()).collect();
    let none = solve(&against, &simplex, &[1.0, 1.0], &[2.0; 3]);
    assert_eq!(none.status, OptimumStatus::NoPositiveCorrelation);
    assert_eq!(none.alone[1], 0.0);
    assert_eq!(solve(&problem, &simplex, &[1.0, f64::NAN], &[2.0; 3]).status, OptimumStatus::NoPositiveCorrelation);
}

#[test]
fn the_nearest_mixtures_keep_thresholds_and_supply() {
    for seed in 0..12 {
        let problem = Problem::random(20, 4, 2, 0.8, 60 + seed);
        let columns = problem.columns();
        let designs = designs(&columns, &problem);
        let constraints = Constraints::simplex(4);
        let budgets = [2.0, 1.0];
        let supply = [1.4, 1.0, 1.2, 1.1];
        let stages: Vec<StageProblem> = designs
            .iter()
            .zip(budgets)
            .map(|(design, budget)| StageProblem { design, constraints: &constraints, budget })
            .collect();
        let best = best_stages(&stages, &supply).unwrap();
        if best.weights.is_empty() {
            continue;
        }
        let centers = vec![vec![0.25; 4]; 2];
        let thresholds: Vec<f64> = best.correlations.iter().map(|rho| 0.98 * rho).collect();
        let near = nearest_stages(&stages, &supply, &centers, &thresholds, &best.weights).unwrap();
        let distance = |all: &[Vec<f64>]| -> f64 {
            all.iter().zip(budgets).map(|(w, budget)| budget * w.iter().map(|w| (w - 0.25).powi(2)).sum::<f64>()).sum()
        };
        assert!(excess(&near, &budgets, &supply) <= 3.0 * STAGES_TOLERANCE);
        for s in 0..2 {
            assert!(problem.correlations(&near[s])[s] >= thresholds[s] - 1e-13);
        }
        // Mixtures between the nearest and others that keep all conditions keep them, and are not nearer.
        let mut random = generator(seed);
        let mut tried = 0;
        for _ in 0..20_000 {
            let others: Vec<Vec<f64>> = (0..2)
                .map(|s| {
                    let toward = mixture(&mut random, 4);
                    let step = 0.3 * random_share(&mut random);
                    near[s].iter().zip(&toward).map(|(a, b)| a + step * (b - a)).collect()
                })
                .collect();
            let keeps = excess(&others, &budgets, &supply) <= 0.0
                && (0..2).all(|s| problem.correlations(&others[s])[s] >= thresholds[s]);
            if keeps {
                tried += 1;
                assert!(distance(&others) >= distance(&near) - 1e-9, "{seed}");
            }
        }
        assert!(tried > 0, "{seed}");
        // Where the centers themselves keep everything, they are the answer.
        let loose = nearest_stages(&stages, &[9.0; 4], &centers, &[-1.0, -1.0], &best.weights).unwrap();
        if problem.correlations(&[0.25; 4]).iter().all(|rho| *rho > 0.0) {
            assert!(loose.iter().flatten().all(|w| (w - 0.25).abs() < 1e-8));
        }
    }
}

#[test]
fn stages_that_share_nothing_are_nearest_each_alone() {
    for seed in 0..10 {
        let domains = [3, 8, 20][seed as usize % 3];
        let problem = Problem::random(25, domains, 2, 0.6, 640 + seed);
        let columns = problem.columns();
        let designs = designs(&columns, &problem);
        for constraints in [Constraints::simplex(domains), moderate_bounds(domains)] {
            let best: Vec<_> = designs.iter().map(|design| best_mixture(design, &constraints).unwrap()).collect();
            let Some(inside) = best.iter().map(|b| b.weights.clone()).collect::<Option<Vec<_>>>() else { continue };
            let thresholds: Vec<f64> = best.iter().map(|b| 0.97 * b.correlation).collect();
            let centers: Vec<Vec<f64>> = (0..2).map(|k| mixture(&mut generator(seed + 50 * k), domains)).collect();
            let stages: Vec<StageProblem> =
                designs.iter().map(|design| StageProblem { design, constraints: &constraints, budget: 1e11 }).collect();
            let supply = vec![f64::INFINITY; domains];
            let near = nearest_stages(&stages, &supply, &centers, &thresholds, &inside).unwrap();
            for s in 0..2 {
                let alone = nearest_above(
                    &designs[s],
                    &constraints,
                    &centers[s],
                    thresholds[s],
                    Distance::Quadratic,
                    &inside[s],
                )
                .unwrap()
                .unwrap();
                assert!(near[s].iter().zip(&alone).all(|(a, b)| (a - b).abs() < 1e-5), "{seed}: {near:?} {alone:?}");
            }
        }
    }
}

#[test]
fn thresholds_that_only_the_given_mixtures_reach_give_these() {
    let problem = Problem::random(20, 5, 2, 0.8, 3);
    let columns = problem.columns();
    let designs = designs(&columns, &problem);
    let constraints = Constraints::simplex(5);
    let stages: Vec<StageProblem> =
        designs.iter().map(|design| StageProblem { design, constraints: &constraints, budget: 1.0 }).collect();
    let supply = [0.5, 0.5, 0.5, 0.4, 0.4];
    let best = best_stages(&stages, &supply).unwrap();
    let near = nearest_stages(&stages, &supply, &vec![vec![0.2; 5]; 2], &best.correlations, &best.weights).unwrap();
    for s in 0..2 {
        assert!(designs[s].correlation(&near[s]).unwrap() >= best.correlations[s]);
    }
    let above: Vec<f64> = best.correlations.iter().map(|rho| rho + 1e-3).collect();
    assert!(nearest_stages(&stages, &supply, &vec![vec![0.2; 5]; 2], &above, &best.weights).is_none());
    assert!(nearest_stages(&stages, &supply, &[], &above, &best.weights).is_none());
}

fn random_share(random: &mut rand_chacha::ChaCha8Rng) -> f64 {
    use rand::RngExt;
    random.random::<f64>()
}
