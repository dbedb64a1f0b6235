//! Domains that mixtures and studies call by different names.
//!
//! Three steps, from certain to approximate: the same spelling; names of the same corpus; corpora of the same kind. The
//! last is for published mixtures only, whose recipes nobody has as they are.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use mixopt_study::Aliases;

/// Names of the same corpus, as [`folded`] spells them; the first is what the others are called.
const SAME: &[&[&str]] = &[
    &["commoncrawl", "cc", "pilecc", "redpajamacommoncrawl", "dolmacommoncrawl", "slimpajamacommoncrawl"],
    &["c4", "c4english", "c4englishsemdedup", "mc4english", "redpajamac4", "dolmac4"],
    &["github", "redpajamagithub", "pilegithub"],
    &[
        "stackexchange",
        "redpajamastackexchange",
        "dolmastackexchange",
        "dolminostackexchange",
        "marinstackexchangemarkdown",
    ],
    &["arxiv", "redpajamaarxiv", "dolmaarxiv", "marinarxivmarkdown"],
    &[
        "wikipedia",
        "wiki",
        "wikipediaen",
        "enwiki",
        "redpajamawikipedia",
        "dolmawikipedia",
        "dolminowiki",
        "marinwikipediamarkdown",
        "wikipediawikibooks",
    ],
    &["books", "redpajamabooks", "book"],
    &["gutenberg", "gutenbergpg19", "pg19"],
    &["pes2o", "dolmapes2o", "dolminopes2o", "s2orc"],
    &["starcoder", "starcoderdata"],
    &["stack", "thestack", "thestackselectedlanguages", "thestackdedup"],
    &["dclm", "dclmbaseline", "dclmfiltered", "dolminodclmhq"],
    &["fineweb", "finewebedu"],
    &["refinedweb", "refinedwebenglish", "falconrefinedweb"],
    &["openwebmath", "dolmaopenwebmath"],
    &["algebraicstack", "dolmaalgebraicstack"],
    &["finemath", "finemath3plus", "finemath4plus"],
    &["openwebtext", "openwebtext2", "webtext2", "webtext", "owt"],
    &["flan", "dolminoflan"],
    &["reddit", "dolmareddit"],
];

/// Kinds of text: a domain of a mixture counts as the study's only domain of its kind.
const KINDS: &[(&str, &[&str])] = &[
    (
        "web",
        &[
            "commoncrawl",
            "c4",
            "dclm",
            "fineweb",
            "refinedweb",
            "openwebtext",
            "web",
            "massiveweb",
            "filteredwebpages",
            "nemotroncchqactual",
            "nemotroncchqsynth",
            "nemotronccmedium",
            "nemotronccmediumhigh",
            "nemotronccmediumlow",
            "nemotroncclowactual",
            "nemotroncclowsynth",
            "ccnews",
            "english",
            "generalknowledge",
        ],
    ),
    (
        "code",
        &["github", "starcoder", "stack", "stackedu", "code", "sourcecode", "python", "thestackmarkdown", "ds1000"],
    ),
    (
        "papers in mathematics",
        &[
            "arxiv",
            "arxivmath",
            "openwebmath",
            "algebraicstack",
            "finemath",
            "math",
            "dolminomath",
            "dmmathematics",
            "proofpile2",
            "mathematicsandreasoning",
        ],
    ),
    ("encyclopedia", &["wikipedia", "megawika", "dolmamegawika"]),
    ("books", &["books", "books1", "books2", "books3", "bookcorpus", "bookcorpus2", "gutenberg"]),
    ("papers", &["pes2o", "pubmedcentral", "pubmedabstracts", "philpapers", "nihexporter", "olmocrsciencepdfs"]),
    ("questions and answers", &["stackexchange"]),
    ("news", &["news", "ccnews"]),
    ("conversations", &["reddit", "conversations", "socialmediaconversations", "forums", "hackernews", "ubuntuirc"]),
];

/// Shares of a mixture by the names of a study.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Mapped {
    /// Shares of the study's domains, before they are scaled to sum to one.
    pub shares: Vec<f64>,
    /// Domains of the mixture under another name in the study, by the study's name.
    pub renamed: IndexMap<String, Vec<String>>,
    /// Domains of the mixture that no domain of the study stands for, with their shares.
    pub left: BTreeMap<String, f64>,
}

