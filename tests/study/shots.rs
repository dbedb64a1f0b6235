//! One benchmark with several numbers of examples in the prompt.

use mixopt_study::ScoreOptions;

use super::folder::{ARC, Folder, assert_whole};

const TEN: [f64; 8] = [0.31, 0.33, 0.36, 0.37, 0.4, 0.42, 0.45, 0.47];

/// All models with no example, and again with ten.
fn both() -> Folder {
    let folder = Folder::with_results(|i| format!(r#""hella": {{"acc,none": 0.2{i}}}"#));
    for (i, value) in TEN.iter().enumerate() {
        folder.result(
            &format!("acme__m{}/results_2024-06-13T00-00-00.000000.json", i + 1),
            &format!(r#""hella": {{"acc,none": {value}}}"#),
            &format!(r#""model_name": "acme/m{}", "n-shot": {{"hella": 10}}"#, i + 1),
        );
        let file = format!("acme__m{}/results_2024-06-12T00-00-00.000000.json", i + 1);
        let keys = format!(r#""model_name": "acme/m{}", "n-shot": {{"hella": 0}}"#, i + 1);
        folder.result(&file, &format!(r#""hella": {{"acc,none": 0.2{}}}"#, i + 1), &keys);
    }
    folder
}

#[test]
fn it_matters_where_it_is_asked_for_and_there_is_a_way() {
    let mut folder = both();
    assert_whole(&folder.join("arc").unwrap(), &ARC);
    assert_whole(&folder.join("hella@10").unwrap(), &TEN);
    let error = folder.join("hella").unwrap_err().to_string();
    assert!(error.starts_with("`hella` was run with 0 examples in the prompt for `acme/m1`"), "{error}");
    assert!(error.contains("choose one: `hella@0` or `hella@10`"), "{error}");
    for shots in ["10", "hella=10", "h*=10"] {
        folder.options = ScoreOptions::parse(&[], &[], &[shots.to_string()]).unwrap();
        assert_whole(&folder.join("hella").unwrap(), &TEN);
    }
    folder.options = ScoreOptions::parse(&[], &[], &["5".to_string()]).unwrap();
    let error = folder.join("hella").unwrap_err().to_string();
    assert!(error.starts_with("`hella` was not run with 5 examples in the prompt but with 0 or 10"), "{error}");
}

#[test]
fn the_number_can_be_named_where_there_is_only_one() {
    let folder = Folder::with_results(|_| String::new());
    assert_whole(&folder.join("arc@0").unwrap(), &ARC);
    let error = folder.join("arc@5").unwrap_err().to_string();
    assert!(error.starts_with("unknown target `arc@5`"), "{error}");
    assert_eq!(folder.study().scores.benchmarks[0].description().as_deref(), Some("0 shots, acc"));
}
