//! Tokens of a domain from a sample of its documents.

/// A count, exact or from a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenCount {
    /// Tokens.
    pub tokens: u64,
    /// Standard error of an estimate; `None` for an exact count.
    pub standard_error: Option<f64>,
}

/// A document of a sample: its characters and its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampledDocument {
    /// Unicode code points; not 0.
    pub characters: u64,
    /// Tokens.
    pub tokens: u64,
}

/// The ratio estimate of a domain's tokens, `None` from fewer than two documents.
///
/// # Equation
/// With characters `x_i` and tokens `y_i` of the `n` documents sampled of `N`, and `X` characters in all,
///
/// ```text
/// r = Σ y_i / Σ x_i,   tokens = X r,   error = (X / x̄) √((1 − n/N) Σ (y_i − r x_i)² / (n (n − 1)))
/// ```
///
/// Documents differ much in length and little in tokens per character: that is why a ratio to the known characters has a
/// far smaller error than a mean over documents.
///
/// # Units
/// Both results in tokens.
///
/// # Edge cases
/// The last document of a sample may be cut off; what is left of it counts as a document.
///
/// # Source
/// W. G. Cochran, *Sampling Techniques*, 3rd edition (1977), chapter 6: the ratio estimate and its variance.
pub fn ratio_estimate(sample: &[SampledDocument], characters: u64, documents: u64) -> Option<TokenCount> {
    if sample.len() < 2 {
        return None;
    }
    let n = sample.len() as f64;
    let sampled_characters: u64 = sample.iter().map(|document| document.characters).sum();
    let sampled_tokens: u64 = sample.iter().map(|document| document.tokens).sum();
    if sampled_characters == 0 {
        return None;
    }
    let ratio = sampled_tokens as f64 / sampled_characters as f64;
    // Whole numbers, so that the estimate is the same however sums are made; 128 bits hold any product of two counts.
    let product = u128::from(characters) * u128::from(sampled_tokens);
    let tokens = (product + u128::from(sampled_characters) / 2) / u128::from(sampled_characters);
    let residuals: f64 =
        sample.iter().map(|document| (document.tokens as f64 - ratio * document.characters as f64).powi(2)).sum();
    let left = (1.0 - n / documents as f64).max(0.0);
    let mean = sampled_characters as f64 / n;
    let standard_error = characters as f64 / mean * (left * residuals / (n * (n - 1.0))).sqrt();
    Some(TokenCount { tokens: u64::try_from(tokens).ok()?, standard_error: Some(standard_error) })
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn an_estimate_is_that_by_hand() {
        let of = |characters, tokens| SampledDocument { characters, tokens };
        // r = 12 / 60 = 0.2; residuals 4 − 2 = 2, 4 − 4 = 0, 4 − 6 = −2; x̄ = 20, X = 600, N = 30:
        // 600 / 20 × √((1 − 3/30) × 8 / (3 × 2)) = 30 √1.2.
        let found = ratio_estimate(&[of(10, 4), of(20, 4), of(30, 4)], 600, 30).unwrap();
        assert_eq!(found.tokens, 120);
        assert!((found.standard_error.unwrap() - 30.0 * 1.2_f64.sqrt()).abs() < 1e-12, "{found:?}");
        // Always as many tokens as characters: nothing is uncertain.
        let even = ratio_estimate(&[of(3, 3), of(7, 7)], 1000, 100).unwrap();
        assert_eq!(even, TokenCount { tokens: 1000, standard_error: Some(0.0) });
        assert_eq!(ratio_estimate(&[of(3, 3)], 1000, 100), None);
        assert_eq!(ratio_estimate(&[], 1000, 100), None);
    }

    /// Of many samples of one population about as many intervals hold its truth as theory says.
    #[test]
    fn intervals_hold_the_truth_as_often_as_they_should() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut uniform = move || (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let population: Vec<SampledDocument> = (0..5000)
            .map(|_| {
                let characters = (20.0 * (4.0 * uniform()).exp()) as u64 + 20;
                let rate = 0.2 + 0.1 * uniform();
                SampledDocument { characters, tokens: (characters as f64 * rate) as u64 + 1 }
            })
            .collect();
        let characters = population.iter().map(|document| document.characters).sum();
        let truth: u64 = population.iter().map(|document| document.tokens).sum();
        let (mut within_one, mut within_two) = (0, 0);
        const SAMPLES: u32 = 1000;
        for _ in 0..SAMPLES {
            let mut left = population.clone();
            let sample: Vec<SampledDocument> =
                (0..400).map(|_| left.swap_remove((uniform() * left.len() as f64) as usize)).collect();
            let found = ratio_estimate(&sample, characters, population.len() as u64).unwrap();
            let off = (found.tokens as f64 - truth as f64).abs() / found.standard_error.unwrap();
            within_one += u32::from(off < 1.0);
            within_two += u32::from(off < 2.0);
        }
        // 68.3% and 95.4%, with four standard errors of 1000 trials to either side.
        assert!((624..=742).contains(&within_one), "{within_one} of {SAMPLES}");
        assert!((927..=981).contains(&within_two), "{within_two} of {SAMPLES}");
    }
}
