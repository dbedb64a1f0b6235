//! Levanter's files of data alone, and configurations that include them.

use std::path::PathBuf;

use mixopt_export::{Import, ImportError, ImportOptions, import};

/// A folder that is gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn of(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("mixopt-includes-{}-{name}", std::process::id()));
        for (name, text) in files {
            let file = folder.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        Self(folder)
    }

    fn import(&self, name: &str) -> Result<Import, ImportError> {
        import(&self.0.join(name), None, None, &ImportOptions::default())
    }

    /// The error's message, without the folder.
    fn refuses(&self, name: &str) -> String {
        self.import(name).unwrap_err().to_string().replace(&format!("{}/", self.0.display()), "")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const MIXTURE: &str = "cache_dir: gs://bucket/cache\nconfigs:\n  web: {train_urls: [gs://bucket/web.jsonl.zst]}\n  code: \
    {train_urls: [gs://bucket/code.jsonl.zst]}\n#  books:\ntrain_weights:\n  # of bytes\n  web: 0.6\n#  books: 0.1\n  code: 0.2\n";

fn shares(import: &Import) -> Vec<(&str, f64)> {
    import.shares[0].iter().map(|(name, share)| (name.as_str(), (share * 1e9).round() / 1e9)).collect()
}

#[test]
fn a_file_of_data_is_read_alone_and_where_it_is_included() {
    let folder = Folder::of(
        "read",
        &[
            ("data/mixture.yaml", MIXTURE),
            ("train.yaml", "data: !include data/mixture.yaml\nmodel:\n  type: llama\n"),
            ("quoted.yaml", "trainer: {steps: 3}\ndata: !include \"data/mixture.yaml\"  # ours\n"),
            ("weights.yaml", "data:\n  configs: {web: {}, code: {}}\n  train_weights: !include data/weights.yaml\n"),
            ("data/weights.yaml", "web: 3\ncode: 1\n"),
            ("merged.yaml", "trainer: {steps: 3}\n<<: !include data/mixture.yaml\n"),
            ("twice.yaml", "data: !include data/again.yaml\n"),
            // Looked up beside the file that names it, not beside the first.
            ("data/again.yaml", "configs: {web: {}, code: {}}\ntrain_weights: !include weights.yaml\n"),
        ],
    );
    for name in ["data/mixture.yaml", "train.yaml", "quoted.yaml", "weights.yaml", "merged.yaml", "twice.yaml"] {
        let found = folder.import(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(found.target, "levanter", "{name}");
        assert_eq!(shares(&found), [("web", 0.75), ("code", 0.25)], "{name}");
    }
}

#[test]
fn what_cannot_be_included_is_told_with_both_files() {
    let folder = Folder::of(
        "refused",
        &[
            ("train.yaml", "data: !include nowhere.yaml\n"),
            ("itself.yaml", "data: !include itself.yaml\n"),
            ("one.yaml", "data: !include other.yaml\n"),
            ("other.yaml", "configs: {web: {}}\ntrain_weights: !include one.yaml\n"),
        ],
    );
    assert_eq!(
        folder.refuses("train.yaml"),
        "train.yaml: it includes nowhere.yaml, which cannot be read (No such file or directory (os error 2)); expected a file next to the one that includes it"
    );
    assert_eq!(
        folder.refuses("itself.yaml"),
        "itself.yaml: it includes itself.yaml, which includes itself; expected a file that does not include it again"
    );
    assert_eq!(
        folder.refuses("one.yaml"),
        "other.yaml: it includes one.yaml, which includes itself; expected a file that does not include it again"
    );
}
