//! Files without weights, of which each trainer makes something else: what it does is what is imported, or an error.

use std::path::Path;

use mixopt_export::{Import, ImportError, ImportOptions, import_text};
use mixopt_manifest::Manifest;

/// Tokens 900M, 90M and 10M; documents 1,000, 2,000 and 1,000.
const CORPORA: &str = "
mixopt_corpora: 1
tokenizer: ours
domains:
  web: {tokens: 900M, documents: 1000, trainers: {megatron: /d/web, nanotron: /d/web, streaming: /d/web, huggingface: /d/web}}
  code: {tokens: 90M, documents: 2000, trainers: {megatron: /d/code, nanotron: /d/code, streaming: /d/code, huggingface: /d/code}}
  math: {tokens: 10M, documents: 1000, trainers: {megatron: /d/math, nanotron: /d/math, streaming: /d/math, huggingface: /d/math}}
";

fn corpora() -> Manifest {
    Manifest::parse(Path::new("corpora.yaml"), CORPORA).unwrap()
}

fn read(text: &str, manifest: Option<&Manifest>) -> Result<Import, ImportError> {
    import_text(Path::new("file"), text.to_string(), None, manifest, &ImportOptions::default())
}

fn shares(import: &Import) -> Vec<(&str, f64)> {
    import.shares[0].iter().map(|(name, share)| (name.as_str(), (share * 1e9).round() / 1e9)).collect()
}

/// Formats whose trainers draw by size where nothing else is said.
const BY_SIZE: &[(&str, &str)] = &[
    ("megatron", "{\"train\": [\"/d/web\", \"/d/code\", \"/d/math\"], \"valid\": [\"/d/web\"], \"test\": null}"),
    ("megatron", "{\"train\": \"/d/web /d/code /d/math\", \"valid\": [], \"test\": []}"),
    ("megatron-text", "/d/web /d/code\n/d/math\n"),
    ("megatron-arguments", "--data-path /d/web /d/code /d/math --split 99,1,0"),
    ("nemo", "data_prefix: [/d/web, /d/code, /d/math]"),
    (
        "nanotron",
        "data_stages:\n- name: Training\n  start_training_step: 1\n  data:\n    dataset:\n      dataset_folder: [/d/web, /d/code, /d/math]\n",
    ),
    (
        "llm-foundry",
        "train_loader: {dataset: {streams: {a: {local: /d/web}, b: {local: /d/code}, c: {local: /d/math}}}}",
    ),
];

#[test]
fn sizes_are_those_of_the_manifest() {
    for (name, text) in BY_SIZE {
        let found = read(text, Some(&corpora())).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(found.target, *name);
        assert_eq!(shares(&found), [("web", 0.9), ("code", 0.09), ("math", 0.01)], "{name}");
        let told =
            |note: &String| note.contains("size") && note.ends_with("shares are computed from the manifest's tokens");
        assert!(found.notes.iter().any(told), "{name}: {:?}", found.notes);
    }
}

#[test]
fn without_sizes_there_are_no_shares() {
    for (name, text) in BY_SIZE {
        let error = read(text, None).unwrap_err();
        assert!(matches!(error, ImportError::NeedsSizes { .. }) && error.is_usage(), "{name}: {error}");
    }
    assert_eq!(
        read(BY_SIZE[2].1, None).unwrap_err().to_string(),
        "file: Megatron-LM blends prefixes without weights in proportion to the sizes of their datasets; give a manifest with the tokens of each domain with `corpora`, or write weights into the file"
    );
    // A count that is missing is named.
    let lacking = Manifest::parse(Path::new("corpora.yaml"), &CORPORA.replace("tokens: 10M, ", "")).unwrap();
    let error = read(BY_SIZE[0].1, Some(&lacking)).unwrap_err().to_string();
    assert!(error.starts_with("domain `math` has no tokens in corpora.yaml"), "{error}");
}

#[test]
fn one_dataset_is_the_whole_whatever_its_size() {
    for text in [
        "{\"train\": [\"/d/web\"], \"valid\": []}",
        "data_prefix: [/d/web]",
        "data_stages: [{name: a, start_training_step: 1, data: {dataset: {dataset_folder: /d/web}}}]",
        "data_stages: [{name: a, start_training_step: 1, data: {dataset: {dataset_folder: [/d/web]}}}]",
    ] {
        assert_eq!(shares(&read(text, None).unwrap()), [("/d/web", 1.0)], "{text}");
    }
}

