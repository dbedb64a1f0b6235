//! Every file is parsed again by the parser of its syntax, and its decimals are added up as printed.

use mixopt_export::{ExportOptions, Target, target};
use serde_json::{Value, json};

use crate::fixtures::{exported, mixture, options};

fn parsed(target: &Target, text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|fault| panic!("{}: {fault}", target.name))
}

/// A sum of decimals in whole units of 10^-12, without a rounding.
fn sum(decimals: &[String]) -> u128 {
    decimals
        .iter()
        .map(|text| {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            assert!(fraction.len() <= 12 && !text.contains('e'), "{text}");
            format!("{whole}{fraction:0<12}").parse::<u128>().unwrap()
        })
        .sum()
}

/// The weights of a file, as they are printed, by name.
fn weights(name: &str, text: &str) -> Vec<(String, String)> {
    let target = target(name).unwrap();
    let number = |value: &Value| match value {
        Value::String(text) => text.clone(),
        value => format!("{}", value.as_f64().unwrap()),
    };
    let text_of = |value: &Value| value.as_str().unwrap().to_string();
    let object = |value: &Value| -> Vec<(String, String)> {
        value.as_object().unwrap().iter().map(|(name, weight)| (name.clone(), number(weight))).collect()
    };
    let zipped = |value: &Value| -> Vec<(String, String)> {
        let values = value.as_array().unwrap();
        values.chunks(2).map(|pair| (text_of(&pair[1]), number(&pair[0]))).collect()
    };
    let lists = |names: &Value, weights: &Value| -> Vec<(String, String)> {
        let (names, weights) = (names.as_array().unwrap(), weights.as_array().unwrap());
        assert_eq!(names.len(), weights.len());
        names.iter().map(text_of).zip(weights.iter().map(number)).collect()
    };
    let commas = |value: &Value| -> Vec<String> { text_of(value).split(',').map(String::from).collect() };
    match name {
        "megatron" | "bridge" => {
            let value: Value = serde_json::from_str(text).unwrap();
            assert!(value.as_object().unwrap().keys().eq(["train", "valid", "test"]));
            assert_eq!(zipped(&value["valid"]), [("/d/valid_text_document".to_string(), "1.0".to_string())]);
            assert_eq!(value["valid"], value["test"]);
            zipped(&value["train"])
        }
        "megatron-text" | "megatron-arguments" => {
            let words: Vec<&str> = text.split_whitespace().filter(|word| *word != "\\").collect();
            let words = match words.iter().position(|word| word.starts_with("--valid")) {
                Some(end) => &words[1..end],
                None => &words[..],
            };
            words.chunks(2).map(|pair| (pair[1].to_string(), pair[0].to_string())).collect()
        }
        "nemo" => zipped(&parsed(target, text)["model"]["data"]["data_prefix"]["train"]),
        "energon" => {
            let value = parsed(target, text);
            assert_eq!(
                (&value["__module__"], &value["__class__"]),
                (&json!("megatron.energon"), &json!("MetadatasetV2"))
            );
            let blend = value["splits"]["train"]["blend"].as_array().unwrap();
            blend.iter().map(|part| (text_of(&part["path"]), number(&part["weight"]))).collect()
        }
        "olmo-core" => {
            let value = parsed(target, text);
            assert!(value.as_object().unwrap().keys().eq(["sources"]));
            let sources = value["sources"].as_array().unwrap();
            for source in sources {
                let known = ["source_name", "target_ratio", "paths", "max_repetition_ratio"];
                assert!(source.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())), "{source}");
                assert!(source["paths"].as_array().unwrap().iter().all(Value::is_string));
                assert!(source.get("max_repetition_ratio").is_none_or(|ratio| ratio.as_f64().unwrap() >= 1.0));
            }
            sources.iter().map(|source| (text_of(&source["source_name"]), number(&source["target_ratio"]))).collect()
        }
        "olmix" => {
            let value = parsed(target, text);
            let mix = value["mix"].as_object().unwrap();
            assert!(mix.values().all(|entry| entry["repetition_factor"].as_f64().unwrap() >= 1.0));
            mix.iter().map(|(name, entry)| (name.clone(), number(&entry["weight"]))).collect()
        }
        "levanter" | "marin" => object(&parsed(target, text)["data"]["train_weights"]),
        "llm-foundry" => {
            let value = parsed(target, text);
            let streams = value["train_loader"]["dataset"]["streams"].as_object().unwrap();
            assert!(streams.values().all(|stream| stream["local"].is_string() && stream["split"] == "train"));
            streams.iter().map(|(name, stream)| (name.clone(), number(&stream["proportion"]))).collect()
        }
        "nanotron" => {
            let value = parsed(target, text);
            assert_eq!(value["data_stages"][0]["start_training_step"], 1);
            let dataset = &value["data_stages"][0]["data"]["dataset"];
            lists(&dataset["dataset_folder"], &dataset["dataset_weights"])
        }
        "lingua" => object(&parsed(target, text)["data"]["sources"]),
        "gpt-neox" => {
            let value = parsed(target, text);
            assert_eq!(value.as_object().unwrap().len(), 6);
            lists(&value["train-data-paths"], &value["train-data-weights"])
        }
        "regmix" => {
            let value = parsed(target, text);
            assert!(value.as_object().unwrap().keys().eq(["train", "valid"]), "no key that overwrites a global");
            object(&value["train"])
        }
        "torchtitan" => text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("WeightedDataset(")?.strip_suffix("),"))
            .map(|line| {
                let (name, weight) = line.split_once(", weight=").unwrap();
                (name.split('"').nth(1).unwrap().to_string(), weight.to_string())
            })
            .collect(),
        "llama-factory" => {
            let value = parsed(target, text);
            assert_eq!(value["mix_strategy"], "interleave_over");
            commas(&value["dataset"]).into_iter().zip(commas(&value["interleave_probs"])).collect()
        }
        "huggingface" => {
            let names = text.lines().filter(|line| line.contains("load_dataset(") && !line.starts_with("from"));
            let names = names.map(|line| line.split('"').nth(1).unwrap().to_string());
            let weights = text.lines().filter_map(|line| line.trim().strip_suffix(','));
            let weights = weights.filter(|line| line.starts_with("0.")).map(String::from);
            names.zip(weights).collect()
        }
        "huggingface-yaml" => {
            let value = parsed(target, text);
            let paths = value["datasets"].as_array().unwrap().iter().map(|dataset| text_of(&dataset["path"]));
            paths.zip(value["probabilities"].as_array().unwrap().iter().map(number)).collect()
        }
        "plain" => object(&parsed(target, text)),
        "csv" => csv::Reader::from_reader(text.as_bytes())
            .records()
            .map(|row| row.unwrap())
            .map(|row| (row[0].to_string(), row[1].to_string()))
            .collect(),
        other => panic!("no way to read {other} in this test"),
    }
}

