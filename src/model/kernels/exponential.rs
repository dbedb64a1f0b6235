//! The exponential in a form that compilers vectorise.

/// Below this the result is no longer a normal number.
const LEAST: f32 = -87.336_54;
const MOST: f32 = 88.722_83;
/// The leading digits of ln 2, few enough that a whole number times them is exact.
const LN_2_HIGH: f32 = 355.0 / 512.0;
/// Adding it rounds to a whole number, which then stands in the lowest bits.
const ROUND: f32 = 12_582_912.0;

/// `eˣ` to within 2 units in the last place. Beyond the range of normal numbers it stops at the range's end; not-a-number
/// stays so.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let x = if x < LEAST { LEAST } else { x };
    let x = if x > MOST { MOST } else { x };
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let whole = shifted - ROUND;
    // ln 2 in two parts, so that the remainder is exact.
    let rest = whole.mul_add(-LN_2_HIGH, x);
    let rest = whole.mul_add(2.121_944_4e-4, rest);
    // Minimax polynomial of (eʳ − 1 − r) / r² on |r| ≤ ln 2 / 2 (Cephes).
    let series = 1.987_569_1e-4_f32
        .mul_add(rest, 1.398_199_9e-3)
        .mul_add(rest, 8.333_452e-3)
        .mul_add(rest, 4.166_579_6e-2)
        .mul_add(rest, 1.666_666_6e-1)
        .mul_add(rest, 0.5);
    let value = series.mul_add(rest * rest, rest) + 1.0;
    // Two steps: 2¹²⁸ is no number of its own.
    let half = (shifted.to_bits() << 23).wrapping_add(0x3f80_0000);
    value * f32::from_bits(half)
}

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn agrees_with_the_standard_library_in_double_precision() {
        let mut worst = 0.0_f64;
        for step in 0..200_000 {
            let x = -87.0 + step as f32 * (174.0 / 200_000.0);
            let exact = f64::from(x).exp();
            worst = worst.max((f64::from(exp(x)) / exact - 1.0).abs());
        }
        assert!(worst < 2.0 * f64::from(f32::EPSILON), "relative error {worst:e}");
    }

    #[test]
    fn keeps_its_ends() {
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NEG_INFINITY) < 1.2e-38);
        assert!(exp(-1000.0) < 1.2e-38);
        assert!(exp(f32::NAN).is_nan());
    }
}
