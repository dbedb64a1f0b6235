//! Only what is used is judged.

use super::folder::{ARC, Folder, assert_whole};

/// What entries of another task can be; the last says whether there is anything to note.
const ODD: [(&str, bool); 12] = [
    (r#""odd": {"acc,none": NaN}"#, true),
    (r#""odd": {"acc,none": Infinity}"#, true),
    (r#""odd": {"acc,none": "0.5"}"#, true),
    (r#""odd": {"acc,none": {"a": 1}}"#, true),
    (r#""odd": {"acc,none": [0.5]}"#, true),
    (r#""odd": 3"#, true),
    (r#""odd": {"mcc,none": -0.02}"#, true),
    (r#""odd": {"acc,none": -0.02}"#, true),
    (r#""odd": {"elo,none": 1200.5}"#, true),
    (r#""odd": {"bypass,none": 999}"#, true),
    (r#""odd": {"4096,none": 0.5, "8192,none": -1}"#, true),
    (r#""odd": {"acc,none": null}"#, false),
];

#[test]
fn an_odd_entry_of_another_task_changes_nothing() {
    for (entry, is_noted) in ODD {
        let folder = Folder::with_results(|i| if i == 3 { entry.to_string() } else { String::new() });
        let study = folder.study();
        assert_whole(&folder.join("arc").unwrap(), &ARC);
        let notes = study.scores.messages.iter().filter(|message| !message.starts_with("tasks with several"));
        assert!(notes.clone().count() <= usize::from(is_noted), "{entry}: {:?}", study.scores.messages);
    }
}

#[test]
fn a_model_whose_own_entry_is_no_number_drops_out_with_the_reason() {
    for (entry, reason) in [("NaN", "`NaN`"), ("\"n.a.\"", "the text \"n.a.\""), ("-Infinity", "`-Infinity`")] {
        let odd = |i| format!(r#""odd": {{"acc,none": {}}}"#, if i == 3 { entry } else { ["0.5", "0.25"][i % 2] });
        let joined = Folder::with_results(odd).join("odd").unwrap();
        assert_eq!(joined.models.len(), 7);
        let [dropped] = &joined.dropped_models[..] else { panic!("{:?}", joined.dropped_models) };
        assert_eq!(dropped.name, "acme/m3");
        let expected = format!("no score on odd: `results.odd.acc,none` is {reason} in ");
        assert!(dropped.reason.starts_with(&expected), "{}", dropped.reason);
    }
}

#[test]
fn two_values_of_one_score_matter_where_they_are_used() {
    let folder = Folder::with_results(|i| format!(r#""odd": {{"acc,none": 0.5000{i}}}"#));
    let keys = r#""model_name": "acme/m3", "versions": {}"#;
    folder.result("again/first.json", r#""odd": {"acc,none": 0.50001}"#, keys);
    folder.result("again/second.json", r#""odd": {"acc,none": 0.50002}"#, keys);
    assert_whole(&folder.join("arc").unwrap(), &ARC);
    // The run with a time does not stand for those without.
    let error = folder.join("odd").unwrap_err().to_string();
    assert!(error.starts_with("`odd` (acc) of `acme/m3` is 0.5000"), "{error}");
    assert!(error.contains("; remove one of them"), "{error}");
}

#[test]
fn a_broken_file_is_left_out_with_a_note() {
    let folder = Folder::with_results(|_| String::new());
    folder.write("results/acme__m9/results_2024-06-14T00-00-00.000000.json", r#"{"results": {"arc": "#);
    assert_whole(&folder.join("arc").unwrap(), &ARC);
    let messages = folder.study().scores.messages;
    assert!(messages.iter().any(|message| message.starts_with("a file is left out: ")), "{messages:?}");
    let error = folder.join("piqa").unwrap_err().to_string();
    assert!(error.starts_with("unknown target `piqa`") && error.contains("\n  note: a file is left out: "), "{error}");
}

#[test]
fn cells_of_tables_are_judged_where_they_are_used() {
    let folder = Folder::new(|i| format!("acme/m{i}"));
    let row = |i: usize| match i {
        3 => format!("acme/m{i},{},-0.2,half\n", ARC[i - 1]),
        _ => format!("acme/m{i},{},0.{i},0.{i}\n", ARC[i - 1]),
    };
    folder.write("scores.csv", &format!("model,arc,odd,text\n{}", (1..=8).map(row).collect::<String>()));
    let study = folder.read("scores.csv").unwrap();
    assert_whole(&super::folder::join(&study, "arc").unwrap(), &ARC);
    let error = super::folder::join(&study, "odd").unwrap_err().to_string();
    assert!(error.contains("line 4, `odd`: the accuracy is -0.2; expected a fraction from 0 to 1"), "{error}");
    assert!(error.contains("odd=score"), "the way on: {error}");
    let dropped = super::folder::join(&study, "text").unwrap().dropped_models;
    assert!(dropped[0].reason.starts_with("no score on text: `half` is not a number ("), "{dropped:?}");
}

#[test]
fn bits_are_judged_where_they_are_used() {
    let folder = Folder::with_results(|_| String::new());
    for (web, fault) in [
        ("32.7", "the compression is 32.7; expected bits per character above 0 and at most 20"),
        ("0", "the compression is 0; expected bits per character above 0"),
        ("many", "`many`; expected a finite number"),
    ] {
        let rows = (1..=9).map(|i| format!("acme/m{i},{},0.{i}\n", if i == 9 { web } else { "0.5" }));
        folder.write("bpc.csv", &format!("model,web,code\n{}", rows.collect::<String>()));
        assert_whole(&folder.join("arc").unwrap(), &ARC);
        folder.result("m9.json", r#""arc": {"acc,none": 0.6}"#, r#""model_name": "acme/m9""#);
        let error = folder.join("arc").unwrap_err().to_string();
        assert!(error.contains(fault), "{error}");
        std::fs::remove_file(folder.write("results/m9.json", "")).unwrap();
    }
}

#[test]
fn what_data_frames_write_beside_the_values_is_no_domain() {
    let folder = Folder::with_results(|_| String::new());
    for name in ["", "Unnamed: 0", "__index_level_0__"] {
        let row = |i: usize| format!("{},acme/m{i},0.{i},0.5,,\n", i - 1);
        folder.write("bpc.csv", &format!("{name},model,web,code,empty,NA\n{}", (1..=8).map(row).collect::<String>()));
        assert_eq!(folder.join("arc").unwrap().domains, ["web", "code"], "{name}");
    }
    let rows = (1..=8).map(|i| format!(r#"{{"model": "acme/m{i}", "web": 0.{i}, "code": 0.5, "note": NaN}}"#));
    let rows: Vec<String> = rows.collect();
    folder.write("bpc.csv", "");
    let json = folder.write("bpc.json", &format!("[{}]", rows.join(",")));
    let results = json.with_file_name("results");
    let study = mixopt_study::Study::read(&mixopt_study::StudyFiles::new(json, results)).unwrap();
    assert_eq!(super::folder::join(&study, "arc").unwrap().domains, ["web", "code"]);
}
