//! From constraints with names to linear conditions, and back from prices to names.

use mixopt_base::Setting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use mixopt_fit::{Bounds, Constraints, Part, Prices, Relation, Row, clash};
use mixopt_manifest::{Manifest, SupplyLimit};
use mixopt_study::{Pattern, StudyError};

use crate::error::FitError;
use crate::file::shares::amount;
use crate::settings::constraint_text::FrozenGroup;
use crate::settings::fit_settings::FitSettings;

/// A share this near to its limit is on it.
const ON_THE_LIMIT: f64 = 1e-9;

/// What a budget allows of one domain.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Limit {
    /// The greatest share of the budget's tokens.
    pub greatest: f64,
    /// How it came about: `2.4T tokens × 4 epochs`.
    pub reason: String,
}

impl Limit {
    /// The limit that a supply gives.
    pub fn of(supply: &SupplyLimit) -> Self {
        let epochs = match supply.max_epochs {
            Some(1.0) => " once".to_string(),
            Some(epochs) => format!(" × {epochs} epochs"),
            None => String::new(),
        };
        Self { greatest: supply.greatest_share, reason: format!("{} tokens{epochs}", amount(supply.available as f64)) }
    }
}

/// An active constraint of a mixture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// The constraint as it was asked for.
    pub constraint: String,
    /// The domain it limits, if it is a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Which side is active.
    pub side: Relation,
    /// The limit: a share.
    pub limit: f64,
    /// Correlation gained by relaxing the limit by one point (0.01), to first order. For an equality: where it is
    /// raised; below zero, lowering it gains.
    pub price_per_point: f64,
}

/// One constraint that was asked for.
struct Named {
    label: String,
    rows: Vec<Row>,
}

/// All constraints of a fit with their names.
pub(crate) struct ConstraintSet {
    /// The conditions.
    pub constraints: Constraints,
    named: Vec<Named>,
    least_from: Vec<Option<usize>>,
    greatest_from: Vec<Option<usize>>,
    /// For each row of the conditions, the constraint; `None` for the rows of a frozen group, which are no limit.
    row_from: Vec<Option<usize>>,
}

impl ConstraintSet {
    /// The constraints of settings for these domains.
    ///
    /// # Shapes
    /// `prior`: shares by domain, for frozen groups. `supply`: limits by domain; empty where there is no budget.
    ///
    /// # Errors
    /// A name that means no domain, overlapping frozen groups, and constraints that leave no mixture, with the smallest
    /// set of them that clashes.
    pub fn new(
        settings: &FitSettings,
        domains: &[String],
        manifest: Option<&Manifest>,
        prior: &[f64],
        supply: &[Limit],
    ) -> Result<Self, FitError> {
        let mut builder = Builder::new(settings, domains, manifest);
        builder.bounds()?;
        // Bounds alone have errors of their own, which name their sums.
        Bounds::new(domains, builder.least.clone(), builder.greatest.clone())?;
        builder.kept()?;
        builder.dropped()?;
        builder.supply(supply);
        builder.groups()?;
        builder.frozen(prior)?;
        builder.finish()
    }

    /// The constraints that hold `weights`, with what loosening them would gain.
    pub fn binding(&self, domains: &[String], weights: &[f64], prices: &Prices) -> Vec<Binding> {
        let mut found = Vec::new();
        let bounds = self.constraints.bounds();
        for (domain, &weight) in weights.iter().enumerate() {
            let (least, greatest) = (bounds.least()[domain], bounds.greatest()[domain]);
            let mut push = |from: Option<usize>, side: Relation, limit: f64, price: f64| {
                if let Some(index) = from {
                    found.push(Binding {
                        constraint: self.named[index].label.clone(),
                        domain: Some(domains[domain].clone()),
                        side,
                        limit,
                        price_per_point: 0.01 * price,
                    });
                }
            };
            if least == greatest {
                let from = self.greatest_from[domain].or(self.least_from[domain]);
                push(from, Relation::Equal, least, prices.greatest[domain] - prices.least[domain]);
                continue;
            }
            if greatest - weight <= ON_THE_LIMIT {
                push(self.greatest_from[domain], Relation::AtMost, greatest, prices.greatest[domain]);
            }
            if weight - least <= ON_THE_LIMIT {
                push(self.least_from[domain], Relation::AtLeast, least, prices.least[domain]);
            }
        }
        for ((row, from), &price) in self.constraints.rows().iter().zip(&self.row_from).zip(&prices.rows) {
            let Some(index) = from else { continue };
            if row.relation == Relation::Equal || row.excess(weights) >= -ON_THE_LIMIT {
                found.push(Binding {
                    constraint: self.named[*index].label.clone(),
                    domain: None,
                    side: row.relation,
                    limit: row.right,
                    price_per_point: 0.01 * price,
                });
            }
        }
        found.sort_by(|a, b| b.price_per_point.abs().total_cmp(&a.price_per_point.abs()));
        found
    }
}

