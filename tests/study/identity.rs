//! A model is all that says which weights ran; names join where exactly one fits.

use mixopt_study::{Study, StudyFiles};

use super::folder::{ARC, Folder, assert_whole};

#[test]
fn commits_of_one_name_are_models_of_their_own() {
    let commit = |i: usize| format!("{i}123456789abcdef0123456789abcdef01234567");
    let folder = Folder::new(|i| format!("acme/run@{}", commit(i)));
    for (i, accuracy) in ARC.iter().enumerate() {
        let (results, sha) = (format!(r#""arc": {{"acc,none": {accuracy}}}"#), commit(i + 1));
        let keys = format!(r#""model_name": "acme/run", "config": {{"model_sha": "{sha}"}}"#);
        folder.result(&format!("results_2024-06-14T0{i}-00-00.000000.json"), &results, &keys);
    }
    assert_whole(&folder.join("arc").unwrap(), &ARC);
    assert_eq!(folder.study().scores.commits.len(), 0, "the labels have the commits");
}

#[test]
fn checkpoints_of_a_training_are_named_by_folder_and_iteration() {
    let folder = Folder::new(|i| format!("/checkpoints/tiny@{}", i * 1000));
    for (i, accuracy) in ARC.iter().enumerate() {
        let arguments = format!(r#"{{"num_layers": 6, "load": "/checkpoints/tiny", "iteration": {}}}"#, (i + 1) * 1000);
        let keys = format!(r#""config": {{"model": "neox", "model_args": {arguments}, "num_fewshot": 0}}"#);
        folder.result(&format!("zero-shot/step{i}.json"), &format!(r#""arc": {{"acc": {accuracy}}}"#), &keys);
    }
    assert_whole(&folder.join("arc").unwrap(), &ARC);
}

#[test]
fn names_of_folders_join_names_of_the_hub() {
    let folder = Folder::with_results(|_| String::new());
    let rows = (1..=8).map(|i| format!("{}M{i},0.{i},0.5\n", ["", "./models/"][i % 2]));
    folder.write("bpc.csv", &format!("model,web,code\n{}", rows.collect::<String>()));
    let study = folder.study();
    assert_whole(&super::folder::join(&study, "arc").unwrap(), &ARC);
    let note = study.scores.messages.iter().find(|message| message.starts_with("matched as the same models: "));
    assert!(note.unwrap().contains("`acme/m1` is `./models/M1`"), "{note:?}");
}

#[test]
fn where_they_do_not_join_the_error_has_the_aliases() {
    let folder = Folder::with_results(|_| String::new());
    let rows = (1..=8).map(|i| format!("\"other/m{i}, new\",0.{i},0.5\n"));
    folder.write("bpc.csv", &format!("model,web,code\n{}", rows.collect::<String>()));
    let error = folder.join("arc").unwrap_err().to_string();
    let table = error.split_once("    alias,model\n").expect(&error).1;
    let expected: Vec<String> = (1..=8).map(|i| format!("    acme/m{i},\"other/m{i}, new\"")).collect();
    assert_eq!(table, expected.join("\n"), "{error}");
    // As it stands there it is a file that mends it.
    let aliases = folder.write("aliases.csv", &format!("    alias,model\n{table}"));
    let path = aliases.parent().unwrap();
    let files =
        StudyFiles { aliases: Some(aliases.clone()), ..StudyFiles::new(path.join("bpc.csv"), path.join("results")) };
    assert_whole(&super::folder::join(&Study::read(&files).unwrap(), "arc").unwrap(), &ARC);
}
