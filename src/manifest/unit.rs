//! What a share counts, and how shares of one count become shares of another.

use crate::study::Unit;

use super::error::ManifestError;
use super::file::{Manifest, ManifestDomain};

/// What the shares of a mixture are shares of.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ShareUnit {
    /// Unicode code points.
    #[default]
    Characters,
    /// Bytes of UTF-8.
    Bytes,
    /// Tokens of the training tokenizer.
    Tokens,
    /// Documents.
    Documents,
}

impl ShareUnit {
    /// The unit's name in text and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Characters => "characters",
            Self::Bytes => "bytes",
            Self::Tokens => "tokens",
            Self::Documents => "documents",
        }
    }

    /// Name of compression over this unit: `bits per character`.
    pub fn bits_name(self) -> &'static str {
        match self {
            Self::Characters => "bits per character",
            Self::Bytes => "bits per byte",
            Self::Tokens => "bits per token",
            Self::Documents => "bits per document",
        }
    }

    fn count(self, domain: &ManifestDomain) -> Option<u64> {
        match self {
            Self::Characters => domain.characters,
            Self::Bytes => domain.bytes,
            Self::Tokens => domain.tokens,
            Self::Documents => domain.documents,
        }
    }
}

impl From<Unit> for ShareUnit {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Characters => Self::Characters,
            Unit::Bytes => Self::Bytes,
        }
    }
}

impl std::fmt::Display for ShareUnit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
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
                    unit.count(domain).filter(|&count| count > 0).ok_or_else(|| ManifestError::NoCount {
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
