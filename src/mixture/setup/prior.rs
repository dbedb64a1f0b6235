//! The mixture that a recommendation stays near, as shares of the study's domains.

use std::path::Path;

use mixopt_base::{Setting, ShareUnit};
use mixopt_manifest::{Manifest, convert};
use mixopt_study::InputFile;

use crate::error::FitError;
use crate::file::format::MixtureFile;
use crate::file::known::known_mixture;
use crate::settings::fit_settings::Prior;

/// A prior resolved for a study.
#[derive(Debug, Clone)]
pub(crate) struct ResolvedPrior {
    /// `uniform`, `natural`, the mixture's own name, or the file where it has none.
    pub name: String,
    /// Shares by domain, in the unit of the fit.
    pub shares: Vec<f64>,
    /// The file, with its checksum.
    pub input: Option<InputFile>,
}

impl Prior {
    /// The prior's shares of these domains in `unit`.
    ///
    /// # Errors
    /// A mixture that cannot be read, one over other domains, counts that a conversion needs.
    pub(crate) fn resolve(
        &self,
        domains: &[String],
        unit: ShareUnit,
        manifest: Option<&Manifest>,
    ) -> Result<ResolvedPrior, FitError> {
        match self {
            Self::Uniform => Ok(ResolvedPrior {
                name: "uniform".to_string(),
                shares: vec![1.0 / domains.len() as f64; domains.len()],
                input: None,
            }),
            Self::Natural => {
                let manifest = manifest.ok_or_else(|| FitError::Setting {
                    setting: Setting::Prior,
                    found: "natural".to_string(),
                    expected: format!("`{}` beside it, which says how much text there is", Setting::Corpora.to_give()),
                })?;
                Ok(ResolvedPrior { name: "natural".to_string(), shares: manifest.natural(domains, unit)?, input: None })
            }
            Self::Mixture(name) => {
                let file = Path::new(name);
                let (mixture, input) = if file.exists() || file.extension().is_some() {
                    (MixtureFile::read(file)?, Some(InputFile::of_file("prior", file)?))
                } else {
                    (known_mixture(name)?, None)
                };
                let shares = mixture.shares_of(name, domains)?;
                let shares = convert(&shares, domains, mixture.unit, unit, manifest)?;
                Ok(ResolvedPrior { name: mixture.name.unwrap_or_else(|| name.clone()), shares, input })
            }
        }
    }
}

impl MixtureFile {
    /// The shares in the order of these domains. Domains that only one side has must have no share.
    ///
    /// # Errors
    /// [`FitError::PriorDomains`] names those that differ; `name` is the mixture in it.
    pub(crate) fn shares_of(&self, name: &str, domains: &[String]) -> Result<Vec<f64>, FitError> {
        let unknown: Vec<String> = self
            .weights
            .iter()
            .filter(|(domain, weight)| **weight > 0.0 && !domains.contains(domain))
            .map(|(domain, _)| domain.clone())
            .collect();
        let lacking: Vec<String> =
            domains.iter().filter(|domain| !self.weights.contains_key(*domain)).cloned().collect();
        if !unknown.is_empty() || !lacking.is_empty() {
            return Err(FitError::PriorDomains { prior: name.to_string(), unknown, lacking });
        }
        Ok(domains.iter().map(|domain| self.weights.get(domain).copied().unwrap_or(0.0)).collect())
    }
}
