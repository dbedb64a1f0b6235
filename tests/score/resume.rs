//! Runs that stop and go on.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use mixopt_base::Observer;
use mixopt_score::{Domain, Journal, Protocol, RunObserver, ScoreError};

use super::mocks::{Provider, Setup, TOKENIZERS, domain, rough_nats, texts};

/// Stops once the parts on disk are so many, and keeps the notes.
#[derive(Default)]
struct StopsAt {
    parts: Option<usize>,
    folder: PathBuf,
    notes: Mutex<Vec<String>>,
    kept: AtomicU64,
    asked: AtomicU64,
}

impl Observer for StopsAt {
    fn interrupted(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.parts.is_some_and(|most| parts(&self.folder).len() >= most)
    }
}

impl RunObserver for StopsAt {
    fn note(&self, text: &str) {
        self.notes.lock().unwrap().push(text.to_string());
    }

    fn kept(&self, windows: u64, _inputs: u64) {
        self.kept.fetch_add(windows, Ordering::Relaxed);
    }
}

/// All parts below a folder, sorted.
fn parts(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.join("bpc.run/parts")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "part") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn model(name: &str) -> Provider {
    Provider { nats: rough_nats, ..Provider::new(name, TOKENIZERS[0]) }
}

fn domains() -> Vec<Domain> {
    vec![domain("web", &texts()), domain("code", &texts()[4..])]
}

fn tables(folder: &Path) -> [Vec<u8>; 2] {
    ["bpc.parquet", "bpc.documents.parquet"].map(|name| std::fs::read(folder.join(name)).unwrap())
}

#[test]
fn a_run_that_stops_anywhere_goes_on_to_the_same_tables() {
    for protocol in [Protocol::Paper, Protocol::Document] {
        let setup = Setup { protocol, piece_tokens: 240, ..Setup::default() };
        let whole = tempfile::tempdir().unwrap();
        let names = ["a", "b"];
        let once = names.map(model);
        setup.score(whole.path(), "bpc.parquet", &[&once[0], &once[1]], &domains()).unwrap();
        let expected = tables(whole.path());
        let count = parts(whole.path()).len();
        assert!(count > 10, "{count} parts");
        let windows = once[0].windows() + once[1].windows();

        for stop in 1..count {
            let folder = tempfile::tempdir().unwrap();
            let models = names.map(model);
            let watch = StopsAt { parts: Some(stop), folder: folder.path().to_path_buf(), ..StopsAt::default() };
            let stopped =
                setup.score_watched(folder.path(), "bpc.parquet", &[&models[0], &models[1]], &domains(), &watch);
            assert!(matches!(stopped, Err(ScoreError::Interrupted)), "{protocol:?} {stop}");
            assert!(!folder.path().join("bpc.parquet").exists());
            assert_eq!(parts(folder.path()).len(), stop);

            let (outcome, _) =
                setup.score(folder.path(), "bpc.parquet", &[&models[0], &models[1]], &domains()).unwrap();
            assert!(outcome.faults.is_empty());
            assert!(tables(folder.path()) == expected, "{protocol:?}: other tables after a stop at part {stop}");
            // Nothing was computed twice.
            assert_eq!(models[0].windows() + models[1].windows(), windows, "{protocol:?} {stop}");
        }
    }
}

#[test]
fn a_finished_run_loads_no_model() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup { plan: true, ..Setup::default() };
    let first = model("a");
    setup.score(folder.path(), "bpc.parquet", &[&first], &domains()).unwrap();
    assert_eq!(first.calls.loads.load(Ordering::Relaxed), 1, "planned and scored with one load");
    let expected = tables(folder.path());
    let again = model("a");
    let (outcome, rows) = setup.score(folder.path(), "bpc.parquet", &[&again], &domains()).unwrap();
    assert_eq!(again.calls.loads.load(Ordering::Relaxed), 0);
    assert_eq!((outcome.plan.cells.len(), rows.len()), (2, 2));
    assert!(outcome.plan.cells.iter().all(|cell| cell.finished));
    assert!(tables(folder.path()) == expected);
}

#[test]
fn damaged_parts_are_scored_again_and_only_they() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::default();
    setup.score(folder.path(), "bpc.parquet", &[&model("a")], &domains()).unwrap();
    let expected = tables(folder.path());
    let files = parts(folder.path());
    type Damage = fn(Vec<u8>) -> Vec<u8>;
    let damages: [(&str, Damage); 5] = [
        ("cut", |bytes| bytes[..bytes.len() / 2].to_vec()),
        ("empty", |_| Vec::new()),
        ("a digit", |bytes| {
            let text = String::from_utf8(bytes).unwrap();
            let at = text.find("\n[").unwrap() + 2;
            let other = if text.as_bytes()[at] == b'1' { '2' } else { '1' };
            format!("{}{other}{}", &text[..at], &text[at + 1..]).into_bytes()
        }),
        ("no text", |_| vec![0xff; 100]),
        ("another piece", |bytes| bytes),
    ];
    for (what, damage) in damages {
        let pieces: Vec<&PathBuf> = files.iter().filter(|file| !file.ends_with("end.part")).collect();
        let (file, other) = (pieces[2], pieces[3]);
        assert_eq!(file.parent(), other.parent());
        let source = if what == "another piece" { other } else { file };
        std::fs::write(file, damage(std::fs::read(source).unwrap())).unwrap();
        let again = model("a");
        let watch = StopsAt::default();
        setup.score_watched(folder.path(), "bpc.parquet", &[&again], &domains(), &watch).unwrap();
        assert!(tables(folder.path()) == expected, "{what}");
        assert_eq!(again.windows(), 5, "{what}: windows scored again");
        let notes = watch.notes.lock().unwrap();
        assert!(notes.iter().any(|note| note.contains("scored again")), "{what}: {notes:?}");
    }
}

