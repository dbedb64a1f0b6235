//! Sizes that are there are used.

use mixopt_study::{Study, StudyFiles};

use super::folder::{ARC, Folder};

fn sizes(study: &Study) -> Vec<f64> {
    let names: Vec<String> = (1..=8).map(|i| format!("acme/m{i}")).collect();
    study.models.as_ref().expect("sizes").covariate("parameters", &names).unwrap()
}

#[test]
fn tables_and_results_state_them() {
    let expected: Vec<f64> = (1..=8).map(|i| f64::from(i) * 1e9).collect();
    let row = |i: usize| format!("acme/m{i},0.{i},0.5,{}\n", i * 1_000_000_000);
    let folder = Folder::with_results(|_| String::new());
    folder.write("bpc.csv", &format!("model,web,code,parameters\n{}", (1..=8).map(row).collect::<String>()));
    assert_eq!(sizes(&folder.study()), expected, "a wide table of bits");

    let row = |i: usize| format!("acme/m{i},web,0.5,{i}\nacme/m{i},code,0.5,{i}\n");
    let table = format!("model,domain,bits_per_character,parameters_b\n{}", (1..=8).map(row).collect::<String>());
    folder.write("bpc.csv", &table);
    assert_eq!(sizes(&folder.study()), expected, "a long table of bits");

    let folder = Folder::new(|i| format!("acme/m{i}"));
    let row = |i: usize| format!("acme/m{i},{},{i}\n", ARC[i - 1]);
    folder.write("scores.csv", &format!("model,arc,#Params (B)\n{}", (1..=8).map(row).collect::<String>()));
    assert_eq!(sizes(&folder.read("scores.csv").unwrap()), expected, "a table of scores");

    let folder = Folder::new(|i| format!("acme/m{i}"));
    for (i, accuracy) in ARC.iter().enumerate() {
        let config = format!(r#"{{"model_num_parameters": {}}}"#, (i + 1) * 1_000_000_000);
        let keys = format!(r#""model_name": "acme/m{}", "config": {config}"#, i + 1);
        folder.result(&format!("m{i}.json"), &format!(r#""arc": {{"acc,none": {accuracy}}}"#), &keys);
    }
    assert_eq!(sizes(&folder.study()), expected, "results");
}

#[test]
fn names_are_the_last_resort_and_said_so() {
    let folder = Folder::new(|i| format!("acme/llama-{i}b"));
    let row = |i: usize| format!("acme/llama-{i}b,{}\n", ARC[i - 1]);
    folder.write("scores.csv", &format!("model,arc\n{}", (1..=8).map(row).collect::<String>()));
    let study = folder.read("scores.csv").unwrap();
    let names: Vec<String> = (1..=8).map(|i| format!("acme/llama-{i}b")).collect();
    let found = study.models.as_ref().unwrap().covariate("parameters", &names).unwrap();
    assert_eq!(found, (1..=8).map(|i| f64::from(i) * 1e9).collect::<Vec<_>>());
    let note = study.scores.messages.iter().find(|message| message.starts_with("sizes inferred from model names"));
    assert!(note.unwrap().contains("1.000 billion of `acme/llama-1b` and 7 more"), "{note:?}");

    let models = folder.write("models.csv", "model,parameters_b\nacme/llama-1b,1.24\n");
    let path = models.parent().unwrap();
    let files =
        StudyFiles { models: Some(models.clone()), ..StudyFiles::new(path.join("bpc.csv"), path.join("scores.csv")) };
    let found = Study::read(&files).unwrap().models.unwrap().covariate("parameters", &names).unwrap();
    assert_eq!(found[..2], [1.24e9, 2e9], "the models table goes before");
}

#[test]
fn a_column_that_is_not_asked_for_is_not_judged() {
    let folder = Folder::with_results(|_| String::new());
    let row = |i: usize| format!("acme/m{i},{i},{}\n", if i == 3 { "v2" } else { "1.5" });
    let models =
        folder.write("models.csv", &format!("model,parameters_b,version\n{}", (1..=8).map(row).collect::<String>()));
    let path = models.parent().unwrap();
    let files =
        StudyFiles { models: Some(models.clone()), ..StudyFiles::new(path.join("bpc.csv"), path.join("results")) };
    let study = Study::read(&files).unwrap();
    assert_eq!(sizes(&study)[2], 3e9);
    let error = study.models.unwrap().covariate("version", &["acme/m1".to_string()]).unwrap_err().to_string();
    assert!(error.contains("models.csv, line 4, `version`: `v2`; expected a finite number"), "{error}");
}
