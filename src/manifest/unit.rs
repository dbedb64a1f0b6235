//! What a share counts, and how shares of one count become shares of another.

use mixopt_base::ShareUnit;

use super::error::ManifestError;
use super::file::{Manifest, ManifestDomain};

/// A domain's count of a unit.
fn count_of(domain: &ManifestDomain, unit: ShareUnit) -> Option<u64> {
    match unit {
        ShareUnit::Characters => domain.characters,
        ShareUnit::Bytes => domain.bytes,
        ShareUnit::Tokens => domain.tokens,
        ShareUnit::Documents => domain.documents,
    }
}

impl Manifest {
    /// How many of `to` one of `from` is in each domain: tokens per character, for example. Domains with a weight of zero
    /// in `shares` need no counts: their entry is 1.
    ///
    /// # Errors
    /// A domain that the manifest does not have, or one without the two counts.
    pub fn rates(
        &self,
        domains: &[String],
        shares: &[f64],
        from: ShareUnit,
        to: ShareUnit,
    ) -> Result<Vec<f64>, ManifestError> {
        if from == to {
            return Ok(vec![1.0; domains.len()]);
        }
        domains
            .iter()
            .zip(shares)
            .map(|(name, &share)| {
                if share == 0.0 {
                    return Ok(1.0);
                }
                let domain = self.domain(name)?;
                let count = |unit: ShareUnit| {
                    count_of(domain, unit).filter(|&count| count > 0).ok_or_else(|| ManifestError::NoCount {
                        file: self.file.clone(),
                        domain: name.clone(),
                        count: unit.name(),
                        to,
                    })
                };
                Ok(count(to)? as f64 / count(from)? as f64)
            })
            .collect()
    }
}

impl Manifest {
    /// Shares by how much text there is of each domain, in `unit`.
    ///
    /// # Errors
    /// A domain that the manifest does not have, or one without the count.
    pub fn natural(&self, domains: &[String], unit: ShareUnit) -> Result<Vec<f64>, ManifestError> {
        let counts: Vec<f64> = domains
            .iter()
            .map(|name| {
                let count = count_of(self.domain(name)?, unit).filter(|&count| count > 0);
                count.map(|count| count as f64).ok_or_else(|| ManifestError::NoCount {
                    file: self.file.clone(),
                    domain: name.clone(),
                    count: unit.name(),
                    to: unit,
                })
            })
            .collect::<Result<_, ManifestError>>()?;
        let sum: f64 = counts.iter().sum();
        Ok(counts.into_iter().map(|count| count / sum).collect())
    }
}

