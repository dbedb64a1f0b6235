//! Groups of domains that can stand for each other.

use rayon::prelude::*;

use mixopt_fit::{Columns, Design};

/// Most domains that are grouped: memory grows with the square (16 MB here), time nearly so.
pub const MOST_DOMAINS_TO_GROUP: usize = 2000;

/// Domains whose bits go together over models up to this correlation can stand for each other, unless said otherwise.
pub const INTERCHANGEABLE_CORRELATION: f64 = 0.99;

/// Domains of which any could stand for the others.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InterchangeableGroup {
    /// Positions of the domains, ascending; two or more.
    pub members: Vec<usize>,
    /// The least correlation between two of them.
    pub least_correlation: f64,
    /// What the mixture gives them together.
    pub weight: f64,
    /// The member for which the mixture correlates least with the target if it gets the whole weight; `None` where the
    /// group has no weight, or the mixture would compress all models alike.
    pub worst_member: Option<usize>,
    /// The (least) correlation of the mixture with the whole weight on that member.
    pub correlation_on_worst: Option<f64>,
    /// The mixture's own (least) correlation less that one: what the choice within the group can cost when all of its
    /// weight goes to one member. Not above zero where any choice is as good or better.
    pub greatest_loss: Option<f64>,
}

/// Why there are no groups.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InterchangeableError {
    /// More domains than are grouped.
    #[error("{domains} domains are more than the {MOST_DOMAINS_TO_GROUP} up to which groups are made")]
    TooManyDomains {
        /// How many there are.
        domains: usize,
    },
    /// A correlation that no group can have, or any has.
    #[error("the least correlation within a group is {correlation}; it must be from 0 to 1")]
    Correlation {
        /// The correlation given.
        correlation: f64,
    },
    /// The mixture has another number of domains, or there is no target.
    #[error("the mixture has {weights} shares for {domains} domains and {targets} targets")]
    Shapes {
        /// Shares given.
        weights: usize,
        /// Domains of the designs.
        domains: usize,
        /// Designs given.
        targets: usize,
    },
}

/// Groups of domains whose bits correlate pairwise at `least_correlation` or more over models, controls projected out and
/// models weighted as in the designs, and what the choice within each can cost a mixture.
///
/// # Method
/// Complete-linkage clustering on one less the correlation (Müllner 2011, arXiv 1109.2378), cut so that any two domains of
/// a group correlate at least so. Groups are disjoint; where correlations tie exactly, the order of domains decides which of
/// several partitions it is. They come in the order of their first members.
///
/// The cost moves the whole weight of a group to each member in turn; it asks for no constraints, so a greatest weight may
/// forbid what is tried.
///
/// # Shapes
/// `designs`: one for each target, over the same models and domains, one at least; `weights`: domains, the mixture.
///
/// # Edge cases
/// Domains on which all models compress alike correlate with none and are in no group.
///
/// # Errors
/// [`InterchangeableError`].
pub fn interchangeable(
    designs: &[Design],
    weights: &[f64],
    least_correlation: f64,
) -> Result<Vec<InterchangeableGroup>, InterchangeableError> {
    let domains = designs.first().map_or(0, Columns::count);
    if designs.is_empty() || weights.len() != domains {
        return Err(InterchangeableError::Shapes { weights: weights.len(), domains, targets: designs.len() });
    }
    if domains > MOST_DOMAINS_TO_GROUP {
        return Err(InterchangeableError::TooManyDomains { domains });
    }
    if !(0.0..=1.0).contains(&least_correlation) {
        return Err(InterchangeableError::Correlation { correlation: least_correlation });
    }
    let norms = designs[0].column_norms();
    let varying: Vec<usize> = (0..domains).filter(|&domain| norms[domain] > 0.0).collect();
    let distances = distances(&designs[0], &varying);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for group in cut(&mut distances.clone(), varying.len(), 1.0 - least_correlation) {
        groups.push(group.into_iter().map(|position| varying[position]).collect());
    }
    let mut place = vec![0; domains];
    varying.iter().enumerate().for_each(|(position, &domain)| place[domain] = position);
    let own = value(designs, weights);
    Ok(groups
        .into_par_iter()
        .map(|members| {
            let least_correlation = 1.0
                - pairs(&members)
                    .map(|(a, b)| distances[condensed(place[a], place[b], varying.len())])
                    .fold(f64::NEG_INFINITY, f64::max);
            let weight: f64 = members.iter().map(|&domain| weights[domain]).sum();
            let worst = if weight > 0.0 { worst(designs, weights, &members, weight) } else { None };
            InterchangeableGroup {
                least_correlation,
                weight,
                worst_member: worst.map(|(domain, _)| domain),
                correlation_on_worst: worst.map(|(_, correlation)| correlation),
                greatest_loss: worst.and_then(|(_, correlation)| own.map(|own| own - correlation)),
                members,
            }
        })
        .collect())
}

