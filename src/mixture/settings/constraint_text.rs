//! Constraints as they are written in a line and kept in settings.

use mixopt_base::Setting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use mixopt_study::{Result, StudyError};

/// Minimum and maximum weight of the domains that match a pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainBound {
    /// A domain, or a pattern with `*` and `?`.
    pub domain: String,
    /// Minimum weight.
    pub least: f64,
    /// Maximum weight.
    pub greatest: f64,
}

impl DomainBound {
    /// Reads `NAME=MIN..MAX`; either number may be missing, one number alone fixes the weight.
    pub fn parse(text: &str) -> Result<Self> {
        let fault = |problem: &str| {
            setting_fault(Setting::Bounds, text, problem, "NAME=MIN..MAX, NAME=MIN.., NAME=..MAX or NAME=SHARE")
        };
        let (domain, range) = text.rsplit_once('=').ok_or_else(|| fault("`=` is missing"))?;
        let (least, greatest) = parse_range(range).map_err(|problem| fault(&problem))?;
        Ok(Self { domain: domain.trim().to_string(), least, greatest })
    }
}

impl std::fmt::Display for DomainBound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}={}", Setting::Bounds, self.domain, range(self.least, self.greatest))
    }
}

/// Minimum and maximum weight of several domains together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupBound {
    /// The group's name; if `members` is empty, a tag in the manifest.
    pub group: String,
    /// Domains, patterns with `*` and `?`, or `tag:NAME`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
    /// Minimum weight of all together.
    pub least: f64,
    /// Maximum weight of all together.
    pub greatest: f64,
}

impl GroupBound {
    /// Reads `NAME:A+B<=SHARE`, `NAME:A+B>=SHARE`, `NAME:A+B=SHARE` or `NAME:A+B=MIN..MAX`; without members, NAME
    /// is a tag.
    pub fn parse(text: &str) -> Result<Self> {
        let fault = |problem: &str| {
            setting_fault(
                Setting::Groups,
                text,
                problem,
                "NAME:A+B<=SHARE, NAME:A+B>=SHARE, NAME:A+B=SHARE or NAME:A+B=MIN..MAX (without members NAME is a tag)",
            )
        };
        let (names, relation, range) = if let Some((names, range)) = text.split_once("<=") {
            (names, "<=", range)
        } else if let Some((names, range)) = text.split_once(">=") {
            (names, ">=", range)
        } else if let Some((names, range)) = text.rsplit_once('=') {
            (names, "=", range)
        } else {
            return Err(fault("`<=`, `>=` or `=` is missing"));
        };
        let share = || -> std::result::Result<f64, StudyError> {
            range.trim().parse().map_err(|_| fault(&format!("`{}` is not a number", range.trim())))
        };
        let (least, greatest) = match relation {
            "<=" => (0.0, share()?),
            ">=" => (share()?, 1.0),
            _ => parse_range(range).map_err(|problem| fault(&problem))?,
        };
        let (group, members) = parse_members(names);
        if group.is_empty() {
            return Err(fault("the name is missing"));
        }
        if !(0.0..=1.0).contains(&least) || !(0.0..=1.0).contains(&greatest) || least > greatest {
            return Err(fault("shares from 0 to 1, the minimum first"));
        }
        Ok(Self { group, members, least, greatest })
    }
}

impl std::fmt::Display for GroupBound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let members = if self.members.is_empty() { String::new() } else { format!(":{}", self.members.join("+")) };
        write!(f, "{} {}{members}", Setting::Groups, self.group)?;
        match (self.least, self.greatest) {
            (0.0, greatest) => write!(f, "<={greatest}"),
            (least, 1.0) => write!(f, ">={least}"),
            (least, greatest) => write!(f, "={}", range(least, greatest)),
        }
    }
}

/// Domains whose ratios to each other are kept while their common share moves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FrozenGroup {
    /// The group's name; if `members` is empty, a tag in the manifest.
    pub group: String,
    /// Domains, patterns with `*` and `?`, or `tag:NAME`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
    /// Parts of the members, in their order; empty: as in the prior.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<f64>,
}

impl FrozenGroup {
    /// Reads `NAME:A+B` (ratios as in the prior) or `NAME:A=3+B=1`; without members, NAME is a tag.
    pub fn parse(text: &str) -> Result<Self> {
        let fault = |problem: &str| {
            setting_fault(Setting::Frozen, text, problem, "NAME:A+B (ratios as in the prior), NAME:A=3+B=1, or a tag")
        };
        let (group, members) = parse_members(text);
        if group.is_empty() {
            return Err(fault("the name is missing"));
        }
        let with_parts = members.iter().filter(|member| member.contains('=')).count();
        if with_parts == 0 {
            return Ok(Self { group, members, parts: Vec::new() });
        }
        if with_parts < members.len() {
            return Err(fault("some members have a part and some have none"));
        }
        let mut names = Vec::new();
        let mut parts = Vec::new();
        for member in &members {
            let (name, part) = member.rsplit_once('=').unwrap_or((member, ""));
            let value: f64 = part.trim().parse().map_err(|_| fault(&format!("`{part}` is not a number")))?;
            if !(value.is_finite() && value >= 0.0) {
                return Err(fault(&format!("the part {value} is below 0")));
            }
            names.push(name.trim().to_string());
            parts.push(value);
        }
        if parts.iter().sum::<f64>() <= 0.0 {
            return Err(fault("all parts are 0"));
        }
        Ok(Self { group, members: names, parts })
    }
}

impl std::fmt::Display for FrozenGroup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let members: Vec<String> = self
            .members
            .iter()
            .enumerate()
            .map(|(index, member)| match self.parts.get(index) {
                Some(part) => format!("{member}={part}"),
                None => member.clone(),
            })
            .collect();
        let members = if members.is_empty() { String::new() } else { format!(":{}", members.join("+")) };
        write!(f, "{} {}{members}", Setting::Frozen, self.group)
    }
}

