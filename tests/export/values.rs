//! Units, epochs, steps and blocks against numbers from elsewhere.

use mixopt_export::{ExportOptions, Step, export, target};
use mixopt_manifest::ShareUnit;
use mixopt_mixture::{MixtureFile, Weights};
use proptest::prelude::*;

use crate::fixtures::{exported, manifest, mixture, options};

fn share(found: &mixopt_export::Export, stage: usize, domain: &str) -> f64 {
    found.stages[stage].datasets.iter().filter(|entry| entry.domain == domain).map(|entry| entry.share).sum()
}

#[test]
fn shares_are_in_the_consumer_s_unit() {
    // By hand from the manifest: tokens a character 1/4, 1/2, 1/4; documents a token 1/1000, 1/500, 1/2000.
    let tokens = [("web", 0.71 / 4.0), ("code", 0.28999 / 2.0), ("bücher/日本", 0.00001 / 4.0)];
    let documents =
        [("web", 0.71 / 4.0 / 1000.0), ("code", 0.28999 / 2.0 / 500.0), ("bücher/日本", 0.00001 / 4.0 / 2000.0)];
    for (name, unit, amounts) in [("megatron", ShareUnit::Tokens, tokens), ("lingua", ShareUnit::Documents, documents)]
    {
        let found = exported(target(name).unwrap(), &mixture("mixture.yaml"), &options());
        assert_eq!((found.unit, found.converted_from), (unit, Some(ShareUnit::Characters)));
        let sum: f64 = amounts.iter().map(|(_, amount)| amount).sum();
        for (domain, amount) in amounts {
            assert!((share(&found, 0, domain) - amount / sum).abs() < 2e-12, "{name}: {domain}");
        }
    }
    let own = exported(target("csv").unwrap(), &mixture("mixture.yaml"), &options());
    assert_eq!((own.converted_from, share(&own, 0, "code")), (None, 0.28999));
    let asked = ExportOptions { unit: Some(ShareUnit::Characters), ..options() };
    let found = exported(target("megatron").unwrap(), &mixture("mixture.yaml"), &asked);
    assert_eq!((found.converted_from, share(&found, 0, "web")), (None, 0.71));
}

#[test]
fn epochs_come_from_budget_and_counts() {
    // 4M tokens over 2M of web, 1M of code.
    let sum = 0.71 / 4.0 + 0.28999 / 2.0 + 0.00001 / 4.0;
    let (web, code) = (0.71 / 4.0 / sum * 2.0, 0.28999 / 2.0 / sum * 4.0);
    let budget = ExportOptions { budget: Some(4_000_000), ..options() };
    let found = exported(target("olmo-core").unwrap(), &mixture("mixture.yaml"), &budget);
    for entry in &found.stages[0].datasets {
        let expected = match entry.domain.as_str() {
            "web" => web,
            "code" => code,
            _ => 0.00001 / 4.0 / sum * 40.0,
        };
        assert!((entry.epochs.unwrap() - expected).abs() < 1e-9, "{entry:?}");
    }
    // Enough for what is needed, and no more than a hundredth above.
    let text: serde_json::Value = serde_saphyr::from_str(&found.text).unwrap();
    for (index, needed) in [(1, code), (2, web)] {
        let ratio = text["sources"][index]["max_repetition_ratio"].as_f64().unwrap();
        assert!(ratio >= needed && ratio - needed < 0.01, "{ratio} for {needed}");
    }
    assert!(text["sources"][0].get("max_repetition_ratio").is_none());
    assert!(
        found.notes.iter().any(|note| note.starts_with("data are repeated: web 1.10 times, code 1.80 times;")),
        "{:?}",
        found.notes
    );
    let without = exported(target("olmo-core").unwrap(), &mixture("mixture.yaml"), &options());
    assert!(without.stages[0].datasets.iter().all(|entry| entry.epochs.is_none()));
    assert!(!without.text.contains("repetition"), "{}", without.text);
}

#[test]
fn epochs_of_stages_add_up() {
    // 3M × 0.6 + 1M × 0.4 of web's 2M tokens; 3M × 0.39998 + 1M × 0.6 of code's 1M.
    let found = exported(target("nanotron").unwrap(), &mixture("plan.yaml"), &options());
    assert!(found.text.contains("# Epochs: web 1.10, code 1.80, bücher/日本 under 0.01.\n"), "{}", found.text);
    let one = ExportOptions { stage: Some("decay".to_string()), ..options() };
    let found = exported(target("megatron").unwrap(), &mixture("plan.yaml"), &one);
    let epochs: Vec<f64> = found.stages[0].datasets.iter().map(|entry| entry.epochs.unwrap()).collect();
    // Two prefixes of code, which is one domain, and web.
    assert_eq!(epochs, [0.6, 0.6, 0.2]);
}

