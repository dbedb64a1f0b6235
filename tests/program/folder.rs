//! Runs the program in a folder of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

/// Bits per character of a small study: seven models of four families on three domains.
pub const BPC: &str = "\
model,web,code,books
a-1b,0.80,0.60,0.70
a-7b,0.70,0.50,0.62
b-1b,0.82,0.55,0.72
b-7b,0.69,0.46,0.60
c-3b,0.75,0.58,0.64
c-9b,0.66,0.47,0.57
d-2b,0.79,0.52,0.69
";
/// Its scores, in percent. Reading follows web and books, coding follows code.
pub const SCORES: &str = "\
model,reading,coding
a-1b,41.2,12.5
a-7b,55.9,24.0
b-1b,38.7,19.5
b-7b,57.3,33.1
c-3b,50.4,14.2
c-9b,61.8,30.6
d-2b,43.6,22.3
";
/// Its models.
pub const MODELS: &str = "\
model,family,parameters_b,year
a-1b,a,1,2022
a-7b,a,7,2022
b-1b,b,1,2023
b-7b,b,7,2023
c-3b,c,3,2023
c-9b,c,9,2024
d-2b,d,2,2024
";
/// Arguments for these tables, with as few replicates as a quick test needs.
pub const FILES: &str = "--bpc bpc.csv --scores scores.csv --models models.csv --replicates 20";
/// Few replicates, for the study of the program.
pub const QUICK: &str = "--replicates 20";

/// A folder that goes away after the test, in which the program runs: files are named as a user there would name them.
pub struct Folder(tempfile::TempDir);

/// What a run of the program left.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn empty() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// A folder with the tables of the small study.
    pub fn with_study() -> Self {
        let folder = Self::empty();
        folder.write("bpc.csv", BPC);
        folder.write("scores.csv", SCORES);
        folder.write("models.csv", MODELS);
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), content).expect("a file");
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).expect("a file of text")
    }

    /// All files and folders below this one.
    pub fn listing(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path.clone());
                }
                found.push(path);
            }
        }
        found.sort();
        found
    }

    /// Runs the program with arguments that are separated by spaces.
    pub fn run(&self, arguments: &str) -> Run {
        let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_mixopt"))
            .args(arguments.split_whitespace())
            .current_dir(self.path())
            .env("NO_COLOR", "1")
            .env_remove("CLICOLOR_FORCE")
            .env_remove("COLUMNS")
            .timeout(Duration::from_secs(120))
            .output()
            .expect("the program runs");
        Run {
            code: output.status.code().expect("an exit code: the program was not killed"),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// The standard output of a run that must succeed.
    pub fn prints(&self, arguments: &str) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "{arguments}: {}", run.stderr);
        run.stdout
    }

    /// The same as JSON.
    pub fn json(&self, arguments: &str) -> Value {
        serde_json::from_str(&self.prints(&format!("{arguments} --format json"))).expect("JSON")
    }

    /// The message of a run that must fail with this exit code: one error, nothing printed, nothing left behind.
    pub fn refuses(&self, code: i32, arguments: &str) -> String {
        let before = self.listing();
        let run = self.run(arguments);
        assert_eq!(run.code, code, "{arguments}: {}{}", run.stderr, run.stdout);
        assert_eq!(run.stdout, "", "{arguments}");
        assert_eq!(run.stderr.matches("error:").count(), 1, "{arguments}: {}", run.stderr);
        assert!(!run.stderr.contains('\u{1b}'), "{arguments}: colour where nobody sees it: {}", run.stderr);
        assert_eq!(self.listing(), before, "{arguments} left files behind");
        let message = run.stderr.strip_prefix("error: ");
        message.unwrap_or_else(|| panic!("{arguments}: no error first: {}", run.stderr)).trim_end().to_string()
    }
}

/// A text with one part exchanged, which must be there.
pub fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} in {text}");
    text.replacen(from, to, 1)
}

/// Asserts that two JSON values are the same up to rounding of numbers.
pub fn assert_near(found: &Value, expected: &Value, tolerance: f64, what: &str) {
    match (found, expected) {
        (Value::Number(found), Value::Number(expected)) => {
            let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
            assert!((found - expected).abs() <= tolerance, "{what}: {found} is not {expected}");
        }
        (Value::Object(found), Value::Object(expected)) => {
            assert!(found.keys().eq(expected.keys()), "{what}: other keys or another order");
            for (key, value) in found {
                assert_near(value, &expected[key], tolerance, &format!("{what}.{key}"));
            }
        }
        (Value::Array(found), Value::Array(expected)) => {
            assert_eq!(found.len(), expected.len(), "{what}");
            for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
                assert_near(found, expected, tolerance, &format!("{what}[{index}]"));
            }
        }
        _ => assert_eq!(found, expected, "{what}"),
    }
}
