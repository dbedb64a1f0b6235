//! How much of each domain a training budget can take.

use std::cmp::Reverse;

use mixopt_base::{Count, Setting, ShareUnit, nearest};

use super::error::{ManifestError, Result};
use super::file::Manifest;

/// Limits with which a limited supply of text just fills the budget are rounded up to so many steps in one.
const STEPS: f64 = 100.0;

/// How much of a domain there is, and the greatest share of a budget that it may have.
#[derive(Debug, Clone, PartialEq)]
pub struct SupplyLimit {
    /// Name of the domain.
    pub domain: String,
    /// Available tokens.
    pub available: u64,
    /// The most epochs over it: its own limit, else the one for all; `None` where nothing limits them.
    pub max_epochs: Option<f64>,
    /// The greatest share of the budget's **tokens**, at most 1: `max_epochs × available / budget`.
    pub greatest_share: f64,
}

impl Manifest {
    /// How much of each domain a budget can take.
    ///
    /// # Equation
    /// `greatest_share_d = min(1, E_d n_d / T)` with `n_d` the domain's tokens, `T` the budget and `E_d` the domain's own
    /// `max_epochs`, else `max_epochs`; 1 where there is neither. That repeating text a few times is nearly as good as new
    /// text, and many times is not, is the finding of Muennighoff et al. (arXiv 2305.16264).
    ///
    /// # Units
    /// `budget` in tokens; shares are shares of tokens.
    ///
    /// # Errors
    /// A domain that the manifest does not have or that has no tokens there, a budget or limit that is not positive, and
    /// [`ManifestError::TooLittle`] where all domains at their limits give less than the budget.
    pub fn supply(&self, domains: &[String], budget: u64, max_epochs: Option<f64>) -> Result<Vec<SupplyLimit>> {
        if budget == 0 {
            return Err(fault(Setting::Budget, "0", "nothing would be trained on", "a number of tokens such as 100B"));
        }
        if let Some(epochs) = max_epochs.filter(|&epochs| !(epochs > 0.0 && epochs.is_finite())) {
            return Err(fault(
                Setting::MaxEpochs,
                &epochs.to_string(),
                "no text could be used",
                "a number above 0, such as 4",
            ));
        }
        let mut limits = Vec::with_capacity(domains.len());
        for name in domains {
            let domain = self.domain(name)?;
            let available = domain.tokens.filter(|&tokens| tokens > 0).ok_or_else(|| ManifestError::NoCount {
                file: self.file.clone(),
                domain: name.clone(),
                count: "tokens",
                to: ShareUnit::Tokens,
            })?;
            let max_epochs = domain.max_epochs.or(max_epochs);
            let share = |epochs: f64| (epochs * available as f64 / budget as f64).min(1.0);
            let greatest_share = max_epochs.map_or(1.0, share);
            limits.push(SupplyLimit { domain: name.clone(), available, max_epochs, greatest_share });
        }
        self.check_enough(&limits, budget, max_epochs)?;
        Ok(limits)
    }

    /// Checks that the domains at their limits fill the budget.
    fn check_enough(&self, limits: &[SupplyLimit], budget: u64, for_all: Option<f64>) -> Result<()> {
        let mut total = 0.0;
        for limit in limits {
            match limit.max_epochs {
                Some(epochs) => total += epochs * limit.available as f64,
                None => return Ok(()),
            }
        }
        // A budget of exactly what there is must pass whatever the rounding of the sum.
        if total * (1.0 + 1e-12) >= budget as f64 {
            return Ok(());
        }
        let available = total.floor() as u64;
        let mut order: Vec<&SupplyLimit> = limits.iter().collect();
        order.sort_by_key(|limit| Reverse(limit.available));
        let told = |limit: &&SupplyLimit| {
            let epochs = limit.max_epochs.unwrap_or(1.0);
            format!("{}: {} × {}", limit.domain, Count(limit.available), counted(epochs))
        };
        Err(ManifestError::TooLittle {
            file: self.file.clone(),
            budget,
            available,
            missing: budget.saturating_sub(available),
            limits: order.iter().map(told).collect(),
            remedy: self.remedy(limits, budget as f64, total, for_all),
        })
    }

