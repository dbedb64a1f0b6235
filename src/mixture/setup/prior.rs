//! The mixture that a recommendation stays near, as shares of the study's domains.

use std::path::Path;

use mixopt_base::{Setting, ShareUnit};
use mixopt_manifest::{Manifest, convert};
use mixopt_study::{Aliases, InputFile};

use crate::error::FitError;
use crate::file::format::MixtureFile;
use crate::file::known::known_mixture;
use crate::settings::fit_settings::Prior;
use crate::setup::domain_names::{Mapped, map};

/// A prior resolved for a study.
#[derive(Debug, Clone)]
pub(crate) struct ResolvedPrior {
    /// `uniform`, `natural`, the mixture's own name, or the file where it has none.
    pub name: String,
    /// Shares by domain, in the unit of the fit.
    pub shares: Vec<f64>,
    /// The file, with its checksum.
    pub input: Option<InputFile>,
    /// How its domains were found in the study.
    pub messages: Vec<String>,
}

impl Prior {
    /// The prior's shares of these domains in `unit`.
    ///
    /// A mixture may call a domain by another of the usual names, or by one of `aliases`. Of a published mixture, what
    /// the study has no domain for is left out and the rest scaled up, and shares of tokens are taken for shares of
    /// characters where no counts tell better; messages say so.
    ///
    /// # Errors
    /// A mixture that cannot be read, one over other domains, counts that a conversion needs.
    pub(crate) fn resolve(
        &self,
        domains: &[String],
        unit: ShareUnit,
        manifest: Option<&Manifest>,
        aliases: &Aliases,
    ) -> Result<ResolvedPrior, FitError> {
        let plain =
            |name: &str, shares| ResolvedPrior { name: name.to_string(), shares, input: None, messages: Vec::new() };
        match self {
            Self::None | Self::Uniform => Ok(plain("uniform", vec![1.0 / domains.len() as f64; domains.len()])),
            Self::Natural => {
                let manifest = manifest.ok_or_else(|| FitError::Setting {
                    setting: Setting::Prior,
                    found: "natural".to_string(),
                    expected: format!("`{}` as well, which gives the text available", Setting::Corpora.to_give()),
                })?;
                Ok(plain("natural", manifest.natural(domains, unit)?))
            }
            Self::Mixture(name) => {
                let file = Path::new(name);
                let is_published = !file.exists() && file.extension().is_none();
                if is_published {
                    return published(name, &known_mixture(name)?, domains, unit, manifest, aliases);
                }
                let mixture = MixtureFile::read(file)?;
                let mapped = map(&mixture.weights, domains, aliases, false);
                let lacking: Vec<String> = domains
                    .iter()
                    .filter(|domain| !mixture.weights.contains_key(*domain) && !mapped.renamed.contains_key(*domain))
                    .cloned()
                    .collect();
                if !mapped.left.is_empty() || !lacking.is_empty() {
                    let unknown = mapped.left.into_keys().collect();
                    return Err(FitError::PriorDomains { prior: name.to_string(), unknown, lacking });
                }
                let messages = renamed(name, &mapped).into_iter().collect();
                let shares = convert(&mapped.shares, domains, mixture.unit, unit, manifest)?;
                let input = Some(InputFile::of_file("prior", file)?);
                Ok(ResolvedPrior { name: mixture.name.unwrap_or_else(|| name.clone()), shares, input, messages })
            }
        }
    }
}

