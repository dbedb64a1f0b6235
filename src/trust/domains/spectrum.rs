//! How many independent domains there are.

use nalgebra::DMatrix;

use mixopt_fit::{Columns, Design};

/// How domains count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DomainScale {
    /// By how much their bits vary over models: the spectrum of the covariance matrix.
    Covariance,
    /// All alike: the spectrum of the correlation matrix. Domains that do not vary are left out.
    Correlation,
}

/// What the spectrum of the domains' bits over models says.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spectrum {
    /// Eigenvalues over their sum, descending; as many as the smaller of domains and models.
    pub shares: Vec<f64>,
    /// `(Σλ)² / Σλ²`: as many equal components would have the same sum of squares.
    pub participation_ratio: f64,
    /// `exp(−Σ p ln p)` with `p = λ / Σλ`: as many equal components would have the same entropy (the effective rank of Roy
    /// and Vetterli, EUSIPCO 2007, of the covariance matrix). Not below the participation ratio.
    pub effective_rank: f64,
    /// Share of the first component.
    pub first_share: f64,
    /// What either number cannot exceed: models less one less controls, or the domains that vary, whichever is smaller.
    pub most: usize,
}

/// The spectrum of the domains' bits over models, controls projected out and models weighted as in the design.
///
/// # Equation
/// `λ` are the eigenvalues of `CᵀC`, `C` the centred columns (of unit norm for [`DomainScale::Correlation`]). Those of
/// `CCᵀ` are the same but for zeros, and that matrix is used where there are fewer models than domains. The target has no
/// part in it. Numbers have no unit.
///
/// `None` where no domain varies.
pub fn spectrum(design: &Design, scale: DomainScale) -> Option<Spectrum> {
    let norms = design.column_norms();
    let largest = norms.iter().copied().fold(0.0, f64::max);
    if largest <= 0.0 {
        return None;
    }
    let mut matrix = DMatrix::zeros(design.dimension(), design.count());
    for (index, (mut column, norm)) in matrix.column_iter_mut().zip(&norms).enumerate() {
        design.write_column(index, column.as_mut_slice());
        if scale == DomainScale::Covariance {
            column *= norm / largest;
        }
    }
    let gram = if matrix.ncols() <= matrix.nrows() { matrix.tr_mul(&matrix) } else { &matrix * matrix.transpose() };
    // Rounding leaves eigenvalues of zero on either side of it.
    let mut values: Vec<f64> = gram.symmetric_eigenvalues().iter().map(|value| value.max(0.0)).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    let sum: f64 = values.iter().sum();
    let shares: Vec<f64> = values.iter().map(|value| value / sum).collect();
    let squares: f64 = shares.iter().map(|share| share * share).sum();
    let entropy: f64 = shares.iter().filter(|share| **share > 0.0).map(|share| -share * share.ln()).sum();
    Some(Spectrum {
        participation_ratio: 1.0 / squares,
        effective_rank: entropy.exp(),
        first_share: *shares.first()?,
        most: design.degrees_of_freedom().min(norms.iter().filter(|norm| **norm > 0.0).count()),
        shares,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mixopt_fit::CompressionColumns;

    #[derive(serde::Deserialize)]
    struct Cases {
        cases: Vec<Case>,
    }

    #[derive(serde::Deserialize)]
    struct Case {
        bits: Vec<Vec<f64>>,
        controls: Vec<Vec<f64>>,
        covariance: Expected,
        correlation: Expected,
    }

    #[derive(serde::Deserialize)]
    struct Expected {
        shares: Vec<f64>,
        participation_ratio: f64,
        effective_rank: f64,
    }

    /// Values of NumPy's singular values: benches/make_spectra_and_groups.py.
    #[test]
    fn spectra_are_those_of_numpy() {
        let cases: Cases = serde_json::from_str(include_str!("../../../tests/data/spectra.json")).unwrap();
        assert!(cases.cases.len() >= 5);
        for case in &cases.cases {
            let bits = DMatrix::from_fn(case.bits.len(), case.bits[0].len(), |i, d| case.bits[i][d]);
            let columns = CompressionColumns::new(&bits).unwrap();
            let target: Vec<f64> = (0..bits.nrows()).map(|i| (i * i % 7) as f64).collect();
            let design = Design::new(&columns, &target, None, &case.controls).unwrap();
            for (scale, expected) in
                [(DomainScale::Covariance, &case.covariance), (DomainScale::Correlation, &case.correlation)]
            {
                let found = spectrum(&design, scale).unwrap();
                assert!((found.participation_ratio - expected.participation_ratio).abs() < 1e-10);
                assert!((found.effective_rank - expected.effective_rank).abs() < 1e-8);
                assert!((found.first_share - expected.shares[0]).abs() < 1e-12);
                assert_eq!(found.shares.len(), expected.shares.len());
                for (a, b) in found.shares.iter().zip(&expected.shares) {
                    assert!((a - b).abs() < 1e-12, "{a} {b}");
                }
                assert!(found.participation_ratio <= found.effective_rank + 1e-9);
                assert!(found.effective_rank <= found.most as f64 + 1e-6);
            }
        }
    }

    #[test]
    fn independent_domains_count_one_each_and_constant_ones_nothing() {
        // Four contrasts of eight models, orthogonal and alike, and two constant domains.
        let sign = |i: usize, d: usize| if [i & 1, i & 2, i & 4, (i & 1) ^ ((i & 2) / 2)][d] != 0 { 1.0 } else { -1.0 };
        let bits = DMatrix::from_fn(8, 6, |i, d| if d < 4 { 1.0 + 0.1 * sign(i, d) } else { 0.7 });
        let columns = CompressionColumns::new(&bits).unwrap();
        let target: Vec<f64> = (0..8).map(f64::from).collect();
        let design = Design::new(&columns, &target, None, &[]).unwrap();
        for scale in [DomainScale::Covariance, DomainScale::Correlation] {
            let found = spectrum(&design, scale).unwrap();
            assert!((found.participation_ratio - 4.0).abs() < 1e-12 && (found.effective_rank - 4.0).abs() < 1e-9);
            assert!((found.first_share - 0.25).abs() < 1e-12);
            assert_eq!(found.most, 4);
        }
        let constant = CompressionColumns::new(&DMatrix::from_element(8, 3, 0.5)).unwrap();
        let design = Design::new(&constant, &target, None, &[]).unwrap();
        assert_eq!(spectrum(&design, DomainScale::Covariance), None);
    }
}