    /// What would fill the budget.
    fn remedy(&self, limits: &[SupplyLimit], budget: f64, total: f64, for_all: Option<f64>) -> String {
        let has_own = |limit: &SupplyLimit| self.domains.get(&limit.domain).is_some_and(|d| d.max_epochs.is_some());
        let general: f64 = limits.iter().filter(|limit| !has_own(limit)).map(|limit| limit.available as f64).sum();
        let up = |epochs: f64| (epochs * STEPS).ceil() / STEPS;
        let smaller = format!("a budget of at most {} tokens", Count(total.floor() as u64));
        match for_all {
            Some(epochs) if general > 0.0 => {
                let needed = up((budget - (total - epochs * general)) / general);
                format!("use `{} {needed}` or {smaller}", Setting::MaxEpochs)
            }
            _ => {
                let factor = up(budget / total);
                format!("multiply every domain's `max_epochs` by {factor}, or use {smaller}")
            }
        }
    }

    /// The domains that have a tag, in the manifest's order.
    ///
    /// # Errors
    /// [`ManifestError::NoTag`] where none has it, with the nearest tag.
    pub fn members(&self, tag: &str) -> Result<Vec<String>> {
        let has = |tags: &[String]| tags.iter().any(|other| other == tag);
        let members: Vec<String> =
            self.domains.iter().filter(|(_, domain)| has(&domain.tags)).map(|(name, _)| name.clone()).collect();
        if !members.is_empty() {
            return Ok(members);
        }
        let known = self.tags();
        Err(ManifestError::NoTag {
            file: self.file.clone(),
            tag: tag.to_string(),
            nearest: nearest(tag, &known),
            known,
        })
    }

    /// All tags, each once, in the order in which they first stand there.
    pub fn tags(&self) -> Vec<String> {
        let mut tags: Vec<String> = Vec::new();
        for tag in self.domains.values().flat_map(|domain| &domain.tags) {
            if !tags.contains(tag) {
                tags.push(tag.clone());
            }
        }
        tags
    }
}

fn counted(epochs: f64) -> String {
    if epochs == 1.0 { "1 epoch".to_string() } else { format!("{epochs} epochs") }
}