/// Shares in another unit: `share_to_d ∝ share_from_d × (to per from of domain d)`, normalised to one.
///
/// # Shapes
/// `shares`: one for each of `domains`.
///
/// # Errors
/// Units differ and there is no manifest, or it lacks a domain or a count.
pub fn convert(
    shares: &[f64],
    domains: &[String],
    from: ShareUnit,
    to: ShareUnit,
    manifest: Option<&Manifest>,
) -> Result<Vec<f64>, ManifestError> {
    if from == to {
        return Ok(shares.to_vec());
    }
    let manifest = manifest.ok_or(ManifestError::NoManifest { from, to })?;
    let rates = manifest.rates(domains, shares, from, to)?;
    let converted: Vec<f64> = shares.iter().zip(rates).map(|(share, rate)| share * rate).collect();
    let sum: f64 = converted.iter().sum();
    Ok(converted.into_iter().map(|share| share / sum).collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use num_bigint::BigInt;
    use num_rational::BigRational;
    use proptest::prelude::*;

    use super::*;

    const UNITS: [ShareUnit; 4] = [ShareUnit::Characters, ShareUnit::Bytes, ShareUnit::Tokens, ShareUnit::Documents];

    const TEXT: &str = "\
mixopt_corpora: 1
domains:
  web: {characters: 1000, bytes: 1100, tokens: 250, documents: 10}
  code: {characters: 600, bytes: 600, tokens: 200, documents: 3}
  math: {characters: 400}
";

    fn manifest() -> Manifest {
        Manifest::parse(Path::new("corpora.yaml"), TEXT).unwrap()
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn shares_are_converted_as_by_hand() {
        let (manifest, domains) = (manifest(), names(&["web", "code"]));
        let to =
            |unit, shares: &[f64]| convert(shares, &domains, ShareUnit::Characters, unit, Some(&manifest)).unwrap();
        // 0.5 × 1/4 and 0.5 × 1/3 tokens.
        let tokens = to(ShareUnit::Tokens, &[0.5, 0.5]);
        assert!((tokens[0] - 3.0 / 7.0).abs() < 1e-15 && (tokens[1] - 4.0 / 7.0).abs() < 1e-15, "{tokens:?}");
        // 0.75 × 1.1 and 0.25 × 1 bytes.
        let bytes = to(ShareUnit::Bytes, &[0.75, 0.25]);
        assert!((bytes[0] - 0.825 / 1.075).abs() < 1e-15, "{bytes:?}");
        // A hundred characters a document, and two hundred.
        let documents = to(ShareUnit::Documents, &[0.5, 0.5]);
        assert!((documents[0] - 2.0 / 3.0).abs() < 1e-15, "{documents:?}");
    }

    #[test]
    fn a_domain_without_a_share_needs_no_count() {
        let domains = names(&["web", "math"]);
        let convert = |shares| convert(shares, &domains, ShareUnit::Characters, ShareUnit::Tokens, Some(&manifest()));
        assert_eq!(convert(&[1.0, 0.0]).unwrap(), [1.0, 0.0]);
        assert_eq!(
            convert(&[0.5, 0.5]).unwrap_err().to_string(),
            "domain `math` has no tokens in corpora.yaml, which shares of tokens need; add it there or run \
             `score::count`"
        );
    }

    #[test]
    fn the_same_unit_needs_no_manifest_and_another_does() {
        let domains = names(&["a", "b"]);
        let of = |to| convert(&[0.3, 0.7], &domains, ShareUnit::Tokens, to, None);
        assert_eq!(of(ShareUnit::Tokens).unwrap(), [0.3, 0.7]);
        assert_eq!(
            of(ShareUnit::Bytes).unwrap_err().to_string(),
            "shares of tokens cannot be converted to shares of bytes without counts; give them with `corpora`"
        );
    }

    #[test]
    fn an_unknown_domain_is_named_with_the_nearest() {
        let domains = names(&["weeb"]);
        let error = convert(&[1.0], &domains, ShareUnit::Tokens, ShareUnit::Bytes, Some(&manifest())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "corpora.yaml: no domain `weeb` (did you mean `web`?); add it, or leave it out of the mixture with \
             `exclude_domains weeb`"
        );
    }

    /// Counts of a domain, in the order of [`UNITS`].
    type Counts = [u64; 4];

    fn of_counts(counts: &[Counts]) -> (Manifest, Vec<String>) {
        let mut manifest = Manifest::new("corpora.yaml");
        for (index, &[characters, bytes, tokens, documents]) in counts.iter().enumerate() {
            let domain = ManifestDomain {
                characters: Some(characters),
                bytes: Some(bytes),
                tokens: Some(tokens),
                documents: Some(documents),
                ..ManifestDomain::default()
            };
            manifest.domains.insert(format!("d{index}"), domain);
        }
        let domains = manifest.domains.keys().cloned().collect();
        (manifest, domains)
    }

    /// The definition in exact arithmetic: a share of `from` is an amount of `from`; amounts become amounts of `to`.
    fn exactly(parts: &[u64], counts: &[Counts], from: usize, to: usize) -> Vec<BigRational> {
        let whole = |count: u64| BigRational::from(BigInt::from(count));
        let amounts: Vec<BigRational> = parts
            .iter()
            .zip(counts)
            .map(|(&part, counts)| whole(part) * whole(counts[to]) / whole(counts[from]))
            .collect();
        let sum: BigRational = amounts.iter().cloned().sum();
        amounts.into_iter().map(|amount| amount / sum.clone()).collect()
    }

    fn relative_error(found: f64, exact: &BigRational) -> f64 {
        let found = BigRational::from_float(found).unwrap();
        let difference = (found - exact.clone()) / exact.clone();
        // In parts of 2^60, which is finer than any double.
        let parts = (difference * BigRational::from(BigInt::from(1_u64 << 60))).to_integer();
        parts.to_string().parse::<f64>().unwrap().abs() / (1_u64 << 60) as f64
    }

    fn counts() -> impl Strategy<Value = Counts> {
        proptest::array::uniform4(1_u64..1 << 53)
    }

    proptest! {
        #[test]
        fn a_conversion_is_that_of_exact_arithmetic(
            domains in proptest::collection::vec((1_u64..1 << 20, counts()), 1..8),
            from in 0_usize..4,
            to in 0_usize..4,
        ) {
            let (parts, counts): (Vec<u64>, Vec<Counts>) = domains.into_iter().unzip();
            let total: u64 = parts.iter().sum();
            let shares: Vec<f64> = parts.iter().map(|&part| part as f64 / total as f64).collect();
            let (manifest, names) = of_counts(&counts);
            let found = convert(&shares, &names, UNITS[from], UNITS[to], Some(&manifest)).unwrap();
            for (found, exact) in found.iter().zip(exactly(&parts, &counts, from, to)) {
                let error = relative_error(*found, &exact);
                prop_assert!(error < 1e-14, "{} is off by {:e}", found, error);
            }
        }

        #[test]
        fn there_and_back_is_where_it_was(
            domains in proptest::collection::vec((0.001_f64..1.0, counts()), 1..8),
            from in 0_usize..4,
            to in 0_usize..4,
        ) {
            let (shares, counts): (Vec<f64>, Vec<Counts>) = domains.into_iter().unzip();
            let sum: f64 = shares.iter().sum();
            let shares: Vec<f64> = shares.into_iter().map(|share| share / sum).collect();
            let (manifest, names) = of_counts(&counts);
            let there = convert(&shares, &names, UNITS[from], UNITS[to], Some(&manifest)).unwrap();
            prop_assert!((there.iter().sum::<f64>() - 1.0).abs() < 1e-14);
            let back = convert(&there, &names, UNITS[to], UNITS[from], Some(&manifest)).unwrap();
            for (back, share) in back.iter().zip(&shares) {
                prop_assert!((back / share - 1.0).abs() < 1e-13, "{} is not {}", back, share);
            }
        }
    }
}
