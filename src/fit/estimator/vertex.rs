//! From a mixture where a sum is as large as can be to a vertex where it is.

use crate::constraints::limits::Limits;
use crate::constraints::linear::Constraints;
use crate::data::vector::{dot, norm, remove_components, scale};

/// Conditions this close to binding bind.
const TIGHT: f64 = 1e-9;
/// Directions this short, of a unit one, are rounding.
const NO_DIRECTION: f64 = 1e-9;

/// A vertex of the mixtures within constraints at which `Σ w_d values_d` is at least what it is at `start`.
///
/// # Method
/// Purification (Charnes, Kortanek and Raike 1965): within the conditions that bind go where the sum grows or, where it
/// grows nowhere, rather toward earlier domains, until one more condition binds. Each step adds one, so as many steps as domains
/// end at a vertex.
///
/// # Shapes
/// `values` and `start`: domains; `start` obeys the constraints.
pub(crate) fn vertex_from(constraints: &Constraints, values: &[f64], start: &[f64]) -> Vec<f64> {
    let limits = Limits::new(constraints);
    let domains = limits.domains();
    let mut weights = start.to_vec();
    let preference: Vec<f64> = (0..domains).map(|d| (domains - d) as f64 / domains as f64).collect();
    let mut is_free: Vec<bool> =
        (0..domains).map(|d| weights[d] - limits.least[d] > TIGHT && limits.greatest[d] - weights[d] > TIGHT).collect();
    let mut binds: Vec<bool> = limits.rows.iter().map(|row| row.is_equality || row.slack(&weights) <= TIGHT).collect();
    for _ in 0..=domains + limits.rows.len() {
        let free: Vec<usize> = (0..domains).filter(|&d| is_free[d]).collect();
        let Some(direction) = direction(&limits, &free, &binds, [values, &preference]) else { break };
        // The first condition that is met on the way.
        let mut step = f64::INFINITY;
        let mut met = None;
        for (&d, &slope) in free.iter().zip(&direction) {
            if slope.abs() <= NO_DIRECTION {
                continue;
            }
            let room = if slope > 0.0 { limits.greatest[d] - weights[d] } else { weights[d] - limits.least[d] };
            if room / slope.abs() < step {
                step = room / slope.abs();
                met = Some(Ok((d, if slope > 0.0 { limits.greatest[d] } else { limits.least[d] })));
            }
        }
        let mut whole = vec![0.0; domains];
        free.iter().zip(&direction).for_each(|(&d, &slope)| whole[d] = slope);
        for (index, row) in limits.rows.iter().enumerate().filter(|(index, _)| !binds[*index]) {
            let slope = row.left(&whole);
            if slope > NO_DIRECTION && row.slack(&weights).max(0.0) / slope < step {
                step = row.slack(&weights).max(0.0) / slope;
                met = Some(Err(index));
            }
        }
        let Some(met) = met else { break };
        for (&d, &slope) in free.iter().zip(&direction) {
            weights[d] = (weights[d] + step * slope).clamp(limits.least[d], limits.greatest[d]);
        }
        match met {
            Ok((domain, bound)) => {
                weights[domain] = bound;
                is_free[domain] = false;
            }
            Err(row) => binds[row] = true,
        }
    }
    weights
}

/// A unit direction over the free domains that keeps what binds and in which the first of the wishes that can grow does;
/// if none can, any. `None` at a vertex.
fn direction(limits: &Limits, free: &[usize], binds: &[bool], wishes: [&[f64]; 2]) -> Option<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let rows = limits.rows.iter().zip(binds).filter(|(_, binds)| **binds).map(|(row, _)| {
        let mut whole = vec![0.0; limits.domains()];
        row.coefficients.iter().for_each(|&(d, value)| whole[d] = value);
        free.iter().map(|&d| whole[d]).collect()
    });
    for mut normal in std::iter::once(vec![1.0; free.len()]).chain(rows) {
        let size = norm(&normal);
        remove_components(&mut normal, basis.iter().map(Vec::as_slice));
        let length = norm(&normal);
        if length > 1e-12 * size && length > 0.0 {
            scale(&mut normal, 1.0 / length);
            basis.push(normal);
        }
    }
    if basis.len() >= free.len() {
        return None;
    }
    let along = |mut wish: Vec<f64>| -> Option<Vec<f64>> {
        let size = norm(&wish);
        remove_components(&mut wish, basis.iter().map(Vec::as_slice));
        let length = norm(&wish);
        (length > NO_DIRECTION * size && length > 0.0).then(|| {
            scale(&mut wish, 1.0 / length);
            wish
        })
    };
    let wished = wishes.iter().find_map(|wish| along(free.iter().map(|&d| wish[d]).collect()));
    wished.or_else(|| {
        let unit = |one: usize| (0..free.len()).map(|d| f64::from(u8::from(d == one))).collect::<Vec<f64>>();
        (0..free.len())
            .filter_map(|one| along(unit(one)).map(|found| (dot(&found, &unit(one)), found)))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, found)| found)
    })
}