fn fault(setting: Setting, found: &str, problem: &str, expected: &str) -> ManifestError {
    ManifestError::Setting {
        setting,
        found: found.to_string(),
        problem: problem.to_string(),
        expected: expected.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::ManifestDomain;

    const TEXT: &str = "\
mixopt_corpora: 1
domains:
  web: {tokens: 300B, tags: [crawl, english]}
  code: {tokens: 50B, max_epochs: 2, tags: code}
  math: {tokens: 10B, tags: [english]}
  books: {}
";

    fn manifest() -> Manifest {
        Manifest::parse(Path::new("corpora.yaml"), TEXT).unwrap()
    }

    fn supply(domains: &[&str], budget: u64, max_epochs: Option<f64>) -> Result<Vec<SupplyLimit>> {
        let domains: Vec<String> = domains.iter().map(ToString::to_string).collect();
        manifest().supply(&domains, budget, max_epochs)
    }

    #[test]
    fn the_own_limit_of_a_domain_comes_first() {
        let limits = supply(&["web", "code", "math"], 400_000_000_000, Some(4.0)).unwrap();
        let found: Vec<(u64, Option<f64>, f64)> =
            limits.iter().map(|limit| (limit.available, limit.max_epochs, limit.greatest_share)).collect();
        // 4 × 300 of 400 is more than all of it; 2 × 50 is a quarter; 4 × 10 a tenth.
        let expected =
            [(300_000_000_000, Some(4.0), 1.0), (50_000_000_000, Some(2.0), 0.25), (10_000_000_000, Some(4.0), 0.1)];
        assert_eq!(found, expected);
        assert_eq!(limits[1].domain, "code");
    }

    #[test]
    fn without_a_limit_any_share_is_possible() {
        let limits = supply(&["math", "code"], 1_000_000_000_000, None).unwrap();
        assert_eq!(limits[0].max_epochs, None);
        assert_eq!((limits[0].greatest_share, limits[1].greatest_share), (1.0, 0.1));
    }

    #[test]
    fn a_budget_beyond_the_supply_says_what_would_fill_it() {
        let error = supply(&["math", "web", "code"], 1_000_000_000_000, Some(1.0)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "corpora.yaml: a budget of 1T tokens is 590B more than the 410B available within the domains' limits \
             (web: 300B × 1 epoch, code: 50B × 2 epochs, math: 10B × 1 epoch); use `max_epochs 2.91` or a \
             budget of at most 410B tokens"
        );
        // (1000 − 100) / 310 is 2.903…, so 2.90 would not do and 2.91 does.
        assert!(supply(&["math", "web", "code"], 1_000_000_000_000, Some(2.90)).is_err());
        assert!(supply(&["math", "web", "code"], 1_000_000_000_000, Some(2.91)).is_ok());

        assert_eq!(
            supply(&["code"], 101_000_000_000, None).unwrap_err().to_string(),
            "corpora.yaml: a budget of 101B tokens is 1B more than the 100B available within the domains' limits \
             (code: 50B × 2 epochs); multiply every domain's `max_epochs` by 1.01, or use a budget of at most \
             100B tokens"
        );
        assert!(supply(&["code"], 100_000_000_000, None).is_ok());
    }

    #[test]
    fn what_cannot_be_is_an_error() {
        for (domains, budget, max_epochs, expected) in [
            (
                "books",
                1,
                Some(1.0),
                "domain `books` has no tokens in corpora.yaml, which shares of tokens need; add it there or run \
                 `score::count`",
            ),
            ("web", 0, None, "budget `0`: nothing would be trained on; expected a number of tokens such as 100B"),
            ("web", 1, Some(0.0), "max_epochs `0`: no text could be used; expected a number above 0, such as 4"),
            ("web", 1, Some(-1.0), "max_epochs `-1`: no text could be used; expected a number above 0, such as 4"),
            ("web", 1, Some(f64::NAN), "max_epochs `NaN`: no text could be used; expected a number above 0, such as 4"),
        ] {
            assert_eq!(supply(&[domains], budget, max_epochs).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn tags_have_members() {
        let manifest = manifest();
        assert_eq!(manifest.tags(), ["crawl", "english", "code"]);
        assert_eq!(manifest.members("english").unwrap(), ["web", "math"]);
        assert_eq!(manifest.members("code").unwrap(), ["code"]);
        assert_eq!(
            manifest.members("englsh").unwrap_err().to_string(),
            "corpora.yaml: no domain has the tag `englsh` (did you mean `english`?); known tags: crawl, english, code"
        );
        assert_eq!(
            Manifest::new("corpora.yaml").members("english").unwrap_err().to_string(),
            "corpora.yaml: no domain has the tag `english`; known tags: none"
        );
    }

    proptest! {
        /// Where a limit is given for all, the one that the error names fills the budget, and a smaller one does not.
        #[test]
        fn the_remedy_is_enough_and_not_too_much(
            tokens in proptest::collection::vec(1_u64..1 << 40, 1..6),
            own in proptest::option::of(0.1_f64..3.0),
            budget in 1_u64..1 << 46,
        ) {
            let mut manifest = Manifest::new("corpora.yaml");
            for (index, &tokens) in tokens.iter().enumerate() {
                let max_epochs = own.filter(|_| index > 0);
                let domain = ManifestDomain { tokens: Some(tokens), max_epochs, ..ManifestDomain::default() };
                manifest.domains.insert(format!("d{index}"), domain);
            }
            let domains: Vec<String> = manifest.domains.keys().cloned().collect();
            match manifest.supply(&domains, budget, Some(0.05)) {
                Ok(limits) => {
                    let sum: f64 = limits.iter().map(|limit| limit.greatest_share).sum();
                    prop_assert!(sum >= 1.0 - 1e-9, "{}", sum);
                }
                Err(ManifestError::TooLittle { remedy, available, missing, .. }) => {
                    prop_assert_eq!(available + missing, budget);
                    let needed: f64 = remedy.split('`').nth(1).unwrap().replace("max_epochs ", "").parse().unwrap();
                    prop_assert!(manifest.supply(&domains, budget, Some(needed)).is_ok(), "{}", remedy);
                    prop_assert!(needed < 0.0201 || manifest.supply(&domains, budget, Some(needed - 0.0201)).is_err());
                }
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }
}