#[test]
fn decimals_sum_to_exactly_one_and_are_the_shares_told() {
    for target in mixopt_export::TARGETS.iter().filter(|target| !["axolotl", "dolma"].contains(&target.name)) {
        let found = exported(target, &mixture("mixture.yaml"), &options());
        let printed = weights(target.name, &found.text);
        let decimals: Vec<String> = printed.iter().map(|(_, weight)| weight.clone()).collect();
        assert_eq!(sum(&decimals), 1_000_000_000_000, "{}: {decimals:?}", target.name);
        let told: Vec<f64> = found.stages[0].datasets.iter().map(|entry| entry.share).collect();
        let read: Vec<f64> = decimals.iter().map(|text| text.parse().unwrap()).collect();
        assert_eq!(read, told, "{}", target.name);
        let mut domains: Vec<&String> = found.stages[0].datasets.iter().map(|entry| &entry.domain).collect();
        assert!(domains.is_sorted(), "{}", target.name);
        domains.dedup();
        let zeros = ["levanter", "marin", "plain", "csv"].contains(&target.name);
        assert_eq!(domains.len(), if zeros { 4 } else { 3 }, "{}", target.name);
        assert_eq!(found.stages[0].left_out.is_empty(), zeros, "{}", target.name);
        for name in printed.iter().map(|(name, _)| name) {
            let entries = &found.stages[0].datasets;
            let known = |entry: &mixopt_export::Entry| {
                entry.name == *name || *name == "parquet" || name.starts_with(&entry.domain)
            };
            assert!(entries.iter().any(known), "{}: {name}", target.name);
        }
    }
}

