//! How often a training goes through each domain.

use indexmap::IndexMap;

use mixopt_base::ShareUnit;
use mixopt_manifest::{Manifest, convert};
use mixopt_mixture::{MixtureFile, Weights};

use super::error::ExportError;

/// Epochs by domain, where they can be known: `share of tokens × budget / tokens there are`.
///
/// The budget is `budget`, else that of the mixture file's supply; the tokens there are come from the manifest, else from
/// the supply. Nothing is known without a budget.
///
/// # Errors
/// Where the user gave a budget and the manifest lacks the counts that turn the shares into shares of tokens.
pub fn epochs(
    mixture: &MixtureFile,
    weights: &Weights,
    budget: Option<u64>,
    asked: bool,
    manifest: Option<&Manifest>,
) -> Result<IndexMap<String, f64>, ExportError> {
    let Some(budget) = budget.or(mixture.supply.as_ref().map(|supply| supply.budget)) else {
        return Ok(IndexMap::new());
    };
    let domains: Vec<String> = weights.keys().cloned().collect();
    let shares: Vec<f64> = weights.values().copied().collect();
    let tokens = match convert(&shares, &domains, mixture.unit, ShareUnit::Tokens, manifest) {
        Ok(tokens) => tokens,
        Err(error) if asked => return Err(error.into()),
        // The supply counted the same mixture when it was made, whatever its unit.
        Err(_) => {
            let supply = mixture.supply.as_ref().filter(|supply| supply.budget == budget && mixture.stages.is_empty());
            return Ok(supply.map_or_else(IndexMap::new, |supply| {
                supply.domains.iter().map(|(name, domain)| (name.clone(), domain.epochs)).collect()
            }));
        }
    };
    Ok(domains
        .into_iter()
        .zip(tokens)
        .filter_map(|(domain, share)| {
            let available = available(mixture, &domain, manifest)?;
            Some((domain, share * budget as f64 / available as f64))
        })
        .collect())
}

/// Tokens that there are of a domain.
fn available(mixture: &MixtureFile, domain: &str, manifest: Option<&Manifest>) -> Option<u64> {
    let counted = manifest.and_then(|manifest| manifest.domains.get(domain)).and_then(|domain| domain.tokens);
    let supplied = || mixture.supply.as_ref()?.domains.get(domain).map(|domain| domain.available);
    counted.or_else(supplied).filter(|&tokens| tokens > 0)
}

/// The most epochs allowed over a domain, where a limit is known.
pub fn limit(mixture: &MixtureFile, domain: &str, manifest: Option<&Manifest>) -> Option<f64> {
    let supply = mixture.supply.as_ref();
    let own = supply.and_then(|supply| supply.domains.get(domain)).and_then(|domain| domain.max_epochs);
    let counted = manifest.and_then(|manifest| manifest.domains.get(domain)).and_then(|domain| domain.max_epochs);
    own.or(counted).or_else(|| supply.and_then(|supply| supply.max_epochs))
}