impl FitSettings {
    /// Least and greatest weights of single domains under these settings, without groups and supply.
    ///
    /// # Errors
    /// A pattern that means none of the domains; bounds that leave no mixture.
    pub(crate) fn bounds_for(&self, domains: &[String]) -> Result<Bounds, FitError> {
        let alone = FitSettings { groups: Vec::new(), frozen: Vec::new(), ..self.clone() };
        let equal = vec![1.0 / domains.len() as f64; domains.len()];
        Ok(ConstraintSet::new(&alone, domains, None, &equal, &[])?.constraints.bounds().clone())
    }
}

/// Collects constraints one kind after the other.
struct Builder<'a> {
    settings: &'a FitSettings,
    domains: &'a [String],
    manifest: Option<&'a Manifest>,
    least: Vec<f64>,
    greatest: Vec<f64>,
    least_from: Vec<Option<usize>>,
    greatest_from: Vec<Option<usize>>,
    rows: Vec<Row>,
    row_from: Vec<Option<usize>>,
    named: Vec<Named>,
}

impl<'a> Builder<'a> {
    fn new(settings: &'a FitSettings, domains: &'a [String], manifest: Option<&'a Manifest>) -> Self {
        let count = domains.len();
        Self {
            settings,
            domains,
            manifest,
            least: vec![0.0; count],
            greatest: vec![1.0; count],
            least_from: vec![None; count],
            greatest_from: vec![None; count],
            rows: Vec::new(),
            row_from: Vec::new(),
            named: Vec::new(),
        }
    }

    /// Registers a constraint and returns its number.
    fn name(&mut self, label: String, rows: Vec<Row>) -> usize {
        self.named.push(Named { label, rows });
        self.named.len() - 1
    }

    fn chosen(&self, setting: Setting, pattern: &str) -> Result<Vec<usize>, FitError> {
        let chosen = Pattern::parse(setting, pattern)?.select("domain", self.domains)?;
        Ok((0..self.domains.len()).filter(|&d| chosen[d]).collect())
    }

    /// Replaces the bounds of some domains.
    fn bound(&mut self, label: String, chosen: &[usize], least: f64, greatest: f64) {
        let rows = chosen
            .iter()
            .flat_map(|&d| {
                let at_least = (least > 0.0).then(|| one(d, Relation::AtLeast, least));
                let at_most = (greatest < 1.0).then(|| one(d, Relation::AtMost, greatest));
                at_least.into_iter().chain(at_most)
            })
            .collect();
        let index = self.name(label, rows);
        for &d in chosen {
            (self.least[d], self.greatest[d]) = (least, greatest);
            self.least_from[d] = (least > 0.0).then_some(index);
            self.greatest_from[d] = (greatest < 1.0).then_some(index);
        }
    }

