//! From an approximate optimum to an exact one, by the conditions that bind.

use crate::constraints::face::Face;
use crate::constraints::limits::{Active, Limits, Side};
use crate::constraints::multipliers::multipliers;
use crate::data::vector::norm;

/// What is made as large as can be.
pub(crate) trait Objective {
    /// The best mixture on a face, as if no other condition were there, and the direction there in which the objective
    /// grows, in a scale where one is much. `None` where there is none.
    fn best_on(&self, face: &Face) -> Option<(Vec<f64>, Vec<f64>)>;
}

/// Conditions this close to binding count as binding, and may be broken by as much.
pub(crate) const FEASIBLE: f64 = 1e-13;
/// A gradient that conditions explain up to this is explained.
const EXPLAINED: f64 = 1e-14;
/// A gradient explained up to this makes a mixture as good as optimal: what can be gained is the square of it.
const OPTIMAL: f64 = 1e-10;
/// Exact solutions on faces that bring nothing, in a row.
const MOST_IN_VAIN: usize = 3;

/// A mixture that obeys all conditions up to rounding.
pub(crate) struct Refined {
    pub weights: Vec<f64>,
    /// The conditions of optimality hold up to rounding.
    pub is_optimal: bool,
}

/// The optimum, or the best that was found on the way to it.
///
/// # Method
/// The active-set method for convex programs, started where an interior-point method ended. The optimum on the face of the
/// conditions in `active` is found exactly. Where it breaks another condition, the way to it ends there, and that condition
/// joins. Where it breaks none, multipliers are fitted to the gradient; if these leave a part of it, all conditions that
/// this part moves away from are released (Nocedal and Wright 2006, chapter 16; the multipliers by non-negative least
/// squares, so that corners where more conditions meet than needed do no harm).
///
/// `None` where no face gave a mixture that obeys the conditions.
pub(crate) fn refine(limits: &Limits, objective: &impl Objective, rough: &[f64], active: Active) -> Option<Refined> {
    let mut weights = rough.to_vec();
    let mut active = active;
    let mut best: Option<(f64, Vec<f64>)> = None;
    let mut in_vain = 0;
    let mut restarted = false;
    for _ in 0..limits.domains().min(500) + 2 * limits.rows.len() + 20 {
        let found = Face::new(limits, &active, &weights).and_then(|face| objective.best_on(&face));
        let Some((found, gradient)) = found else {
            if restarted || best.is_some() {
                break;
            }
            // Conditions were taken to bind that cannot bind together: begin with those that must.
            restarted = true;
            active = limits.tight(&weights, -1.0);
            continue;
        };
        if limits.violation(&found) > FEASIBLE {
            let (step, joined) = first_broken(limits, &active, &weights, &found);
            if joined == active {
                break;
            }
            weights.iter_mut().zip(&found).for_each(|(w, f)| *w += step * (f - *w));
            active = joined;
            continue;
        }
        let tight = limits.tight(&found, 10.0 * FEASIBLE);
        let rest = multipliers(limits, &tight, &gradient).rest;
        let left = norm(&rest);
        if best.as_ref().is_none_or(|(least, _)| left < *least) {
            best = Some((left, found.clone()));
            in_vain = 0;
        } else {
            in_vain += 1;
        }
        let released = release(limits, &tight, &rest);
        if left <= EXPLAINED.max(1e-13 * norm(&gradient)) || in_vain >= MOST_IN_VAIN || released == active {
            break;
        }
        weights = found;
        active = released;
    }
    best.map(|(left, weights)| Refined { weights, is_optimal: left <= OPTIMAL })
}

/// How much of the way to `to` obeys all conditions, and the conditions with the ones that end it.
fn first_broken(limits: &Limits, active: &Active, from: &[f64], to: &[f64]) -> (f64, Active) {
    let share = |before: f64, after: f64| -> f64 {
        if after >= -FEASIBLE {
            return 1.0;
        }
        let before = before.max(0.0);
        before / (before - after)
    };
    let bounds: Vec<(f64, Side)> = (0..limits.domains())
        .map(|d| {
            let below = share(from[d] - limits.least[d], to[d] - limits.least[d]);
            let above = share(limits.greatest[d] - from[d], limits.greatest[d] - to[d]);
            if below <= above { (below, Side::Least) } else { (above, Side::Greatest) }
        })
        .collect();
    let rows: Vec<f64> = limits
        .rows
        .iter()
        .map(|row| if row.is_equality { 1.0 } else { share(row.slack(from), row.slack(to)) })
        .collect();
    let is_free = |d: usize| active.sides[d] == Side::Free;
    let step = (0..bounds.len())
        .filter(|&d| is_free(d))
        .map(|d| bounds[d].0)
        .chain((0..rows.len()).filter(|&r| !active.rows[r]).map(|r| rows[r]))
        .fold(1.0, f64::min);
    let mut joined = active.clone();
    if step < 1.0 {
        for (d, &(reach, side)) in bounds.iter().enumerate() {
            if is_free(d) && reach <= step + 1e-12 {
                joined.sides[d] = side;
            }
        }
        for (r, &reach) in rows.iter().enumerate() {
            joined.rows[r] |= reach <= step + 1e-12;
        }
    }
    (step, joined)
}

/// The binding conditions less those that `direction` moves away from.
fn release(limits: &Limits, tight: &Active, direction: &[f64]) -> Active {
    let least = 1e-9 * norm(direction);
    let mut kept = tight.clone();
    for (domain, side) in kept.sides.iter_mut().enumerate().filter(|&(d, _)| !limits.is_fixed(d)) {
        let away = match side {
            Side::Free => false,
            Side::Least => direction[domain] > least,
            Side::Greatest => direction[domain] < -least,
        };
        if away {
            *side = Side::Free;
        }
    }
    for (binds, row) in kept.rows.iter_mut().zip(&limits.rows).filter(|(_, row)| !row.is_equality) {
        let along: f64 = row.coefficients.iter().map(|&(domain, value)| value * direction[domain]).sum();
        *binds &= along >= -least;
    }
    kept
}

/// The mixture nearest to a point.
pub(crate) struct Nearest<'a>(pub &'a [f64]);

impl Objective for Nearest<'_> {
    fn best_on(&self, face: &Face) -> Option<(Vec<f64>, Vec<f64>)> {
        let away: Vec<f64> = face.free.iter().map(|&d| self.0[d] - face.point[d]).collect();
        let weights = face.at(&face.coordinates(&away));
        let gradient = self.0.iter().zip(&weights).map(|(to, from)| to - from).collect();
        Some((weights, gradient))
    }
}
