//! Averages are no domains.

use mixopt_study::{Selection, Study, StudyFiles};

/// As OpenCompass gives them: the last column is the mean of the others, to four digits.
const WITH_MEAN: &str = "model,bpc_cc,bpc_python,bpc_arxiv_math,LAST\n\
    a,0.5910,0.2584,0.4080,0.4191\nb,0.6459,0.2766,0.4310,0.4512\nc,0.6197,0.2849,0.4498,0.4515\n\
    d,0.5773,0.3212,0.4562,0.4516\ne,0.5807,0.3336,0.4752,0.4632\nf,0.6658,0.2935,0.4500,0.4698\n";

const SCORES: &str = "model,arc\na,0.6\nb,0.5\nc,0.51\nd,0.55\ne,0.52\nf,0.45\n";

fn study(bpc: &str, keep_averages: bool) -> Study {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let files = StudyFiles::new(file("bpc.csv", bpc), file("scores.csv", SCORES));
    Study::read(&StudyFiles { keep_averages, ..files }).unwrap()
}

fn notes(study: &Study) -> Vec<&str> {
    study.compression.messages.iter().map(String::as_str).filter(|note| note.contains("keep_averages")).collect()
}

#[test]
fn the_mean_of_the_others_is_left_out_whatever_its_name() {
    for name in ["bpc_avg", "everything"] {
        let found = study(&WITH_MEAN.replace("LAST", name), false);
        assert_eq!(found.compression.matrix.columns, ["bpc_cc", "bpc_python", "bpc_arxiv_math"]);
        assert_eq!(found.compression.averages, [name]);
        let expected = format!(
            "`{name}` is the mean of the other domains, not a domain, and was left out (`keep_averages` keeps it)"
        );
        assert_eq!(notes(&found), [expected]);
        let kept = study(&WITH_MEAN.replace("LAST", name), true);
        assert_eq!(kept.compression.matrix.columns.len(), 4);
        assert!(notes(&kept).is_empty());
    }
}

#[test]
fn a_name_is_enough_and_a_note_says_so() {
    let other = WITH_MEAN.replace("0.4516", "0.4816");
    let found = study(&other.replace("LAST", "Macro-Avg"), false);
    assert_eq!(found.compression.averages, ["Macro-Avg"]);
    assert!(
        notes(&found)[0].starts_with("`Macro-Avg` is named like an average, though it is not the mean"),
        "{:?}",
        notes(&found)
    );
    assert!(study(&other.replace("LAST", "meanings"), false).compression.averages.is_empty());
    // Nothing else would be left.
    let alone = study("model,avg\na,0.5\nb,0.4\nc,0.3\n", false);
    assert_eq!(alone.compression.matrix.columns, ["avg"]);
}

#[test]
fn a_long_table_and_faults_of_cells_keep_their_places() {
    let rows = WITH_MEAN.lines().skip(1).flat_map(|row| {
        let cells: Vec<&str> = row.split(',').collect();
        let names = ["average", "cc", "python", "math"];
        let values = [cells[4], cells[1], cells[2], cells[3]];
        names
            .into_iter()
            .zip(values)
            .map(move |(domain, value)| format!("{},{domain},{value}\n", cells[0]))
            .collect::<Vec<_>>()
    });
    let long = format!(
        "model,domain,bits_per_character\n{}g,average,0.5\ng,cc,0.5\ng,python,50\ng,math,0.5\n",
        rows.collect::<String>()
    );
    let found = study(&long, false);
    assert_eq!(found.compression.matrix.columns, ["cc", "python", "math"]);
    assert_eq!(found.compression.faults.keys().collect::<Vec<_>>(), [&(6, 1)]);
}

#[test]
fn who_excludes_an_average_gets_no_error() {
    let found = study(&WITH_MEAN.replace("LAST", "bpc_avg"), false);
    let exclude = |pattern: &str| {
        let selection = Selection::parse(&[], &[], &[], &[pattern.to_string()], Default::default()).unwrap();
        found.chosen_domains(&selection).map_err(|error| error.to_string())
    };
    assert_eq!(exclude("bpc_avg").unwrap(), [0, 1, 2]);
    assert_eq!(exclude("bpc_a*").unwrap(), [0, 1]);
    assert!(exclude("bpc_avgs").is_err());
}
