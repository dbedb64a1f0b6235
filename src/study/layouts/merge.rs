//! Several result files of one model become one set of scores.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use crate::scores::records::ScoreRecord;

/// What must be unique among scores.
type Key = (String, String, Option<String>, Option<u64>);

/// Keeps one record for each model, benchmark, metric and number of shots: the one on the largest sample, and of several on
/// one sample the newest. Identical duplicates are fine; of two that differ and of which neither is newer, both stay.
///
/// Returns the records, in the order of their first appearance, and what was left out.
pub(super) fn best(mut records: Vec<ScoreRecord>) -> (Vec<ScoreRecord>, Vec<String>) {
    complete_shots(&mut records);
    let mut runs: Vec<Vec<ScoreRecord>> = Vec::new();
    let mut places: HashMap<Key, usize> = HashMap::new();
    for record in records {
        let key = (record.model.clone(), record.benchmark.clone(), record.metric.clone(), record.shots);
        let place = *places.entry(key).or_insert_with(|| {
            runs.push(Vec::new());
            runs.len() - 1
        });
        runs[place].push(record);
    }
    let mut kept: Vec<ScoreRecord> = Vec::with_capacity(runs.len());
    let mut replaced: BTreeMap<(String, PathBuf, PathBuf, bool), usize> = BTreeMap::new();
    let mut families: BTreeMap<String, (String, String)> = BTreeMap::new();
    for runs in runs {
        let (left, out) = choose(runs);
        let best = &left[0];
        for other in left[1..].iter().chain(&out) {
            if let (Some(first), Some(second)) = (&best.family, &other.family)
                && first != second
            {
                families.entry(best.model.clone()).or_insert_with(|| (first.clone(), second.clone()));
            }
        }
        for other in out.iter().filter(|other| !same(other, best)) {
            let is_smaller = best.sample.is_larger_than(&other.sample);
            *replaced.entry((best.model.clone(), other.file.clone(), best.file.clone(), is_smaller)).or_default() += 1;
        }
        kept.extend(left);
    }
    let older = replaced.into_iter().map(|((model, other, better, is_smaller), count)| {
        let scores = if count == 1 { "1 score".to_string() } else { format!("{count} scores") };
        let (other, better) = (other.display(), better.display());
        if is_smaller {
            format!("`{model}`: {scores} of {other} left out, since it has fewer questions than {better}")
        } else {
            format!("`{model}`: {scores} of {other} left out in favour of the newer {better}")
        }
    });
    let families = families.into_iter().map(|(model, (first, second))| {
        format!(
            "`{model}` appears twice with the same values, in the families `{first}` and `{second}`; `{first}` is kept"
        )
    });
    let messages = older.chain(families).chain(limited(&kept)).collect();
    (kept, messages)
}

/// Of several runs of one score, those that count (at least one) and those that are left out.
fn choose(runs: Vec<ScoreRecord>) -> (Vec<ScoreRecord>, Vec<ScoreRecord>) {
    let is_smaller = |run: &ScoreRecord| runs.iter().any(|other| other.sample.is_larger_than(&run.sample));
    let smaller: Vec<bool> = runs.iter().map(is_smaller).collect();
    let newest =
        runs.iter().zip(&smaller).filter(|(_, smaller)| !**smaller).filter_map(|(run, _)| run.time.clone()).max();
    let (mut left, mut out): (Vec<ScoreRecord>, Vec<ScoreRecord>) = (Vec::new(), Vec::new());
    for (run, smaller) in runs.into_iter().zip(smaller) {
        let is_older = run.time.is_some() && run.time != newest;
        let stands = left.iter().any(|other| same(other, &run));
        if smaller || is_older || stands { out.push(run) } else { left.push(run) }
    }
    (left, out)
}

/// Whether two runs say the same.
fn same(first: &ScoreRecord, second: &ScoreRecord) -> bool {
    first.value == second.value || (first.no_number.is_some() && second.no_number.is_some())
}

/// A number of shots that a file leaves open is the one that all others state.
fn complete_shots(records: &mut [ScoreRecord]) {
    let mut stated: HashMap<String, BTreeSet<u64>> = HashMap::new();
    for record in records.iter() {
        stated.entry(record.benchmark.clone()).or_default().extend(record.shots);
    }
    for record in records.iter_mut().filter(|record| record.shots.is_none()) {
        if let Some(shots) = stated.get(&record.benchmark).filter(|shots| shots.len() == 1) {
            record.shots = shots.first().copied();
        }
    }
}