/// A domain that must have a share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeptDomain {
    /// A domain, or a pattern with `*` and `?`.
    pub domain: String,
    /// The minimum share.
    pub least: f64,
}

/// Share of a domain that must be kept where none is said.
const KEPT_SHARE: f64 = 0.01;

impl KeptDomain {
    /// Reads `NAME` (at least 0.01) or `NAME=SHARE`.
    pub fn parse(text: &str) -> Result<Self> {
        let (domain, least) = match text.rsplit_once('=') {
            None => (text, Ok(KEPT_SHARE)),
            Some((domain, share)) => (domain, share.trim().parse::<f64>()),
        };
        match least {
            Ok(least) if least > 0.0 && least <= 1.0 && !domain.trim().is_empty() => {
                Ok(Self { domain: domain.trim().to_string(), least })
            }
            _ => Err(setting_fault(Setting::Keep, text, "not a domain to keep", "NAME (at least 0.01) or NAME=SHARE")),
        }
    }
}

impl std::fmt::Display for KeptDomain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}={}", Setting::Keep, self.domain, self.least)
    }
}

/// `NAME:A+B+C` as a name and members.
fn parse_members(text: &str) -> (String, Vec<String>) {
    match text.split_once(':') {
        None => (text.trim().to_string(), Vec::new()),
        Some((name, members)) => {
            let members = members.split('+').map(|member| member.trim().to_string());
            (name.trim().to_string(), members.filter(|member| !member.is_empty()).collect())
        }
    }
}

/// `LEAST..GREATEST`, either of which may be missing, or one share for both.
fn parse_range(range: &str) -> std::result::Result<(f64, f64), String> {
    let number = |part: &str, absent: f64| -> std::result::Result<f64, String> {
        let part = part.trim();
        if part.is_empty() { Ok(absent) } else { part.parse().map_err(|_| format!("`{part}` is not a number")) }
    };
    match range.split_once("..") {
        Some((low, high)) => Ok((number(low, 0.0)?, number(high, 1.0)?)),
        None if range.trim().is_empty() => Err("the range is missing".to_string()),
        None => Ok((number(range, 0.0)?, number(range, 1.0)?)),
    }
}

fn range(least: f64, greatest: f64) -> String {
    match (least, greatest) {
        (least, greatest) if least == greatest => least.to_string(),
        (0.0, greatest) => format!("..{greatest}"),
        (least, 1.0) => format!("{least}.."),
        (least, greatest) => format!("{least}..{greatest}"),
    }
}

fn setting_fault(setting: Setting, found: &str, problem: &str, expected: &str) -> StudyError {
    StudyError::Setting {
        setting,
        found: found.to_string(),
        problem: problem.to_string(),
        expected: expected.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_a_range_or_a_share() {
        let bound = |text: &str| DomainBound::parse(text).map(|b| (b.domain, b.least, b.greatest)).unwrap();
        assert_eq!(bound("web=0.3..0.7"), ("web".into(), 0.3, 0.7));
        assert_eq!(bound("web=..0.7"), ("web".into(), 0.0, 0.7));
        assert_eq!(bound("a=b=0.2.."), ("a=b".into(), 0.2, 1.0));
        assert_eq!(bound("web=0.25"), ("web".into(), 0.25, 0.25));
        for bad in ["web", "web=", "web=x..1", "web=0.1..y"] {
            assert!(DomainBound::parse(bad).unwrap_err().is_usage(), "{bad}");
        }
    }

    #[test]
    fn a_group_has_members_or_is_a_tag() {
        let group = |text: &str| GroupBound::parse(text).unwrap();
        let code = group("code:python+cpp<=0.25");
        assert_eq!((code.group.as_str(), code.members.len(), code.least, code.greatest), ("code", 2, 0.0, 0.25));
        assert_eq!(code.to_string(), "groups code:python+cpp<=0.25");
        assert_eq!(group("code>=0.1").to_string(), "groups code>=0.1");
        assert_eq!(group("x:tag:code+web*=0.1..0.2").members, ["tag:code", "web*"]);
        assert_eq!(group("x:a+b=0.2").to_string(), "groups x:a+b=0.2");
        for bad in ["code", "code<=x", ":a+b<=0.2", "a:b=0.5..0.2", "a:b<=1.5"] {
            assert!(GroupBound::parse(bad).unwrap_err().is_usage(), "{bad}");
        }
    }

    #[test]
    fn a_frozen_group_has_parts_for_all_or_for_none() {
        let frozen = FrozenGroup::parse("wiki:en=3+de=1").unwrap();
        assert_eq!((frozen.members.clone(), frozen.parts.clone()), (vec!["en".into(), "de".into()], vec![3.0, 1.0]));
        assert_eq!(frozen.to_string(), "frozen wiki:en=3+de=1");
        assert_eq!(FrozenGroup::parse("wiki:en+de").unwrap().parts.len(), 0);
        for bad in ["", "wiki:en=3+de", "wiki:en=x", "wiki:en=-1", "wiki:en=0+de=0"] {
            assert!(FrozenGroup::parse(bad).unwrap_err().is_usage(), "{bad}");
        }
    }

    #[test]
    fn a_kept_domain_has_at_least_a_hundredth() {
        assert_eq!(KeptDomain::parse("web").unwrap().least, 0.01);
        assert_eq!(KeptDomain::parse("web=0.2").unwrap().least, 0.2);
        for bad in ["web=0", "web=x", "=0.2", "web=2"] {
            assert!(KeptDomain::parse(bad).unwrap_err().is_usage(), "{bad}");
        }
    }
}