#[test]
fn a_part_of_a_domain_has_no_size() {
    let manifest = CORPORA.replace("megatron: /d/code", "megatron: [/d/code, /d/more-code]");
    let manifest = Manifest::parse(Path::new("corpora.yaml"), &manifest).unwrap();
    assert_eq!(
        read(BY_SIZE[0].1, Some(&manifest)).unwrap_err().to_string(),
        "file, `train[1]`: 1 of the 2 datasets of `code` have the same multiple here, but corpora.yaml gives only the size of all together; make each a domain with its own counts"
    );
    let all = "{\"train\": [\"/d/web\", \"/d/more-code\", \"/d/math\", \"/d/code\", \"/d/web\"], \"valid\": []}";
    // web is there twice: 1,800M, 90M and 10M.
    assert_eq!(
        shares(&read(all, Some(&manifest)).unwrap()),
        [("web", 0.947368421), ("code", 0.047368421), ("math", 0.005263158)]
    );
}

#[test]
fn equal_shares_are_told_to_be_the_trainer_s_default() {
    for (name, text, of) in [
        ("gpt-neox", "{\"train-data-paths\": [\"/d/web\", \"/d/code\"]}", "GPT-NeoX"),
        ("gpt-neox", "train_data_paths: [/d/web, /d/code]", "GPT-NeoX"),
        ("marin", "data: {components: {/d/web: {}, /d/code: {}}}", "Levanter"),
        ("huggingface-yaml", "datasets: [/d/web, /d/code]\nstopping_strategy: all_exhausted\n", "interleave_datasets"),
        ("llama-factory", "dataset: /d/web,/d/code\nmix_strategy: interleave_over\n", "LLaMA-Factory"),
        ("energon", "splits: {train: {blend: [{path: /d/web}, {path: /d/code}]}}", "Energon"),
    ] {
        let found = read(text, None).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(found.target, name);
        assert_eq!(shares(&found), [("/d/web", 0.5), ("/d/code", 0.5)], "{name}");
        assert!(found.notes.iter().any(|note| note.contains(of)), "{name}: {:?}", found.notes);
    }
    let found = read("splits: {train: {blend: [{path: a, weight: 3}, {path: b}]}}", None).unwrap();
    assert_eq!(shares(&found), [("a", 0.75), ("b", 0.25)]);
    let note = "no weight in the file for `b`; Energon's default of 1 is used".to_string();
    assert!(found.notes.contains(&note), "{:?}", found.notes);
}

#[test]
fn sizes_count_what_the_trainer_draws() {
    // Documents 1,000, 2,000 and 1,000.
    let concatenated = "dataset: /d/web,/d/code,/d/math\ntemplate: default\n";
    let found = read(concatenated, Some(&corpora())).unwrap();
    assert_eq!((found.target, shares(&found)), ("llama-factory", vec![("web", 0.25), ("code", 0.5), ("math", 0.25)]));
    // Of web all rows, of code a quarter, of math a half: 1,000, 500 and 500.
    let kept = "datasets:\n- {path: /d/web, type: completion}\n- {path: /d/code, type: completion, weight: 0.25}\n- {path: /d/math, \
        type: completion, weight: 0.5}\n";
    let found = read(kept, Some(&corpora())).unwrap();
    assert_eq!((found.target, shares(&found)), ("axolotl", vec![("web", 0.5), ("code", 0.25), ("math", 0.25)]));
    // One of four shards of the 1,000 rows of web.
    let sharded = kept.replace("/d/web, type: completion", "/d/web, type: completion, shards: 4");
    let found = read(&sharded, Some(&corpora())).unwrap();
    assert_eq!(shares(&found), [("web", 0.2), ("code", 0.4), ("math", 0.4)]);
    let parts = kept.replace("path: /d/code", "path: /d/web, name: second");
    let error = read(&parts, Some(&corpora())).unwrap_err().to_string();
    assert_eq!(
        error,
        "file, `datasets[1].path`: the path of `datasets[0]` again, for another part of it; expected one entry per path, since the sizes of its parts are unknown"
    );
    assert!(matches!(read(kept, None), Err(ImportError::NeedsSizes { .. })));
    let above = kept.replace("weight: 0.5", "weight: 1.5");
    let error = read(&above, Some(&corpora())).unwrap_err().to_string();
    assert_eq!(error, "file, `datasets[2].weight`: 1.5; expected a fraction of the rows: above 0 and at most 1");
}