/// A published mixture as far as the study has domains for it.
fn published(
    name: &str,
    mixture: &MixtureFile,
    domains: &[String],
    unit: ShareUnit,
    manifest: Option<&Manifest>,
    aliases: &Aliases,
) -> Result<ResolvedPrior, FitError> {
    let mapped = map(&mixture.weights, domains, aliases, true);
    let total: f64 = mapped.shares.iter().sum();
    if total <= 0.0 {
        let unknown = mapped.left.into_keys().collect();
        return Err(FitError::PriorDomains { prior: name.to_string(), unknown, lacking: domains.to_vec() });
    }
    let mut messages: Vec<String> = renamed(name, &mapped).into_iter().collect();
    if !mapped.left.is_empty() {
        let lost: f64 = mapped.left.values().sum();
        let names: Vec<String> = mapped.left.keys().cloned().collect();
        messages.push(format!(
            "{:.1}% of the prior {name} have no domain in the study and are left out; the rest is scaled up: {}",
            100.0 * lost / (lost + total),
            mixopt_base::list(&names)
        ));
    }
    let none: Vec<String> = domains
        .iter()
        .zip(&mapped.shares)
        .filter(|(_, share)| **share == 0.0)
        .map(|(domain, _)| domain.clone())
        .collect();
    if !none.is_empty() {
        messages.push(format!("the prior {name} has no share of {}", mixopt_base::list(&none)));
    }
    let shares: Vec<f64> = mapped.shares.iter().map(|share| share / total).collect();
    let shares = match manifest {
        None if mixture.unit != unit => {
            messages.push(format!(
                "shares of {} in the prior {name} are read as shares of {} (a manifest with both counts, given with `{}`, would convert them)",
                mixture.unit, unit, Setting::Corpora.to_give()
            ));
            shares
        }
        manifest => convert(&shares, domains, mixture.unit, unit, manifest)?,
    };
    let name = mixture.name.clone().unwrap_or_else(|| name.to_string());
    Ok(ResolvedPrior { name, shares, input: None, messages })
}

/// Which domains of a prior have other names in the study.
fn renamed(name: &str, mapped: &Mapped) -> Option<String> {
    let parts: Vec<String> =
        mapped.renamed.iter().map(|(domain, names)| format!("{} as {domain}", mixopt_base::list(names))).collect();
    (!parts.is_empty()).then(|| format!("domains of the prior {name} matched to the study's: {}", parts.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::known::known_mixtures;

    fn study() -> [String; 3] {
        ["common_crawl", "python", "arxiv_math"].map(String::from)
    }

    fn resolved(name: &str, aliases: &Aliases) -> Result<ResolvedPrior, FitError> {
        Prior::from(name).resolve(&study(), ShareUnit::Characters, None, aliases)
    }

    #[test]
    fn published_mixtures_are_priors_of_a_real_study() {
        let usable = known_mixtures().iter().filter(|known| resolved(known.name, &Aliases::default()).is_ok()).count();
        assert!(usable >= 20, "{usable} of {}", known_mixtures().len());
        // Touvron and others 2023, table 1: CommonCrawl 67%, C4 15%, Github 4.5%, Wikipedia 4.5%, Books 4.5%, ArXiv 2.5%,
        // StackExchange 2%.
        let prior = resolved("llama_1", &Aliases::default()).unwrap();
        for (share, expected) in prior.shares.iter().zip([0.82, 0.045, 0.025]) {
            assert!((share - expected / 0.89).abs() < 1e-12, "{:?}", prior.shares);
        }
        assert_eq!(
            prior.messages,
            [
                "domains of the prior llama_1 matched to the study's: c4 as common_crawl; github as python; arxiv as arxiv_math",
                "11.0% of the prior llama_1 have no domain in the study and are left out; the rest is scaled up: books, \
                 stack_exchange, wikipedia",
                "shares of tokens in the prior llama_1 are read as shares of characters (a manifest with both counts, given with \
                 `corpora`, would convert them)",
            ]
        );
    }

    #[test]
    fn a_file_must_have_the_study_s_domains_under_usual_names_or_aliases() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            file
        };
        let mixture = |weights: &str| {
            let text = format!("mixopt_mixture: 1\nkind: recommended\nunit: characters\nweights:\n{weights}");
            write("mix.yaml", &text).display().to_string()
        };
        let file = mixture("  cc: 0.5\n  python: 0.25\n  arxiv-math: 0.25\n");
        let prior = resolved(&file, &Aliases::default()).unwrap();
        assert_eq!(prior.shares, [0.5, 0.25, 0.25]);
        let file = mixture("  the_web: 0.5\n  python: 0.25\n  arxiv_math: 0.25\n");
        let error = resolved(&file, &Aliases::default()).unwrap_err().to_string();
        assert!(error.contains("missing from the study: the_web; missing from the prior: common_crawl"), "{error}");
        let aliases = Aliases::of_domains(&write("names.csv", "alias,domain\nthe_web,common_crawl\n")).unwrap();
        assert_eq!(resolved(&file, &aliases).unwrap().shares, [0.5, 0.25, 0.25]);
    }
}