    fn bounds(&mut self) -> Result<(), FitError> {
        let settings = self.settings;
        let mut own = vec![false; self.domains.len()];
        for bound in &settings.bounds {
            self.chosen(Setting::Bounds, &bound.domain)?.into_iter().for_each(|d| own[d] = true);
        }
        let others: Vec<usize> = (0..own.len()).filter(|&d| !own[d]).collect();
        // Out-of-range values are kept: the check of the bounds tells them.
        if settings.min_weight != 0.0 {
            let rows = others.iter().map(|&d| one(d, Relation::AtLeast, settings.min_weight)).collect();
            let index = self.name(format!("{} {}", Setting::MinWeight, settings.min_weight), rows);
            for &d in &others {
                (self.least[d], self.least_from[d]) = (settings.min_weight, Some(index));
            }
        }
        if settings.max_weight != 1.0 {
            let rows = others.iter().map(|&d| one(d, Relation::AtMost, settings.max_weight)).collect();
            let index = self.name(format!("{} {}", Setting::MaxWeight, settings.max_weight), rows);
            for &d in &others {
                (self.greatest[d], self.greatest_from[d]) = (settings.max_weight, Some(index));
            }
        }
        for bound in &settings.bounds {
            let chosen = self.chosen(Setting::Bounds, &bound.domain)?;
            self.bound(bound.to_string(), &chosen, bound.least, bound.greatest);
        }
        Ok(())
    }

    fn kept(&mut self) -> Result<(), FitError> {
        for kept in &self.settings.keep {
            let chosen = self.chosen(Setting::Keep, &kept.domain)?;
            let rows = chosen.iter().map(|&d| one(d, Relation::AtLeast, kept.least)).collect();
            let index = self.name(kept.to_string(), rows);
            for d in chosen {
                if kept.least > self.least[d] {
                    (self.least[d], self.least_from[d]) = (kept.least, Some(index));
                }
            }
        }
        Ok(())
    }

    fn dropped(&mut self) -> Result<(), FitError> {
        for pattern in &self.settings.drop {
            let chosen = self.chosen(Setting::Drop, pattern)?;
            let rows = chosen.iter().map(|&d| one(d, Relation::AtMost, 0.0)).collect();
            let index = self.name(format!("{} {pattern}", Setting::Drop), rows);
            for d in chosen {
                (self.greatest[d], self.greatest_from[d]) = (0.0, Some(index));
            }
        }
        Ok(())
    }

    fn supply(&mut self, supply: &[Limit]) {
        for (d, limit) in supply.iter().enumerate().filter(|(_, limit)| limit.greatest < 1.0) {
            let label = format!("supply of {}: {}", self.domains[d], limit.reason);
            let index = self.name(label, vec![one(d, Relation::AtMost, limit.greatest)]);
            if limit.greatest < self.greatest[d] {
                (self.greatest[d], self.greatest_from[d]) = (limit.greatest, Some(index));
            }
        }
    }

    fn groups(&mut self) -> Result<(), FitError> {
        for group in &self.settings.groups {
            let members = self.members(Setting::Groups, &group.group, &group.members)?;
            let sum = |relation: Relation, right: f64| Row {
                coefficients: members.iter().map(|&d| (d, 1.0)).collect(),
                relation,
                right,
            };
            let mut rows = Vec::new();
            if group.least == group.greatest {
                rows.push(sum(Relation::Equal, group.least));
            } else {
                if group.least > 0.0 {
                    rows.push(sum(Relation::AtLeast, group.least));
                }
                if group.greatest < 1.0 {
                    rows.push(sum(Relation::AtMost, group.greatest));
                }
            }
            let index = self.name(group.to_string(), rows.clone());
            self.row_from.extend(rows.iter().map(|_| Some(index)));
            self.rows.extend(rows);
        }
        Ok(())
    }

    fn frozen(&mut self, prior: &[f64]) -> Result<(), FitError> {
        let mut taken: Vec<Option<&FrozenGroup>> = vec![None; self.domains.len()];
        let settings = self.settings;
        for frozen in &settings.frozen {
            let (members, parts) = self.ratios(frozen, prior)?;
            for &d in &members {
                if let Some(other) = taken[d] {
                    return Err(FitError::Overlap {
                        domain: self.domains[d].clone(),
                        first: other.to_string(),
                        second: frozen.to_string(),
                    });
                }
                taken[d] = Some(frozen);
            }
            let total: f64 = parts.iter().sum();
            // The last member follows from the others.
            let rows: Vec<Row> = (0..members.len() - 1)
                .map(|position| {
                    let ratio = parts[position] / total;
                    let coefficients = members
                        .iter()
                        .enumerate()
                        .map(|(other, &d)| (d, if other == position { 1.0 - ratio } else { -ratio }))
                        .collect();
                    Row { coefficients, relation: Relation::Equal, right: 0.0 }
                })
                .collect();
            self.name(frozen.to_string(), rows.clone());
            self.row_from.extend(rows.iter().map(|_| None));
            self.rows.extend(rows);
        }
        Ok(())
    }

