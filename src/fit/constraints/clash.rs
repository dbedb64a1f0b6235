//! Which of a user's constraints cannot hold together.

use crate::constraints::bounds::Bounds;
use crate::constraints::linear::{Constraints, Row};
use crate::data::problem_error::ProblemError;

/// One constraint as the user gave it: all the rows that it means. Bounds are rows here, too: `w_d >= least`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Part {
    /// Conditions on the shares.
    pub rows: Vec<Row>,
}

/// Sets larger than this are not searched through.
const LARGEST_SEARCHED: usize = 3;
/// Linear programs spent on the search for a smaller set.
const MOST_PROGRAMS: usize = 2000;

/// The positions, ascending, of parts that together leave no mixture, or `None` where all parts together leave one.
///
/// # Method
/// A set of parts leaves a mixture if the greatest violation of its rows, made as small as can be by a linear program, is at
/// most 1e-9 of a row's largest coefficient. Parts are dropped from the whole one by one while what is left still leaves
/// none (deletion filter): no part of the result can be spared. Then single parts, pairs and triples are tried, smaller sets
/// first, as far as 2000 programs go, and the first that leaves no mixture is the answer. So the set is a smallest one
/// where it has at most four parts and the programs sufficed, and otherwise one that cannot be made smaller by leaving
/// parts out.
///
/// # Errors
/// [`ProblemError`]: a row with a domain beyond the last, or a number that is not finite.
pub fn clash(parts: &[Part], domains: usize) -> Result<Option<Vec<usize>>, ProblemError> {
    for row in parts.iter().flat_map(|part| &part.rows) {
        row.fit(domains)?;
    }
    Ok(clash_of_checked(parts, domains))
}

/// As [`clash`], of shapes that are known to fit.
pub(crate) fn clash_of_checked(parts: &[Part], domains: usize) -> Option<Vec<usize>> {
    let leave_none = |chosen: &[usize]| -> bool {
        let rows = chosen.iter().flat_map(|&position| parts[position].rows.iter().cloned()).collect();
        Constraints::of_checked(Bounds::simplex(domains), rows).least_violating().is_none()
    };
    let mut irreducible: Vec<usize> = (0..parts.len()).collect();
    if !leave_none(&irreducible) {
        return None;
    }
    // The first are dropped first, so the set leans to the last: what was added is more often to blame than what was
    // there.
    for position in 0..parts.len() {
        let without: Vec<usize> = irreducible.iter().copied().filter(|&other| other != position).collect();
        if without.len() < irreducible.len() && leave_none(&without) {
            irreducible = without;
        }
    }
    let mut left = MOST_PROGRAMS;
    for size in 1..irreducible.len().min(LARGEST_SEARCHED + 1) {
        let mut chosen: Vec<usize> = (0..size).collect();
        loop {
            if left == 0 {
                return Some(irreducible);
            }
            left -= 1;
            if leave_none(&chosen) {
                return Some(chosen);
            }
            if !advance(&mut chosen, parts.len()) {
                break;
            }
        }
    }
    Some(irreducible)
}

/// The next set of the same size in lexicographic order; `false` after the last.
fn advance(chosen: &mut [usize], count: usize) -> bool {
    let size = chosen.len();
    let Some(moving) = (0..size).rev().find(|&k| chosen[k] < count - size + k) else { return false };
    chosen[moving] += 1;
    for k in moving + 1..size {
        chosen[k] = chosen[k - 1] + 1;
    }
    true
}