#[test]
fn streams_repeat_choose_or_have_proportions() {
    let streams = |of: [&str; 3]| {
        format!(
            "streams: {{a: {{local: /d/web{}}}, b: {{local: /d/code{}}}, c: {{local: /d/math{}}}}}",
            of[0], of[1], of[2]
        )
    };
    // 900M, 10 × 90M, 20 × 10M.
    let repeated = read(&streams(["", ", repeat: 10", ", repeat: 20"]), Some(&corpora())).unwrap();
    assert_eq!(shares(&repeated), [("web", 0.45), ("code", 0.45), ("math", 0.1)]);
    let chosen = read(&streams([", choose: 500", ", choose: 300", ", choose: 200"]), None).unwrap();
    assert_eq!(shares(&chosen), [("/d/web", 0.5), ("/d/code", 0.3), ("/d/math", 0.2)]);
    for of in [
        [", proportion: 1", "", ""],
        [", proportion: 1", ", repeat: 1", ", proportion: 1"],
        [", choose: 5", "", ", repeat: 2"],
    ] {
        assert!(matches!(read(&streams(of), Some(&corpora())), Err(ImportError::Malformed { .. })), "{of:?}");
    }
}

#[test]
fn weights_that_the_trainer_would_not_use_are_refused() {
    for (text, expected) in [
        (
            "{\"train-data-paths\": [\"a\"], \"train-data-weights\": [1.0], \"weight_by_num_documents\": true}",
            "file, `weight_by_num_documents`: true, with which GPT-NeoX computes its weights from document counts and ignores those of the file; expected weights that are used as written; remove this key",
        ),
        (
            "{\"train-data-paths\": [\"a\"], \"train_data_paths\": [\"b\"]}",
            "file, `train_data_paths`: `train-data-paths` as well; expected one of the two spellings of this key",
        ),
        (
            "data: {configs: {web: {}, code: {}}}",
            "file, `data`: no `train_weights`, without which Levanter trains on nothing; expected `train_weights`",
        ),
        (
            "dataset: a,b\nmix_strategy: concat\ninterleave_probs: 0.5,0.5\n",
            "file, `interleave_probs`: probabilities with `mix_strategy: concat`; expected `mix_strategy: interleave_over` or `interleave_under`: LLaMA-Factory refuses them with `concat`",
        ),
    ] {
        assert_eq!(read(text, None).unwrap_err().to_string(), expected, "{text}");
    }
}

#[test]
fn a_map_of_shares_is_a_mixture() {
    let found = read("web: 0.7\ncode: 0.3\n", None).unwrap();
    assert_eq!((found.target, shares(&found)), ("plain", vec![("web", 0.7), ("code", 0.3)]));
    assert!(!found.notes.iter().any(|note| note.contains("sum")), "{:?}", found.notes);
    let found = read("{\"web\": 6, \"code\": 2}", None).unwrap();
    assert_eq!(shares(&found), [("web", 0.75), ("code", 0.25)]);
    assert!(found.notes.contains(&"the weights sum to 8 and were normalised".to_string()), "{:?}", found.notes);
}

#[test]
fn a_mixture_file_is_one_already_or_gets_its_sum() {
    let halves =
        "mixopt_mixture: 1\nunit: bytes\nweights: {a: 0.333333, b: 0.333333, c: 0.333333}\nkind: given\nname: thirds\n";
    let found = read(halves, None).unwrap();
    assert_eq!(found.mixture.weights.values().sum::<f64>(), 1.0);
    assert_eq!(found.mixture.unit, mixopt_manifest::ShareUnit::Bytes);
    assert!(found.notes.iter().any(|note| note.starts_with("the weights sum to 0.999999")), "{:?}", found.notes);
    assert_eq!(found.mixture.name.as_deref(), Some("thirds"));
    let whole = halves.replace("a: 0.333333", "a: 0.333334");
    assert_eq!(
        read(&whole, None).unwrap_err().to_string(),
        "file: this is already a mixture file; use it wherever a mixture is expected"
    );
}
