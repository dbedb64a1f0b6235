//! Folders that are no model as they stand: the hub's cache, adapters, names of the hub; and what a model is called.

use std::path::{Path, PathBuf};

use mixopt_model::ModelSource;

use super::bad_models::{check, copy, fault};

const FIRST: &str = "0123456789abcdef0123456789abcdef01234567";
const SECOND: &str = "89abcdef0123456789abcdef0123456789abcdef";

/// A cache with snapshots of these revisions, each the same small model.
fn cache(name: &str, revisions: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join(name);
    for revision in revisions {
        let snapshot = folder.join("snapshots").join(revision);
        std::fs::create_dir_all(&snapshot).unwrap();
        for entry in std::fs::read_dir(copy("llama").path()).unwrap() {
            let file = entry.unwrap().path();
            std::fs::copy(&file, snapshot.join(file.file_name().unwrap())).unwrap();
        }
    }
    std::fs::create_dir_all(folder.join("refs")).unwrap();
    (place, folder)
}

fn name(path: &Path) -> String {
    ModelSource::find(path).unwrap().name()
}

#[test]
fn a_folder_of_the_cache_is_the_snapshot_of_main() {
    let (_place, folder) = cache("models--acme--tiny", &[FIRST, SECOND]);
    std::fs::write(folder.join("refs/main"), format!("{SECOND}\n")).unwrap();
    let source = ModelSource::find(&folder).unwrap();
    assert_eq!(
        (source.name(), source.path().to_path_buf()),
        ("acme/tiny".into(), folder.join("snapshots").join(SECOND))
    );
    source.architecture().unwrap();
    assert_eq!(name(&folder.join("snapshots").join(FIRST)), format!("acme/tiny@{FIRST}"));
    assert_eq!(name(&folder.join("snapshots").join(FIRST).join("..").join(SECOND)), format!("acme/tiny@{SECOND}"));

    std::fs::write(folder.join("refs/main"), "0000").unwrap();
    check(&fault(&folder), &["refs/main names the revision `0000`, which is missing", FIRST, SECOND]);
    std::fs::remove_file(folder.join("refs/main")).unwrap();
    check(&fault(&folder), &["no refs/main, and there are 2 snapshots; give one of its snapshots", FIRST, SECOND]);
    std::fs::remove_dir_all(folder.join("snapshots").join(FIRST)).unwrap();
    assert_eq!(name(&folder), "acme/tiny");
    std::fs::remove_dir_all(folder.join("snapshots").join(SECOND)).unwrap();
    check(&fault(&folder), &["no snapshot of `acme/tiny`", "hf download acme/tiny"]);
}

#[test]
fn a_model_without_an_owner() {
    let (_place, folder) = cache("models--gpt2", &[FIRST]);
    assert_eq!(name(&folder), "gpt2");
}

#[test]
fn an_adapter_is_told_with_its_model() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"{"base_model_name_or_path": "acme/tiny", "peft_type": "LORA", "r": 8}"#;
    std::fs::write(folder.path().join("adapter_config.json"), text).unwrap();
    let parts =
        ["DIR: an adapter (LORA) of `acme/tiny`, not a complete model", "merge it into its model", "merge_and_unload"];
    check(&fault(folder.path()), &parts);
    // Some are saved with the configuration of their model.
    let model = copy("llama");
    std::fs::remove_file(model.path().join("model.safetensors")).unwrap();
    std::fs::write(model.path().join("adapter_config.json"), text).unwrap();
    check(&fault(model.path()), &parts);
    // Beside a whole model it changes nothing.
    let whole = copy("llama");
    std::fs::write(whole.path().join("adapter_config.json"), text).unwrap();
    ModelSource::find(whole.path()).unwrap().architecture().unwrap();
}

#[test]
fn a_name_of_the_hub_is_no_path() {
    let error = ModelSource::find(Path::new("HuggingFaceTB/SmolLM2-135M")).unwrap_err().to_string();
    let parts = ["no such file or folder", "hf download HuggingFaceTB/SmolLM2-135M --local-dir SmolLM2-135M"];
    check(&error, &parts);
}

#[test]
fn names_do_not_depend_on_how_a_path_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("small");
    std::fs::create_dir_all(model.join("inner")).unwrap();
    std::fs::copy(copy("llama").path().join("config.json"), model.join("config.json")).unwrap();
    for path in ["small", "small/", "small//", "small/.", "./small", "small/inner/..", "small/../small/"] {
        assert_eq!(name(&folder.path().join(path)), "small", "{path}");
    }
    std::fs::write(folder.path().join("a.v1.gguf"), "GGUF").unwrap();
    std::fs::write(folder.path().join("a.v1"), "GGUF").unwrap();
    assert_eq!(name(&folder.path().join("./a.v1.gguf")), "a.v1");
    assert_eq!(name(&folder.path().join("a.v1")), "a.v1");
    #[cfg(unix)]
    {
        // The hub's cache has links to files that are named by their digests.
        std::os::unix::fs::symlink("a.v1.gguf", folder.path().join("b.gguf")).unwrap();
        assert_eq!(name(&folder.path().join("b.gguf")), "b");
    }
    let only = tempfile::tempdir().unwrap();
    std::fs::write(only.path().join("c.gguf"), "GGUF").unwrap();
    check(&fault(only.path()), &["no config.json; give its GGUF file DIR/c.gguf"]);
}