#[test]
fn what_the_mixture_file_knows_of_supply_is_told() {
    let mut mixture = mixture("mixture.yaml");
    let supply = "{budget: 1000, max_epochs: 2, domains: {web: {available: 100, tokens: 710, epochs: 7.1}, code: {available: 1000, tokens: 290, epochs: 0.29}}}";
    mixture.supply = Some(serde_saphyr::from_str(supply).unwrap());
    // No manifest: the domains' own figures, though the shares are of characters.
    let found = export(target("csv").unwrap(), &mixture, None, &ExportOptions::default()).unwrap();
    let epochs = |domain: &str| found.stages[0].datasets.iter().find(|entry| entry.domain == domain).unwrap().epochs;
    assert_eq!((epochs("web"), epochs("code"), epochs("old")), (Some(7.1), Some(0.29), None));
    assert!(found.notes.contains(&"`web` is repeated 7.10 times, but its limit is 2".to_string()), "{:?}", found.notes);
}

#[test]
fn stages_start_at_steps() {
    let starts = |name: &str, step: Step| -> (Vec<u64>, Vec<String>) {
        let found =
            exported(target(name).unwrap(), &mixture("plan.yaml"), &ExportOptions { step: Some(step), ..options() });
        let value: serde_json::Value = serde_saphyr::from_str(&found.text).unwrap();
        let starts = match name {
            "nanotron" => value["data_stages"]
                .as_array()
                .unwrap()
                .iter()
                .map(|stage| stage["start_training_step"].as_u64().unwrap())
                .collect(),
            _ => value["data"]["train_weights"]
                .as_array()
                .unwrap()
                .iter()
                .map(|stage| stage[0].as_u64().unwrap())
                .collect(),
        };
        (starts, found.notes)
    };
    // nanotron counts from 1; 3M tokens are 3,000 steps of 1,000.
    let (found, notes) = starts("nanotron", Step { tokens: 1000, sequences: None });
    assert_eq!(found, [1, 3001]);
    assert!(!notes.iter().any(|note| note.contains("starts after")), "{notes:?}");
    let (found, notes) = starts("nanotron", Step { tokens: 7000, sequences: None });
    assert_eq!(found, [1, 430]);
    assert!(
        notes
            .iter()
            .any(|note| note == "stage decay starts after 3003000 tokens instead of 3000000: at step 430, the nearest"),
        "{notes:?}"
    );
    // Levanter needs step × 64 sequences to be a multiple of 2,048: steps in multiples of 32, 262,144 tokens.
    let (found, notes) = starts("levanter", Step { tokens: 8192, sequences: Some(64) });
    assert_eq!(found, [0, 352]);
    assert!(
        notes.iter().any(|note| note
            == "stage decay starts after 2883584 tokens instead of 3000000: at step 352, the nearest that fits"),
        "{notes:?}"
    );
    let (found, _) = starts("marin", Step { tokens: 1000, sequences: None });
    assert_eq!(found, [0, 3000]);
}

/// Sequences of each dataset in a block, as Levanter counts them: cut to whole numbers, the rest to the largest.
fn counts(weights: &[f64], block: u64) -> Vec<u64> {
    let mut counts: Vec<u64> = weights.iter().map(|weight| (weight * block as f64) as u64).collect();
    let rest = block - counts.iter().sum::<u64>();
    let largest = (0..counts.len()).max_by_key(|&index| (counts[index], usize::MAX - index)).unwrap();
    counts[largest] += rest;
    counts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn levanter_s_block_is_warned_of_where_a_dataset_gets_nothing(
        powers in proptest::collection::vec(0.0..6.0_f64, 1..8),
        block in prop::sample::select(vec![16_u64, 2048, 65_535]),
    ) {
        let weights: Weights = powers.iter().enumerate().map(|(d, power)| (format!("d{d}"), 10_f64.powf(-power))).collect();
        let mixture = MixtureFile::given(ShareUnit::Tokens, &weights, None, None);
        let options = ExportOptions { block_size: Some(block), ..ExportOptions::default() };
        let found = export(target("levanter").unwrap(), &mixture, None, &options).unwrap();
        let shares: Vec<f64> = found.stages[0].datasets.iter().map(|entry| entry.share).collect();
        let unseen = |block: u64| counts(&shares, block).iter().zip(&shares).any(|(&count, &share)| count == 0 && share > 0.0);
        let note = found.notes.iter().find(|note| note.contains("holds none of"));
        // The largest gets what is left over, so it alone can be below 1 / block and still be seen.
        let largest = shares.iter().copied().fold(0.0, f64::max);
        if largest * block as f64 >= 1.0 {
            prop_assert_eq!(note.is_some(), unseen(block), "{:?}", shares);
        }
        // The block that is suggested helps.
        if let Some(suggested) = note.and_then(|note| note.split("`block_size ").nth(1)) {
            let suggested: u64 = suggested.trim_end_matches('`').parse().unwrap();
            prop_assert!(suggested < 65_536 && !unseen(suggested), "{} for {:?}", suggested, shares);
        }
    }
}

