//! What a fit stands on beside the study: the unit of shares, the prior, the supply and the constraints.

use std::path::Path;

use indexmap::IndexMap;

use mixopt_base::{Setting, ShareUnit};
use mixopt_manifest::Manifest;
use mixopt_study::{Aliases, InputFile};

use crate::error::FitError;
use crate::settings::fit_settings::FitSettings;
use crate::setup::constraint_set::{ConstraintSet, Limit};
use crate::setup::prior::ResolvedPrior;
use crate::values::{DomainSupply, Supply};

/// See the module.
pub(crate) struct Ground {
    /// What shares count.
    pub unit: ShareUnit,
    /// How many of `unit` one of what the compression is measured over is, by domain (tokens per character). Bits over
    /// `unit` are bits as measured divided by it, and the mixture's compression stays linear in its shares.
    pub per_measured: Vec<f64>,
    /// The prior in `unit`.
    pub prior: ResolvedPrior,
    /// Shares of the text that there is, in `unit`, where the manifest has the counts for it.
    pub natural: Option<Vec<f64>>,
    /// The constraints in `unit`.
    pub constraints: ConstraintSet,
    /// What the reader should know.
    pub messages: Vec<String>,
    budget: Option<Budget>,
}

/// A budget of tokens and what there is for it.
struct Budget {
    tokens: u64,
    max_epochs: Option<f64>,
    /// Tokens available and the most epochs, by domain.
    domains: Vec<(u64, Option<f64>)>,
}

/// Fewer tokens are hardly meant: a number without its unit.
const SMALL_BUDGET: u64 = 1_000_000;

/// Other names of domains, from a file where there is one.
pub(crate) fn domain_aliases(file: Option<&str>, inputs: &mut Vec<InputFile>) -> Result<Aliases, FitError> {
    let Some(file) = file.map(Path::new) else { return Ok(Aliases::default()) };
    let input = InputFile::of_file("domain_aliases", file)?;
    if !inputs.contains(&input) {
        inputs.push(input);
    }
    Ok(Aliases::of_domains(file)?)
}

impl Ground {
    /// Reads the manifest and the prior that settings name, adds them to `inputs`, and builds the constraints.
    ///
    /// # Errors
    /// A file that cannot be read, counts that are lacking, a supply that cannot fill the budget, constraints that clash.
    pub fn new(
        settings: &FitSettings,
        domains: &[String],
        measured: ShareUnit,
        inputs: &mut Vec<InputFile>,
    ) -> Result<Self, FitError> {
        let manifest = match &settings.corpora {
            Some(file) => {
                let manifest = Manifest::read(Path::new(file))?;
                inputs.push(InputFile::of_file("corpora", Path::new(file))?);
                Some(manifest)
            }
            None => None,
        };
        let manifest = manifest.as_ref();
        let unit = settings.unit.unwrap_or(if settings.budget.is_some() { ShareUnit::Tokens } else { measured });
        let per_measured = match manifest {
            Some(manifest) => manifest.rates(domains, &vec![1.0; domains.len()], measured, unit)?,
            None if unit == measured => vec![1.0; domains.len()],
            None => return Err(mixopt_manifest::ManifestError::NoManifest { from: measured, to: unit }.into()),
        };
        let aliases = domain_aliases(settings.domain_aliases.as_deref(), inputs)?;
        let prior = settings.prior.resolve(domains, unit, manifest, &aliases)?;
        inputs.extend(prior.input.clone());
        let mut messages = prior.messages.clone();
        let mut limits = Vec::new();
        let mut budget = None;
        if let (Some(tokens), Some(manifest)) = (settings.budget, manifest) {
            if tokens < SMALL_BUDGET {
                messages.push(format!("the budget is {tokens} tokens in total; `1B` is a billion"));
            }
            let supply = manifest.supply(domains, tokens, settings.max_epochs)?;
            limits = supply.iter().map(Limit::of).collect();
            if supply.iter().all(|domain| domain.max_epochs.is_none()) {
                messages.push(format!(
                    "repetition is not limited: epochs are shown only (`{}` limits them)",
                    Setting::MaxEpochs
                ));
            }
            budget = Some(Budget {
                tokens,
                max_epochs: settings.max_epochs,
                domains: supply.iter().map(|domain| (domain.available, domain.max_epochs)).collect(),
            });
        }
        let constraints = ConstraintSet::new(settings, domains, manifest, &prior.shares, &limits)?;
        // A baseline only: where counts are lacking there is none, and nothing else depends on it.
        let natural = manifest.and_then(|manifest| manifest.natural(domains, unit).ok());
        Ok(Self { unit, per_measured, prior, natural, constraints, messages, budget })
    }

    /// What the budget takes of each domain under a mixture.
    pub fn supply(&self, domains: &[String], weights: &[f64]) -> Option<Supply> {
        let budget = self.budget.as_ref()?;
        let tokens = crate::apportion(weights, budget.tokens);
        let domains: IndexMap<String, DomainSupply> = domains
            .iter()
            .zip(&budget.domains)
            .zip(tokens)
            .map(|((name, &(available, max_epochs)), tokens)| {
                (name.clone(), DomainSupply::new(tokens, available, max_epochs))
            })
            .collect();
        Some(Supply { budget: budget.tokens, max_epochs: budget.max_epochs, domains })
    }
}