/// Finds the study's domain of each domain of a mixture. `by_kind`: whether a corpus of the same kind will do.
pub(crate) fn map(weights: &IndexMap<String, f64>, domains: &[String], aliases: &Aliases, by_kind: bool) -> Mapped {
    let mut mapped = Mapped { shares: vec![0.0; domains.len()], ..Mapped::default() };
    for (name, &weight) in weights {
        let found = position(&aliases.resolve(name), domains, by_kind);
        match found {
            Some(at) => {
                mapped.shares[at] += weight;
                if domains[at] != *name && weight > 0.0 {
                    mapped.renamed.entry(domains[at].clone()).or_default().push(name.clone());
                }
            }
            None if weight > 0.0 => {
                mapped.left.insert(name.clone(), weight);
            }
            None => {}
        }
    }
    mapped
}

fn position(name: &str, domains: &[String], by_kind: bool) -> Option<usize> {
    if let Some(at) = domains.iter().position(|domain| domain == name) {
        return Some(at);
    }
    let only = |fits: &dyn Fn(&str) -> bool| {
        let mut fitting = (0..domains.len()).filter(|&at| fits(&domains[at]));
        fitting.next().filter(|_| fitting.next().is_none())
    };
    let corpus = corpus(name);
    let kinds: Vec<&str> = kinds(&corpus);
    only(&|domain| folded(domain) == folded(name)).or_else(|| only(&|domain| self::corpus(domain) == corpus)).or_else(
        || {
            let same_kind = |domain: &str| self::kinds(&self::corpus(domain)).iter().any(|kind| kinds.contains(kind));
            if by_kind { only(&same_kind) } else { None }
        },
    )
}

/// Lower case, without what separates words.
fn folded(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What a corpus is called among those with several names.
fn corpus(name: &str) -> String {
    let folded = folded(name);
    SAME.iter().find(|names| names.contains(&folded.as_str())).map_or(folded, |names| names[0].to_string())
}

fn kinds(corpus: &str) -> Vec<&'static str> {
    KINDS.iter().filter(|(_, corpora)| corpora.contains(&corpus)).map(|(kind, _)| *kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(parts: &[(&str, f64)]) -> IndexMap<String, f64> {
        parts.iter().map(|(name, weight)| (name.to_string(), *weight)).collect()
    }

    #[test]
    fn llama_1_over_web_code_and_papers() {
        let study = ["common_crawl", "python", "arxiv_math"].map(String::from);
        let llama =
            weights(&[("common_crawl", 0.67), ("C4", 0.15), ("github", 0.045), ("wikipedia", 0.11), ("arxiv", 0.025)]);
        let mapped = map(&llama, &study, &Aliases::default(), true);
        assert_eq!(mapped.shares, [0.67 + 0.15, 0.045, 0.025]);
        assert_eq!(mapped.left, BTreeMap::from([("wikipedia".to_string(), 0.11)]));
        assert_eq!(mapped.renamed["common_crawl"], ["C4"]);
        let mapped = map(&llama, &study, &Aliases::default(), false);
        assert_eq!(mapped.shares, [0.67, 0.0, 0.0], "names of the same corpus alone");
    }

    #[test]
    fn a_kind_with_two_domains_is_not_guessed() {
        let study = ["c4", "refinedweb"].map(String::from);
        let mapped = map(&weights(&[("C4", 0.5), ("dclm", 0.5)]), &study, &Aliases::default(), true);
        assert_eq!((mapped.shares, mapped.left.len()), (vec![0.5, 0.0], 1));
    }

    #[test]
    fn usual_names_are_the_same() {
        for (name, domain) in [("cc", "CommonCrawl"), ("common_crawl", "pile_cc"), ("StackExchange", "stack_exchange")]
        {
            let mapped = map(&weights(&[(name, 1.0)]), &[domain.to_string()], &Aliases::default(), false);
            assert_eq!(mapped.shares, [1.0], "{name}");
        }
    }

    #[test]
    fn every_corpus_has_one_name() {
        let mut seen = std::collections::HashSet::new();
        for name in SAME.iter().copied().flatten() {
            assert_eq!(*name, folded(name));
            assert!(seen.insert(name), "{name}");
        }
        for (_, corpora) in KINDS {
            assert!(corpora.iter().all(|name| corpus(name) == **name), "{corpora:?}");
        }
    }
}