#[test]
fn the_manifest_s_paths_of_text_are_seen_from_its_folder() {
    let text = crate::fixtures::text("corpora.yaml");
    let manifest = mixopt_manifest::Manifest::parse(std::path::Path::new("sub/corpora.yaml"), &text).unwrap();
    let found = export(target("levanter").unwrap(), &mixture("mixture.yaml"), Some(&manifest), &options()).unwrap();
    let value: serde_json::Value = serde_saphyr::from_str(&found.text).unwrap();
    let urls = &value["data"]["configs"]["code"]["train_urls"];
    assert_eq!(urls, &serde_json::json!(["sub/text/code/*.parquet", "/d/text/more-code/*.parquet"]));
}

#[test]
fn results_are_the_same_each_time() {
    for target in mixopt_export::TARGETS {
        let once = export(target, &mixture("mixture.yaml"), Some(&manifest()), &options()).unwrap();
        let twice = export(target, &mixture("mixture.yaml"), Some(&manifest()), &options()).unwrap();
        assert_eq!(once, twice);
    }
}

#[test]
fn options_without_a_place_are_told() {
    let given = ExportOptions { block_size: Some(4096), ..options() };
    let found = exported(target("olmix").unwrap(), &mixture("mixture.yaml"), &given);
    for setting in ["validation", "block_size", "the tokens of a step"] {
        let note = format!("{setting}: files for olmix cannot hold this; ignored");
        assert!(found.notes.contains(&note), "{setting}: {:?}", found.notes);
    }
    let found = exported(
        target("levanter").unwrap(),
        &mixture("plan.yaml"),
        &ExportOptions { validation: Default::default(), ..given },
    );
    assert!(!found.notes.iter().any(|note| note.contains("no place")), "{:?}", found.notes);
}

#[test]
fn a_domain_of_zero_need_not_be_in_the_manifest() {
    let text = crate::fixtures::text("corpora.yaml").replace("  old:\n    paths: [text/old]\n", "");
    let manifest = mixopt_manifest::Manifest::parse(std::path::Path::new("corpora.yaml"), &text).unwrap();
    assert!(!manifest.domains.contains_key("old"));
    for target in mixopt_export::TARGETS {
        export(target, &mixture("mixture.yaml"), Some(&manifest), &options())
            .unwrap_or_else(|error| panic!("{}: {error}", target.name));
    }
}

#[test]
fn tokens_of_two_tokenizers_are_told_apart() {
    let mut mixture = mixture("plan.yaml");
    let notes = |mixture: &MixtureFile| exported(target("csv").unwrap(), mixture, &options()).notes;
    mixture.tokenizer = Some("made-up".to_string());
    assert!(!notes(&mixture).iter().any(|note| note.contains("the mixture counts tokens of")));
    mixture.tokenizer = Some("another".to_string());
    let expected = "the mixture counts tokens of `another`, the manifest those of `made-up`".to_string();
    assert!(notes(&mixture).contains(&expected));
}

#[test]
fn a_share_too_small_to_print_is_told_and_left_out() {
    let mut mixture = MixtureFile::given(ShareUnit::Tokens, &Weights::new(), None, None);
    mixture.weights = [("a", 1.0 - 1e-14), ("b", 1e-14)].map(|(name, share)| (name.to_string(), share)).into();
    let found = export(target("olmix").unwrap(), &mixture, None, &ExportOptions::default()).unwrap();
    assert_eq!(found.stages[0].left_out, ["b"]);
    assert!(found.notes.iter().any(|note| note.contains("the share of `b` (1e-14)")), "{:?}", found.notes);
}