/// One message for all runs of a part of a benchmark that nothing stands in for.
fn limited(kept: &[ScoreRecord]) -> Option<String> {
    let files: BTreeSet<(&str, &PathBuf, Option<u64>)> = kept
        .iter()
        .filter(|record| record.sample.is_limited)
        .map(|record| (record.model.as_str(), &record.file, record.sample.questions))
        .collect();
    let of: BTreeSet<&str> = files.iter().map(|(model, ..)| *model).collect();
    let (_, file, questions) = files.first()?;
    let questions = questions.map(|count| format!(", {count} questions")).unwrap_or_default();
    Some(format!(
        "runs limited to part of a benchmark are used where no full run exists, and are only rough: {} ({}{questions}{})",
        mixopt_base::list(&of.iter().map(|model| format!("`{model}`")).collect::<Vec<_>>()),
        file.display(),
        if files.len() > 1 { ", …" } else { "" },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::records::Sample;

    fn record(model: &str, value: f64, shots: u64, time: Option<&str>, file: &str) -> ScoreRecord {
        ScoreRecord {
            model: model.to_string(),
            benchmark: "arc".to_string(),
            metric: Some("acc".to_string()),
            value,
            higher_is_better: Some(true),
            shots: Some(shots),
            time: time.map(str::to_string),
            file: PathBuf::from(file),
            ..ScoreRecord::default()
        }
    }

    #[test]
    fn the_newest_stays_and_the_older_is_named() {
        let (first, second) = (record("m", 0.1, 0, Some("2024"), "a"), record("m", 0.2, 0, Some("2025"), "b"));
        for records in [vec![first.clone(), second.clone()], vec![second.clone(), first]] {
            let (kept, messages) = best(records);
            assert_eq!(kept, std::slice::from_ref(&second));
            assert_eq!(messages, ["`m`: 1 score of a left out in favour of the newer b"]);
        }
    }

    #[test]
    fn a_smaller_sample_never_replaces_a_larger_one() {
        let whole = record("m", 0.1, 0, Some("2024"), "a");
        for sample in [
            Sample { is_limited: true, questions: None },
            Sample { is_limited: true, questions: Some(8) },
            Sample { is_limited: false, questions: Some(8) },
        ] {
            let mut whole = whole.clone();
            whole.sample.questions = sample.questions.map(|_| 2376);
            let trial = ScoreRecord { sample, ..record("m", 0.9, 0, Some("2025"), "b") };
            for records in [vec![whole.clone(), trial.clone()], vec![trial, whole.clone()]] {
                let (kept, messages) = best(records);
                assert_eq!(kept, std::slice::from_ref(&whole));
                assert_eq!(messages, ["`m`: 1 score of b left out, since it has fewer questions than a"]);
            }
        }
    }

    #[test]
    fn a_limited_run_alone_is_used_with_a_note() {
        let sample = Sample { is_limited: true, questions: Some(8) };
        let (kept, messages) = best(vec![ScoreRecord { sample, ..record("m", 0.9, 0, None, "b") }]);
        assert_eq!(kept.len(), 1);
        let expected = "and are only rough: `m` (b, 8 questions)";
        assert!(messages.len() == 1 && messages[0].ends_with(expected), "{messages:?}");
    }

    #[test]
    fn identical_duplicates_are_fine() {
        let (first, second) = (record("m", 0.1, 0, None, "a"), record("m", 0.1, 0, None, "b"));
        assert_eq!(best(vec![first.clone(), second]), (vec![first], Vec::new()));
    }

    #[test]
    fn two_families_with_one_name_are_told() {
        let (mut first, mut second) = (record("m", 0.1, 0, None, "a"), record("m", 0.1, 0, None, "a"));
        (first.family, second.family) = (Some("x".to_string()), Some("y".to_string()));
        let (kept, messages) = best(vec![first.clone(), second]);
        assert_eq!(kept, [first]);
        assert_eq!(messages, ["`m` appears twice with the same values, in the families `x` and `y`; `x` is kept"]);
    }

    #[test]
    fn runs_of_one_time_that_differ_both_stay() {
        for time in [None, Some("2024")] {
            let records = vec![record("m", 0.1, 0, time, "a"), record("m", 0.2, 0, time, "b")];
            assert_eq!(best(records.clone()), (records, Vec::new()));
        }
        let old = record("m", 0.3, 0, Some("2023"), "c");
        let records = vec![old, record("m", 0.1, 0, Some("2024"), "a"), record("m", 0.2, 0, Some("2024"), "b")];
        assert_eq!(best(records.clone()).0, records[1..]);
    }

    #[test]
    fn shots_that_are_not_stated_are_those_of_the_others() {
        let open = ScoreRecord { shots: None, ..record("n", 0.2, 0, None, "b") };
        let (kept, _) = best(vec![record("m", 0.1, 5, None, "a"), open]);
        assert_eq!(kept[1].shots, Some(5));
    }
}