    /// Members of a frozen group and their parts.
    fn ratios(&self, frozen: &FrozenGroup, prior: &[f64]) -> Result<(Vec<usize>, Vec<f64>), FitError> {
        if frozen.parts.is_empty() {
            let members = self.members(Setting::Frozen, &frozen.group, &frozen.members)?;
            let parts: Vec<f64> = members.iter().map(|&d| prior[d]).collect();
            if parts.iter().sum::<f64>() <= 0.0 {
                return Err(FitError::Setting {
                    setting: Setting::Frozen,
                    found: frozen.group.clone(),
                    expected: "a group with a share in the prior, or parts (`NAME:A=3+B=1`)".into(),
                });
            }
            return Ok((members, parts));
        }
        let mut members = Vec::new();
        for member in &frozen.members {
            match self.chosen(Setting::Frozen, member)?.as_slice() {
                [one] => members.push(*one),
                _ => {
                    return Err(FitError::Setting {
                        setting: Setting::Frozen,
                        found: member.clone(),
                        expected: "one domain for each part".into(),
                    });
                }
            }
        }
        Ok((members, frozen.parts.clone()))
    }

    /// The domains of a group: patterns, tags, or the group's name as a tag. Each once, in the study's order.
    fn members(&self, setting: Setting, group: &str, members: &[String]) -> Result<Vec<usize>, FitError> {
        let mut chosen = vec![false; self.domains.len()];
        let tag = [format!("tag:{group}")];
        for member in if members.is_empty() { &tag } else { members } {
            match member.strip_prefix("tag:") {
                None => self.chosen(setting, member)?.into_iter().for_each(|d| chosen[d] = true),
                Some(tag) => {
                    let manifest = self.manifest.ok_or_else(|| StudyError::Setting {
                        setting,
                        found: member.clone(),
                        problem: "tags are in a corpora manifest, and none is given".to_string(),
                        expected: format!("`{}`, or the members by name (NAME:A+B)", Setting::Corpora.to_give()),
                    })?;
                    let tagged = manifest.members(tag)?;
                    let before = chosen.iter().filter(|chosen| **chosen).count();
                    for (d, name) in self.domains.iter().enumerate() {
                        chosen[d] |= tagged.contains(name);
                    }
                    if chosen.iter().filter(|chosen| **chosen).count() == before && members.len() <= 1 {
                        return Err(FitError::Setting {
                            setting,
                            found: member.clone(),
                            expected: "a tag of which the study has a domain".into(),
                        });
                    }
                }
            }
        }
        Ok((0..chosen.len()).filter(|&d| chosen[d]).collect())
    }

    fn finish(self) -> Result<ConstraintSet, FitError> {
        let count = self.domains.len();
        let clashing = || -> FitError {
            let parts: Vec<Part> = self.named.iter().map(|named| Part { rows: named.rows.clone() }).collect();
            let names = clash(&parts, count).ok().flatten().unwrap_or_else(|| (0..parts.len()).collect());
            FitError::Clash { constraints: names.into_iter().map(|index| self.named[index].label.clone()).collect() }
        };
        let bounds = Bounds::new(self.domains, self.least.clone(), self.greatest.clone()).map_err(|_| clashing())?;
        let constraints = Constraints::new(bounds, self.rows.clone())?;
        if !constraints.is_box() && constraints.any().is_none() {
            return Err(clashing());
        }
        Ok(ConstraintSet {
            constraints,
            named: self.named,
            least_from: self.least_from,
            greatest_from: self.greatest_from,
            row_from: self.row_from,
        })
    }
}

fn one(domain: usize, relation: Relation, right: f64) -> Row {
    Row { coefficients: vec![(domain, 1.0)], relation, right }
}
