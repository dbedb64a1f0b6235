//! Sets of constraints that leave no mixture.

use mixopt_fit::{Bounds, Constraints, Part, Relation, Row, clash};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::problems::{mixture, row};

fn part(rows: &[Row]) -> Part {
    Part { rows: rows.to_vec() }
}

/// Whether parts leave a mixture, by what their makers know: see each test.
fn feasible(parts: &[Part], chosen: &[usize], domains: usize) -> bool {
    let rows = chosen.iter().flat_map(|&p| parts[p].rows.clone()).collect();
    Constraints::new(Bounds::simplex(domains), rows).unwrap().any().is_some()
}

fn is_irreducible(parts: &[Part], found: &[usize], domains: usize) -> bool {
    !feasible(parts, found, domains)
        && found.iter().all(|gone| {
            let rest: Vec<usize> = found.iter().copied().filter(|p| p != gone).collect();
            feasible(parts, &rest, domains)
        })
}

#[test]
fn constraints_that_leave_a_mixture_do_not_clash() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    for domains in [2, 5, 20] {
        let inside = mixture(&mut random, domains, 0.2);
        let parts: Vec<Part> = (0..8)
            .map(|_| {
                let coefficients: Vec<(usize, f64)> = (0..domains).map(|d| (d, random.random::<f64>() - 0.5)).collect();
                let mut made = row(&coefficients, Relation::AtMost, 0.0);
                made.right = made.left(&inside);
                part(&[made])
            })
            .collect();
        assert_eq!(clash(&parts, domains).unwrap(), None);
    }
    assert_eq!(clash(&[], 3).unwrap(), None);
}

#[test]
fn a_smallest_set_is_named() {
    let least = |d: usize, share: f64| row(&[(d, 1.0)], Relation::AtLeast, share);
    let most = |d: usize, share: f64| row(&[(d, 1.0)], Relation::AtMost, share);
    let slack = part(&[most(3, 0.9), least(2, 0.01)]);
    // Alone impossible.
    let parts = [slack.clone(), part(&[row(&[(0, 1.0), (1, 2.0)], Relation::AtLeast, 2.1)]), slack.clone()];
    assert_eq!(clash(&parts, 4).unwrap(), Some(vec![1]));
    // Two together.
    let parts = [
        slack.clone(),
        part(&[least(0, 0.6)]),
        part(&[most(1, 0.5)]),
        part(&[row(&[(0, 3.0)], Relation::AtMost, 1.5)]),
    ];
    assert_eq!(clash(&parts, 4).unwrap(), Some(vec![1, 3]));
    // Three together, beside a clash of four.
    let parts = [
        part(&[least(3, 0.3)]),
        part(&[least(0, 0.3)]),
        part(&[least(1, 0.3)]),
        part(&[least(2, 0.3)]),
        part(&[row(&[(0, 1.0), (1, -1.0)], Relation::Equal, 0.0)]),
        part(&[most(1, 0.1)]),
    ];
    assert_eq!(clash(&parts[..4], 4).unwrap(), Some(vec![0, 1, 2, 3]));
    assert_eq!(clash(&parts, 4).unwrap(), Some(vec![2, 5]));
    let parts = [parts[0].clone(), parts[1].clone(), parts[3].clone(), parts[4].clone(), parts[5].clone()];
    assert_eq!(clash(&parts, 4).unwrap(), Some(vec![1, 3, 4]));
}

#[test]
fn no_member_of_a_clash_can_be_spared() {
    let mut clashes = 0;
    for seed in 0..60 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let domains = 3 + seed as usize % 6;
        let parts: Vec<Part> = (0..7)
            .map(|_| {
                let one = mixture(&mut random, domains, 0.1);
                let coefficients: Vec<(usize, f64)> = (0..domains).map(|d| (d, random.random::<f64>() - 0.5)).collect();
                let mut made = row(&coefficients, Relation::AtMost, 0.0);
                made.right = made.left(&one) - 0.1;
                part(&[made])
            })
            .collect();
        let Some(found) = clash(&parts, domains).unwrap() else { continue };
        clashes += 1;
        assert!(is_irreducible(&parts, &found, domains), "{seed}: {found:?}");
        // No smaller set clashes: all of fewer parts are tried here.
        for mask in 0_u32..1 << parts.len() {
            if (mask.count_ones() as usize) < found.len() {
                let chosen: Vec<usize> = (0..parts.len()).filter(|p| mask >> p & 1 == 1).collect();
                assert!(feasible(&parts, &chosen, domains), "{seed}: {chosen:?} instead of {found:?}");
            }
        }
    }
    assert!(clashes > 20, "{clashes}");
}

#[test]
fn a_clash_is_found_by_bisection_of_a_right_side() {
    // Shares of at least 0.25 each leave one mixture of four; a hair more leaves none.
    let parts = |share: f64| -> Vec<Part> {
        (0..4).map(|d| part(&[row(&[(d, 7.0)], Relation::AtLeast, 7.0 * share)])).collect()
    };
    assert_eq!(clash(&parts(0.25), 4).unwrap(), None);
    assert_eq!(clash(&parts(0.25 + 1e-7), 4).unwrap(), Some(vec![0, 1, 2, 3]));
}
