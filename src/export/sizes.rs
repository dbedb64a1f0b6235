//! Shares of datasets that a trainer draws by their sizes: sizes are those of the manifest.

use indexmap::IndexMap;

use mixopt_base::ShareUnit;
use mixopt_manifest::{ManifestDomain, ManifestError};

use super::document::Document;
use super::error::ImportError;
use super::import::{Names, at};
use super::read_back::{ReadStage, ReadWeight};

/// Shares by domain, not normalised: each domain's size times the multiple of it that the file asks for.
///
/// # Errors
/// [`ImportError::NeedsSizes`] without a manifest, [`ManifestError::NoCount`] where it lacks a count,
/// [`ImportError::PartOfDomain`] where the file holds datasets of a domain whose own sizes nothing tells.
pub(super) fn by_size(
    document: &Document,
    stage: &ReadStage,
    names: &Names,
    unit: ShareUnit,
    rule: &'static str,
) -> Result<IndexMap<String, f64>, ImportError> {
    let mut domains: IndexMap<String, Vec<&ReadWeight>> = IndexMap::new();
    for weight in &stage.weights {
        domains.entry(names.domain(document, weight)?).or_default().push(weight);
    }
    if domains.len() == 1 {
        // The whole is one domain's, whatever its size.
        let whole = |weights: Vec<&ReadWeight>| weights.iter().map(|weight| weight.weight).sum();
        return Ok(domains.into_iter().map(|(name, weights)| (name, whole(weights))).collect());
    }
    let Some(manifest) = names.manifest else {
        return Err(ImportError::NeedsSizes { file: document.file.clone(), rule, unit });
    };
    let mut shares = IndexMap::new();
    for (name, weights) in domains {
        let mut multiples: IndexMap<&str, f64> = IndexMap::new();
        for weight in &weights {
            *multiples.entry(&weight.name).or_insert(0.0) += weight.weight;
        }
        let known = names.datasets(&name);
        let first = multiples.first().map_or(0.0, |(_, multiple)| *multiple);
        if multiples.len() < known || multiples.values().any(|multiple| *multiple != first) {
            return Err(ImportError::PartOfDomain {
                place: at(document, weights.first().map_or("", |weight| &weight.key)),
                manifest: manifest.file.clone(),
                domain: name,
                listed: multiples.len(),
                known,
            });
        }
        let size = size(manifest.domain(&name)?, unit).ok_or_else(|| ManifestError::NoCount {
            file: manifest.file.clone(),
            domain: name.clone(),
            count: unit.name(),
            to: unit,
        })?;
        shares.insert(name, first * size as f64);
    }
    Ok(shares)
}

fn size(domain: &ManifestDomain, unit: ShareUnit) -> Option<u64> {
    match unit {
        ShareUnit::Characters => domain.characters,
        ShareUnit::Bytes => domain.bytes,
        ShareUnit::Tokens => domain.tokens,
        ShareUnit::Documents => domain.documents,
    }
}
