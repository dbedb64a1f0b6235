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
fn a_group_is_limited_where_its_tasks_are() {
    for (effective, is_limited) in [(8, true), (10, false)] {
        let folder = Folder::with_results(|_| String::new());
        let keys = format!(
            r#""model_name": "acme/m8", "config": {{"limit": 100}}, "groups": {{"suite": {{"acc,none": 0.5}}}},
            "n-samples": {{"a": {{"original": 10, "effective": {effective}}}}}"#
        );
        folder.result("suite.json", r#""suite": {"acc,none": 0.5}, "a": {"acc,none": 0.5}"#, &keys);
        let messages = folder.study().scores.messages;
        let told = messages.iter().any(|message| message.starts_with("runs limited to part"));
        assert_eq!(told, is_limited, "{messages:?}");
    }
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
