//! Several result files of one model become one set of scores.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use super::super::error::{Result, StudyError};
use crate::scores::records::ScoreRecord;

/// What must be unique among scores.
type Key = (String, String, Option<String>, Option<u64>);

/// Keeps one record for each model, benchmark, metric and number of shots: the newest. Identical duplicates are fine.
///
/// Returns the records, in the order of their first appearance, and what was left out.
///
/// # Errors
/// [`StudyError::Contradiction`] where two values differ and no time tells which is newer, and
/// [`StudyError::MixedShots`] where what is left of one benchmark was run with different numbers of shots.
pub(super) fn newest(records: Vec<ScoreRecord>) -> Result<(Vec<ScoreRecord>, Vec<String>)> {
    let mut kept: Vec<ScoreRecord> = Vec::with_capacity(records.len());
    let mut places: HashMap<Key, usize> = HashMap::new();
    let mut replaced: BTreeMap<(String, PathBuf, PathBuf), usize> = BTreeMap::new();
    let mut families: BTreeMap<String, (String, String)> = BTreeMap::new();
    for record in records {
        let key = (record.model.clone(), record.benchmark.clone(), record.metric.clone(), record.shots);
        let Some(&place) = places.get(&key) else {
            places.insert(key, kept.len());
            kept.push(record);
            continue;
        };
        let standing = &mut kept[place];
        if let (Some(first), Some(second)) = (&standing.family, &record.family)
            && first != second
        {
            families.entry(record.model.clone()).or_insert_with(|| (first.clone(), second.clone()));
        }
        let same = standing.value == record.value;
        let is_newer = match (&standing.time, &record.time) {
            (Some(first), Some(second)) if first != second => second > first,
            _ if same => continue,
            _ => {
                return Err(StudyError::Contradiction {
                    model: record.model,
                    benchmark: record.benchmark,
                    metric: record.metric,
                    values: [standing.value, record.value],
                    files: Box::new([standing.file.clone(), record.file]),
                });
            }
        };
        let (newer, older) = if is_newer { (&record, &*standing) } else { (&*standing, &record) };
        if !same {
            *replaced.entry((newer.model.clone(), older.file.clone(), newer.file.clone())).or_default() += 1;
        }
        if is_newer {
            *standing = record;
        }
    }
    one_setting(&kept)?;
    let older = replaced.into_iter().map(|((model, older, newer), count)| {
        let scores = if count == 1 { "1 score".to_string() } else { format!("{count} scores") };
        format!("`{model}`: {scores} of {} left out for the newer {}", older.display(), newer.display())
    });
    let families = families.into_iter().map(|(model, (first, second))| {
        format!("`{model}` stands there twice with the same values, in the families `{first}` and `{second}`; `{first}` is kept")
    });
    let messages = older.chain(families).collect();
    Ok((kept, messages))
}

/// Checks that each benchmark was run with one number of shots, where the files say so.
fn one_setting(records: &[ScoreRecord]) -> Result<()> {
    let mut settings: HashMap<&str, (u64, &ScoreRecord)> = HashMap::new();
    for record in records {
        let Some(shots) = record.shots else { continue };
        let &mut (first_shots, first) = settings.entry(&record.benchmark).or_insert((shots, record));
        if first_shots != shots {
            return Err(StudyError::MixedShots {
                benchmark: record.benchmark.clone(),
                shots: [first_shots, shots],
                models: Box::new([first.model.clone(), record.model.clone()]),
                files: Box::new([first.file.clone(), record.file.clone()]),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(model: &str, value: f64, shots: u64, time: Option<&str>, file: &str) -> ScoreRecord {
        ScoreRecord {
            model: model.to_string(),
            family: None,
            benchmark: "arc".to_string(),
            metric: Some("acc".to_string()),
            value,
            higher_is_better: Some(true),
            scale: None,
            shots: Some(shots),
            time: time.map(str::to_string),
            file: PathBuf::from(file),
        }
    }

    #[test]
    fn the_newest_stays_and_the_older_is_named() {
        let (first, second) = (record("m", 0.1, 0, Some("2024"), "a"), record("m", 0.2, 0, Some("2025"), "b"));
        for records in [vec![first.clone(), second.clone()], vec![second.clone(), first]] {
            let (kept, messages) = newest(records).unwrap();
            assert_eq!(kept, std::slice::from_ref(&second));
            assert_eq!(messages, ["`m`: 1 score of a left out for the newer b"]);
        }
    }

    #[test]
    fn identical_duplicates_are_fine() {
        let (first, second) = (record("m", 0.1, 0, None, "a"), record("m", 0.1, 0, None, "b"));
        let (kept, messages) = newest(vec![first.clone(), second]).unwrap();
        assert_eq!((kept, messages.len()), (vec![first], 0));
    }

    #[test]
    fn two_families_with_one_name_are_told() {
        let (mut first, mut second) = (record("m", 0.1, 0, None, "a"), record("m", 0.1, 0, None, "a"));
        (first.family, second.family) = (Some("x".to_string()), Some("y".to_string()));
        let (kept, messages) = newest(vec![first.clone(), second]).unwrap();
        assert_eq!(kept, [first]);
        assert_eq!(messages, ["`m` stands there twice with the same values, in the families `x` and `y`; `x` is kept"]);
    }

    #[test]
    fn a_contradiction_names_both_files() {
        for time in [None, Some("2024")] {
            let records = vec![record("m", 0.1, 0, time, "a"), record("m", 0.2, 0, time, "b")];
            let error = newest(records).unwrap_err().to_string();
            assert_eq!(error, "`arc` (acc) of `m` is 0.1 in a but 0.2 in b; remove one of them");
        }
    }

    #[test]
    fn mixed_shots_name_both_files() {
        for second in ["m", "n"] {
            let records = vec![record("m", 0.1, 0, Some("2024"), "a"), record(second, 0.2, 5, Some("2025"), "b")];
            let error = newest(records).unwrap_err().to_string();
            assert_eq!(
                error,
                format!(
                    "`arc` was run with 0 examples in the prompt for `m` (a) but with 5 for `{second}` (b); \
                     keep the results of one setting"
                )
            );
        }
    }
}