/// The (least) correlation of a mixture.
fn value(designs: &[Design], weights: &[f64]) -> Option<f64> {
    designs
        .iter()
        .map(|design| design.correlation(weights))
        .try_fold(f64::INFINITY, |least, value| value.map(|value| least.min(value)))
}

/// The member that serves worst with the whole weight of its group; the first of several. `None` where one member leaves no
/// correlation.
fn worst(designs: &[Design], weights: &[f64], members: &[usize], weight: f64) -> Option<(usize, f64)> {
    let mut without = weights.to_vec();
    members.iter().for_each(|&domain| without[domain] = 0.0);
    let mut worst: Option<(usize, f64)> = None;
    for &domain in members {
        let mut moved = without.clone();
        moved[domain] = weight;
        let correlation = value(designs, &moved)?;
        if worst.is_none_or(|(_, least)| correlation < least) {
            worst = Some((domain, correlation));
        }
    }
    worst
}

fn pairs(members: &[usize]) -> impl Iterator<Item = (usize, usize)> + '_ {
    members.iter().enumerate().flat_map(|(i, &a)| members[i + 1..].iter().map(move |&b| (a, b)))
}

/// Place of a pair in the upper triangle written row by row without its diagonal; `a < b`.
fn condensed(a: usize, b: usize, count: usize) -> usize {
    a * (2 * count - a - 1) / 2 + b - a - 1
}

/// One less the correlation of every pair of domains, in the order of [`condensed`]; from 0 to 2.
fn distances(design: &Design, domains: &[usize]) -> Vec<f64> {
    let columns: Vec<Vec<f64>> = domains
        .iter()
        .map(|&domain| {
            let mut column = vec![0.0; design.dimension()];
            design.write_column(domain, &mut column);
            column
        })
        .collect();
    let rows: Vec<Vec<f64>> = (0..columns.len())
        .into_par_iter()
        .map(|a| {
            columns[a + 1..]
                .iter()
                .map(|other| {
                    // Half the squared distance of unit columns is the same number, and exactly zero for copies.
                    let square: f64 = columns[a].iter().zip(other).map(|(x, y)| (x - y) * (x - y)).sum();
                    (0.5 * square).min(2.0)
                })
                .collect()
        })
        .collect();
    rows.concat()
}

