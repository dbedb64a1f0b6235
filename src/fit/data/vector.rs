//! The few vector operations of the solvers, each with a fixed order of summation.
//!
//! Eight partial sums let the compiler use vector registers; their order never depends on the thread count,
//! so neither does a result.

/// Inner product.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    debug_assert_eq!(a.len(), b.len());
    let mut sums = [0.0_f64; 8];
    let (a_blocks, a_rest) = a.as_chunks::<8>();
    let (b_blocks, b_rest) = b.as_chunks::<8>();
    for (x, y) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..8 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])) + rest
}

/// Sum.
pub fn sum(a: &[f64]) -> f64 {
    let mut sums = [0.0_f64; 8];
    let (blocks, rest) = a.as_chunks::<8>();
    for block in blocks {
        for lane in 0..8 {
            sums[lane] += block[lane];
        }
    }
    let rest: f64 = rest.iter().sum();
    ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])) + rest
}

/// Euclidean norm.
pub fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// `a += factor × b`.
pub fn add_scaled(a: &mut [f64], factor: f64, b: &[f64]) {
    debug_assert_eq!(a.len(), b.len());
    for (x, y) in a.iter_mut().zip(b) {
        *x += factor * y;
    }
}

/// `a *= factor`.
pub fn scale(a: &mut [f64], factor: f64) {
    for x in a {
        *x *= factor;
    }
}

/// Takes the components along an orthonormal `basis` out of `a`, twice, so that what is left is orthogonal to it
/// to working precision ("twice is enough", Kahan and Parlett).
pub fn remove_components<'a, I>(a: &mut [f64], basis: I)
where
    I: Iterator<Item = &'a [f64]> + Clone,
{
    for _ in 0..2 {
        for direction in basis.clone() {
            let along = dot(a, direction);
            add_scaled(a, -along, direction);
        }
    }
}
