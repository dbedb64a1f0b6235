//! Whatever name a domain has: it is read back as it is, or the export refuses it.

use std::path::Path;

use mixopt_export::{ExportError, ExportOptions, ImportOptions, TARGETS, export, import_text};
use mixopt_manifest::ShareUnit;
use mixopt_mixture::{MixtureFile, Weights};
use proptest::prelude::*;

use crate::fixtures::{counted, options};

/// Parts that some syntax takes for something else than text.
const PARTS: &[&str] = &[
    "a",
    "web",
    " ",
    "  ",
    "\t",
    "\n",
    "\r",
    "\"",
    "'",
    "\\",
    ":",
    ": ",
    "#",
    " #",
    "- ",
    "-",
    "?",
    "? ",
    ",",
    "[",
    "]",
    "{",
    "}",
    "*",
    "&",
    "!",
    "!include ",
    "%",
    "@",
    "`",
    "|",
    ">",
    "~",
    "null",
    "nan",
    ".nan",
    "inf",
    "no",
    "yes",
    "true",
    "1",
    "1e5",
    "0x1f",
    "007",
    "2024-01-01",
    "=",
    "<<",
    "--",
    "--data-path",
    "---",
    "...",
    "$",
    "/",
    "é",
    "日本",
    "\u{1f9c0}",
    "\u{2028}",
    "\u{85}",
    "\u{feff}",
    "\u{7f}",
    "\u{0}",
];

fn name() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop::sample::select(PARTS), 1..4).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn go_out_and_back_or_are_refused(
        drawn in proptest::collection::btree_map(name(), 1_u32..1_000, 1..5),
    ) {
        let whole: u32 = drawn.values().sum();
        let weights: Weights =
            drawn.iter().map(|(name, part)| (name.clone(), f64::from(*part) / f64::from(whole))).collect();
        for target in TARGETS.iter().filter(|target| target.read.is_some()) {
            // Fractions of rows are told from shares by counts alone.
            let rows = target.name == "axolotl";
            let unit = if rows { ShareUnit::Documents } else { ShareUnit::Tokens };
            let mixture = MixtureFile::given(unit, &weights, None, None);
            let manifest = counted(&mixture);
            let manifest = rows.then_some(&manifest);
            let options = ExportOptions { unit: Some(unit), ..options() };
            let written = match export(target, &mixture, manifest, &options) {
                Ok(written) => written,
                Err(error) => {
                    let named = matches!(error, ExportError::BadName { .. });
                    prop_assert!(named, "{}: {weights:?}: {error}", target.name);
                    continue;
                }
            };
            let found = import_text(Path::new("file"), written.text.clone(), Some(target), manifest, &ImportOptions::default());
            let found = match found {
                Ok(found) => found,
                Err(error) => return Err(TestCaseError::fail(format!("{}: {weights:?}: {error}\n{}", target.name, written.text))),
            };
            prop_assert_eq!(found.shares[0].len(), mixture.weights.len(), "{}: {:?}\n{}", target.name, weights, written.text);
            for (name, share) in &mixture.weights {
                let read = found.shares[0].get(name).copied().unwrap_or(-1.0);
                prop_assert!((read - share).abs() < 1e-11, "{}: {name:?}: {read} is not {share}\n{}", target.name, written.text);
            }
        }
    }
}