/// The clusters of two or more whose members are pairwise within `greatest`, by complete linkage. Overwrites `distances`.
fn cut(distances: &mut [f64], count: usize, greatest: f64) -> Vec<Vec<usize>> {
    /// What rounding of a threshold such as 0.99 may take off.
    const ROUNDING: f64 = 1e-14;
    if count < 2 {
        return Vec::new();
    }
    let dendrogram = kodama::linkage(distances, count, kodama::Method::Complete);
    let mut clusters: Vec<Option<Vec<usize>>> = (0..count).map(|position| Some(vec![position])).collect();
    for step in dendrogram.steps() {
        // Merging distances never fall, so what is above the cut stays apart.
        let within = step.dissimilarity <= greatest + ROUNDING;
        let merged = if within {
            let first = clusters[step.cluster1].take();
            let second = clusters[step.cluster2].take();
            first.zip(second).map(|(mut first, second)| {
                first.extend(second);
                first
            })
        } else {
            None
        };
        clusters.push(merged);
    }
    let mut groups: Vec<Vec<usize>> = clusters.into_iter().flatten().filter(|members| members.len() > 1).collect();
    groups.iter_mut().for_each(|members| members.sort_unstable());
    groups.sort_unstable();
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use mixopt_fit::CompressionColumns;
    use nalgebra::DMatrix;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[derive(serde::Deserialize)]
    struct Cases {
        cases: Vec<Case>,
    }

    #[derive(serde::Deserialize)]
    struct Case {
        bits: Vec<Vec<f64>>,
        controls: Vec<Vec<f64>>,
        cuts: Vec<Cut>,
    }

    #[derive(serde::Deserialize)]
    struct Cut {
        correlation: f64,
        groups: Vec<Expected>,
    }

    #[derive(serde::Deserialize)]
    struct Expected {
        members: Vec<usize>,
        least_correlation: f64,
    }

    /// Clusters by SciPy, copies and negatives among the domains: benches/make_spectra_and_groups.py.
    #[test]
    fn groups_are_those_of_scipy() {
        let cases: Cases =
            serde_json::from_str(include_str!("../../../tests/data/interchangeable_groups.json")).unwrap();
        let mut compared = 0;
        for case in &cases.cases {
            let bits = DMatrix::from_fn(case.bits.len(), case.bits[0].len(), |i, d| case.bits[i][d]);
            let columns = CompressionColumns::new(&bits).unwrap();
            let target: Vec<f64> = (0..bits.nrows()).map(|i| (i * i % 7) as f64).collect();
            let designs = [Design::new(&columns, &target, None, &case.controls).unwrap()];
            let weights = vec![1.0 / bits.ncols() as f64; bits.ncols()];
            for cut in &case.cuts {
                let found = interchangeable(&designs, &weights, cut.correlation).unwrap();
                assert_eq!(found.len(), cut.groups.len(), "at {}", cut.correlation);
                for (group, expected) in found.iter().zip(&cut.groups) {
                    assert_eq!(group.members, expected.members);
                    assert!((group.least_correlation - expected.least_correlation).abs() < 1e-12);
                    compared += 1;
                }
            }
        }
        assert!(compared > 100, "{compared}");
    }

    /// Where distances tie, partitions are not unique; what defines one holds all the same.
    #[test]
    fn tied_distances_give_groups_that_are_within_the_cut_and_cannot_be_merged() {
        let mut random = ChaCha8Rng::seed_from_u64(4);
        for count in [2, 5, 20, 60] {
            let distances: Vec<f64> =
                (0..count * (count - 1) / 2).map(|_| f64::from(random.random_range(1..6_u8)) / 8.0).collect();
            for greatest in [0.1, 0.25, 0.375, 0.5, 1.0] {
                let groups = cut(&mut distances.clone(), count, greatest);
                assert_eq!(groups, cut(&mut distances.clone(), count, greatest));
                let far = |a: &[usize], b: &[usize]| -> f64 {
                    let between = a.iter().flat_map(|&x| b.iter().map(move |&y| (x.min(y), x.max(y))));
                    between.filter(|(x, y)| x != y).map(|(x, y)| distances[condensed(x, y, count)]).fold(0.0, f64::max)
                };
                let mut all = groups.clone();
                all.extend((0..count).filter(|d| !groups.iter().flatten().any(|e| e == d)).map(|d| vec![d]));
                assert_eq!(all.iter().map(Vec::len).sum::<usize>(), count);
                for (i, group) in all.iter().enumerate() {
                    assert!(far(group, group) <= greatest);
                    assert!(all[i + 1..].iter().all(|other| far(group, other) > greatest));
                }
            }
        }
    }

    #[test]
    fn the_loss_is_that_of_the_worst_member() {
        // Domain 1 is domain 0 with an error that goes against the target; domain 2 is something else.
        let target: Vec<f64> = (0..10).map(|i| f64::from(i) + f64::from(i * i % 3)).collect();
        let bits = DMatrix::from_fn(10, 3, |i, d| match d {
            0 => 1.0 - 0.05 * target[i],
            1 => 1.0 - 0.05 * target[i] + 0.02 * f64::from(u8::from(i % 2 == 0)),
            _ => 0.7 + 0.1 * ((i * 7 % 5) as f64),
        });
        let columns = CompressionColumns::new(&bits).unwrap();
        let designs = [Design::new(&columns, &target, None, &[]).unwrap()];
        let groups = interchangeable(&designs, &[0.5, 0.3, 0.2], 0.9).unwrap();
        assert_eq!(groups.len(), 1);
        let group = &groups[0];
        assert_eq!((group.members.as_slice(), group.worst_member), ([0, 1].as_slice(), Some(1)));
        assert!((group.weight - 0.8).abs() < 1e-15);
        let at = |weights: [f64; 3]| designs[0].correlation(&weights).unwrap();
        assert_eq!(group.correlation_on_worst, Some(at([0.0, 0.8, 0.2])));
        let loss = group.greatest_loss.unwrap();
        assert!((loss - (at([0.5, 0.3, 0.2]) - at([0.0, 0.8, 0.2]))).abs() < 1e-15 && loss > 0.0);
        // Without weight there is nothing to lose.
        let idle = &interchangeable(&designs, &[0.0, 0.0, 1.0], 0.9).unwrap()[0];
        assert_eq!((idle.weight, idle.worst_member, idle.greatest_loss), (0.0, None, None));
    }

    #[test]
    fn what_cannot_be_grouped_is_told() {
        let bits = DMatrix::from_fn(5, MOST_DOMAINS_TO_GROUP + 1, |i, d| ((i * 31 + d * 17) % 101) as f64);
        let columns = CompressionColumns::new(&bits).unwrap();
        let designs = [Design::new(&columns, &[1.0, 2.0, 4.0, 3.0, 0.0], None, &[]).unwrap()];
        let domains = MOST_DOMAINS_TO_GROUP + 1;
        let ask =
            |weights: usize, correlation| interchangeable(&designs, &vec![0.0; weights], correlation).unwrap_err();
        assert_eq!(ask(domains, 0.99), InterchangeableError::TooManyDomains { domains });
        assert_eq!(ask(3, 0.99), InterchangeableError::Shapes { weights: 3, domains, targets: 1 });
        let columns = CompressionColumns::new(&bits.columns(0, 3).into_owned()).unwrap();
        let designs = [Design::new(&columns, &[1.0, 2.0, 4.0, 3.0, 0.0], None, &[]).unwrap()];
        assert!(matches!(
            interchangeable(&designs, &[0.0; 3], f64::NAN),
            Err(InterchangeableError::Correlation { .. })
        ));
        assert!(matches!(interchangeable(&[], &[], 0.9), Err(InterchangeableError::Shapes { targets: 0, .. })));
    }
}
