//! A mixture file in another unit, and what a budget takes of each domain under it.

use indexmap::IndexMap;

use mixopt_base::ShareUnit;
use mixopt_manifest::{Manifest, ManifestError, convert};

use crate::file::format::{MixtureFile, Stage, exact};
use crate::file::shares::apportion;
use crate::values::Weights;
use crate::values::{DomainSupply, Supply};

impl MixtureFile {
    /// The same mixture with all shares in another unit.
    ///
    /// # Errors
    /// [`ManifestError`] where there is no manifest, or it lacks a domain or a count.
    pub fn in_unit(&self, unit: ShareUnit, manifest: Option<&Manifest>) -> Result<Self, ManifestError> {
        if unit == self.unit {
            return Ok(self.clone());
        }
        let converted = |weights: &Weights| -> Result<Weights, ManifestError> {
            Ok(exact(&weights_in_unit(weights, self.unit, unit, manifest)?))
        };
        let stages = self
            .stages
            .iter()
            .map(|stage| Ok(Stage { weights: converted(&stage.weights)?, ..stage.clone() }))
            .collect::<Result<_, ManifestError>>()?;
        Ok(Self { unit, weights: converted(&self.weights)?, stages, ..self.clone() })
    }

    /// The same mixture with what a budget of tokens takes of each domain. Domains without a share need no counts.
    ///
    /// # Errors
    /// [`ManifestError`] where the manifest lacks a domain with a share, its tokens, or a count that the unit needs.
    pub fn with_budget(&self, budget: u64, manifest: &Manifest) -> Result<Self, ManifestError> {
        let tokens = self.in_unit(ShareUnit::Tokens, Some(manifest))?.weights;
        let names: Vec<String> =
            tokens.iter().filter(|(_, share)| **share > 0.0).map(|(name, _)| name.clone()).collect();
        let shares: Vec<f64> = names.iter().map(|name| tokens[name]).collect();
        let domains: IndexMap<String, DomainSupply> = names
            .into_iter()
            .zip(apportion(&shares, budget))
            .map(|(name, tokens)| {
                let domain = manifest.domain(&name)?;
                let available = domain.tokens.filter(|&tokens| tokens > 0).ok_or_else(|| ManifestError::NoCount {
                    file: manifest.file.clone(),
                    domain: name.clone(),
                    count: "tokens",
                    to: ShareUnit::Tokens,
                })?;
                Ok((name, DomainSupply::new(tokens, available, domain.max_epochs)))
            })
            .collect::<Result<_, ManifestError>>()?;
        let supply = Some(Supply { budget, max_epochs: None, domains });
        Ok(Self { supply, tokenizer: manifest.tokenizer.clone(), ..self.clone() })
    }
}

/// Shares by domain in another unit, not rounded.
///
/// # Errors
/// As [`convert`].
pub fn weights_in_unit(
    weights: &Weights,
    from: ShareUnit,
    to: ShareUnit,
    manifest: Option<&Manifest>,
) -> Result<Weights, ManifestError> {
    let names: Vec<String> = weights.keys().cloned().collect();
    let shares: Vec<f64> = weights.values().copied().collect();
    let converted = convert(&shares, &names, from, to, manifest)?;
    Ok(names.into_iter().zip(converted).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let text = "mixopt_corpora: 1\ndomains:\n  web: {tokens: 1000, characters: 4000}\n  code: {tokens: 300, characters: 600}\n";
        Manifest::parse(std::path::Path::new("corpora.yaml"), text).unwrap()
    }

    fn mixture() -> MixtureFile {
        let weights = [("web".to_string(), 0.8), ("code".to_string(), 0.2)].into();
        MixtureFile::given(ShareUnit::Characters, &weights, None, None)
    }

    #[test]
    fn characters_become_tokens_by_their_rates() {
        // 0.8/4 against 0.2/2: two to one.
        let tokens = mixture().in_unit(ShareUnit::Tokens, Some(&manifest())).unwrap();
        assert_eq!(tokens.weights["web"], 0.666667);
        assert_eq!(tokens.weights["code"], 0.333333);
        assert!(mixture().in_unit(ShareUnit::Tokens, None).is_err());
        assert!(mixture().in_unit(ShareUnit::Documents, Some(&manifest())).is_err());
    }

    #[test]
    fn a_budget_is_told_in_tokens_and_epochs() {
        let supply = mixture().with_budget(900, &manifest()).unwrap().supply.unwrap();
        assert_eq!(supply.domains["web"].tokens, 600);
        assert_eq!(supply.domains["code"].tokens, 300);
        assert_eq!(supply.domains["code"].epochs, 1.0);
    }
}
