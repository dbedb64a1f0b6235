//! A trial never stands for a whole run.

use super::folder::{ARC, Folder, assert_whole};

#[test]
fn a_later_trial_of_eight_questions_does_not_count() {
    let folder = Folder::with_results(|_| String::new());
    folder.result(
        "acme__m8/results_2024-06-15T00-00-00.000000.json",
        r#""arc": {"acc,none": 0.125}"#,
        r#""model_name": "acme/m8", "config": {"limit": 8}, "n-samples": {"arc": {"original": 2376, "effective": 8}}"#,
    );
    assert_whole(&folder.join("arc").unwrap(), &ARC);
    let messages = folder.study().scores.messages;
    assert!(messages[0].contains("1 score of ") && messages[0].contains("fewer questions"), "{messages:?}");
}

#[test]
fn a_limit_beyond_the_task_leaves_it_whole() {
    let folder = Folder::with_results(|_| String::new());
    folder.result(
        "acme__m8/results_2024-06-15T00-00-00.000000.json",
        r#""arc": {"acc,none": 0.625}"#,
        r#""model_name": "acme/m8", "config": {"limit": 5000}, "n-samples": {"arc": {"original": 2376, "effective": 2376}}"#,
    );
    let mut expected = ARC;
    expected[7] = 0.625;
    assert_whole(&folder.join("arc").unwrap(), &expected);
}