#[test]
fn axolotl_keeps_a_fraction_of_each_domain_s_rows() {
    let axolotl = target("axolotl").unwrap();
    let found = exported(axolotl, &mixture("mixture.yaml"), &options());
    let value = parsed(axolotl, &found.text);
    let datasets = value["datasets"].as_array().unwrap();
    let fraction = |path: &str| {
        let dataset = datasets.iter().find(|dataset| dataset["path"] == path).unwrap();
        assert_eq!(dataset["type"], "completion");
        dataset["weight"].as_f64().unwrap()
    };
    assert_eq!(datasets.len(), 4);
    // As for Dolma: rows wanted for each row there is go as the share of characters to the characters there are.
    let code = 0.28999 / 2e6;
    for (path, expected) in [
        ("/d/rows/web", 0.71 / 8e6 / code),
        ("/d/rows/code-a", 1.0),
        ("/d/rows/code-b", 1.0),
        ("/d/rows/bücher", 1e-5 / 4e5 / code),
    ] {
        assert!((fraction(path) - expected).abs() < 1e-5, "{path}: {} is not {expected}", fraction(path));
    }
}

#[test]
fn dolma_keeps_each_domain_with_its_own_probability() {
    let dolma = target("dolma").unwrap();
    let streams = |options: &ExportOptions| -> Vec<(String, f64)> {
        let value = parsed(dolma, &exported(dolma, &mixture("mixture.yaml"), options).text);
        assert!(value.as_object().unwrap().keys().eq(["streams", "work_dir", "processes"]));
        let streams = value["streams"].as_array().unwrap();
        streams
            .iter()
            .map(|stream| {
                assert!(!stream["documents"].as_array().unwrap().is_empty());
                assert_eq!(stream["attributes"], json!(["mixopt_keep"]));
                let filter = stream["filter"]["include"][0].as_str().unwrap();
                let (_, bound) = filter.split_once("@.mixopt_keep__hash__millionths[0][2] ").unwrap();
                let keep = match bound.strip_suffix(")]").unwrap().split_once(' ').unwrap() {
                    (">=", "0.0") => 1.0,
                    ("<", millionths) => millionths.parse::<f64>().unwrap() / 1e6,
                    _ => panic!("{filter}"),
                };
                (stream["name"].as_str().unwrap().to_string(), keep)
            })
            .collect()
    };
    // Documents wanted per document there is go as the share of characters to the characters there are:
    // web 0.71 / 8e6, code 0.28999 / 2e6, bücher 0.00001 / 4e5; code's is the largest.
    let found = streams(&options());
    let expected =
        [("bücher/日本", (1e-5 / 4e5) / (0.28999 / 2e6)), ("code", 1.0), ("web", (0.71 / 8e6) / (0.28999 / 2e6))];
    assert_eq!(found.len(), 3);
    for ((name, keep), (wanted, expected)) in found.iter().zip(expected) {
        assert_eq!(name, wanted);
        assert!((keep - expected).abs() < 1e-5, "{name}: {keep} is not {expected}");
    }
    // With a budget: the epochs, in whole copies and a rest.
    let found = streams(&ExportOptions { budget: Some(4_000_000), ..options() });
    let tokens = 0.71 / 4.0 + 0.28999 / 2.0 + 1e-5 / 4.0;
    let epochs = [
        ("bücher/日本", 1e-5 / 4.0 / tokens * 40.0),
        ("code", 0.28999 / 2.0 / tokens * 4.0),
        ("web", 0.71 / 4.0 / tokens * 2.0),
    ];
    for (domain, expected) in epochs {
        let copies: Vec<f64> =
            found.iter().filter(|(name, _)| name.starts_with(domain)).map(|(_, keep)| *keep).collect();
        assert!((copies.iter().sum::<f64>() - expected).abs() < 1e-9, "{domain}: {copies:?} is not {expected}");
        assert!(copies.iter().rev().skip(1).all(|keep| *keep == 1.0), "{domain}: {copies:?}");
    }
}