#[test]
fn a_model_or_domain_may_be_added() {
    let setup = Setup::default();
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (model("a"), model("b"));
    setup.score(folder.path(), "bpc.parquet", &[&a], &domains()[..1]).unwrap();
    let before = a.windows();
    setup.score(folder.path(), "bpc.parquet", &[&a, &b], &domains()).unwrap();
    let whole = tempfile::tempdir().unwrap();
    let once = [model("a"), model("b")];
    setup.score(whole.path(), "bpc.parquet", &[&once[0], &once[1]], &domains()).unwrap();
    assert!(tables(folder.path()) == tables(whole.path()));
    assert!(before > 0 && a.windows() == once[0].windows());
}

#[test]
fn other_settings_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::default();
    setup.score(folder.path(), "bpc.parquet", &[&model("a")], &domains()).unwrap();
    let before = parts(folder.path());
    let refused = |setup: &Setup, model: &Provider, domains: &[Domain]| {
        let error = setup.score(folder.path(), "bpc.parquet", &[model], domains).unwrap_err();
        assert!(error.is_usage());
        let text = error.to_string();
        assert!(text.contains("`restart`") && text.contains("another `out`"), "{text}");
        text
    };
    let text = refused(&Setup { stride: 4, ..setup }, &model("a"), &domains());
    assert!(text.contains("started with stride = 5, now it is 4"), "{text}");
    let text = refused(&Setup { protocol: Protocol::Document, ..setup }, &model("a"), &domains());
    assert!(text.contains("started with protocol = paper, now it is document"), "{text}");
    let text = refused(&Setup { piece_tokens: 61, ..setup }, &model("a"), &domains());
    assert!(text.contains("piece_tokens = 60, now it is 61"), "{text}");
    let mut other = model("a");
    other.fingerprint.weights_sha256 = "other".to_string();
    let text = refused(&setup, &other, &domains());
    assert!(text.contains("model `a` weights_sha256 = weights of a, now it is other"), "{text}");
    let mut changed = domains();
    changed[1].sha256 = "changed".to_string();
    let text = refused(&setup, &model("a"), &changed);
    assert!(text.contains("domain `code` documents_sha256 = documents of code: 8, now it is changed"), "{text}");
    assert_eq!(parts(folder.path()), before, "a refusal leaves all as it was");

    // A restart throws away and begins anew.
    let again = model("a");
    let anew = Setup { stride: 4, restart: true, ..setup };
    anew.score(folder.path(), "bpc.parquet", &[&again], &domains()).unwrap();
    assert!(again.windows() > 0);
    let fresh = tempfile::tempdir().unwrap();
    anew.score(fresh.path(), "bpc.parquet", &[&model("a")], &domains()).unwrap();
    assert!(tables(folder.path()) == tables(fresh.path()));
}

#[test]
fn settings_under_which_nothing_was_scored_bind_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup { plan: true, ..Setup::default() };
    // Nothing at all: any setting may change.
    let broken = Provider { unreadable: true, ..model("a") };
    setup.score(folder.path(), "bpc.parquet", &[&broken], &domains()).unwrap();
    let setup = Setup { stride: 4, ..setup };
    setup.score(folder.path(), "bpc.parquet", &[&broken], &domains()).unwrap();
    // Nothing of one model, and nothing of one domain: a file that was put right may take their place.
    let sound = model("sound");
    let mut half = domains();
    half.push(domain("late", &["x"]));
    let (outcome, rows) = setup.score(folder.path(), "bpc.parquet", &[&broken, &sound], &half).unwrap();
    assert_eq!((outcome.faults.len(), rows.len()), (2, 2));
    let mended = Provider { fingerprint: model("mended").fingerprint, ..model("a") };
    half[2] = domain("late", &texts()[2..]);
    let (outcome, rows) = setup.score(folder.path(), "bpc.parquet", &[&mended, &sound], &half).unwrap();
    assert!(outcome.faults.is_empty(), "{:?}", outcome.faults);
    assert_eq!((rows.len(), rows[0].weights_sha256.as_str()), (6, "weights of mended"));
    let whole = tempfile::tempdir().unwrap();
    setup.score(whole.path(), "bpc.parquet", &[&mended, &sound], &half).unwrap();
    assert!(tables(folder.path()) == tables(whole.path()));
    // Now something is scored.
    let error = setup.score(folder.path(), "bpc.parquet", &[&broken, &sound], &half).unwrap_err();
    assert!(error.to_string().contains("model `a` weights_sha256"), "{error}");
}

#[test]
fn two_processes_do_not_write_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("bpc.run");
    let setup = Setup::default();
    let first = Journal::open(&run, &setup.deciding(), false).unwrap();
    let error = setup.score(folder.path(), "bpc.parquet", &[&model("a")], &domains()).unwrap_err();
    assert!(matches!(error, ScoreError::Locked { .. }), "{error}");
    drop(first);
    setup.score(folder.path(), "bpc.parquet", &[&model("a")], &domains()).unwrap();
}

#[test]
fn what_a_killed_process_left_is_swept() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::default();
    setup.score(folder.path(), "bpc.parquet", &[&model("a")], &domains()).unwrap();
    let left = parts(folder.path())[0].with_file_name(".mixopt-aBcDeF");
    std::fs::write(&left, "half").unwrap();
    setup.score(folder.path(), "bpc.parquet", &[&model("a")], &domains()).unwrap();
    assert!(!left.exists());
}
