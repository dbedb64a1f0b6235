//! Files of a folder that are there and cannot be read as files, and files without end: an error that names them, never as
//! if they were absent.

use super::bad_models::{check, copy, fault, loaded};

/// All files that a folder may have.
const FILES: [&str; 6] = [
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "model.safetensors",
    "model.safetensors.index.json",
];

#[test]
fn a_folder_in_the_place_of_a_file() {
    for name in FILES {
        let folder = copy("llama");
        let file = folder.path().join(name);
        let _ = std::fs::remove_file(&file);
        if name == "model.safetensors.index.json" {
            std::fs::remove_file(folder.path().join("model.safetensors")).unwrap();
        }
        std::fs::create_dir(&file).unwrap();
        check(&fault(folder.path()), &[&format!("DIR/{name}: a folder; expected a file, or nothing under this name")]);
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere() {
    for name in FILES {
        let folder = copy("llama");
        let file = folder.path().join(name);
        let _ = std::fs::remove_file(&file);
        if name == "model.safetensors.index.json" {
            std::fs::remove_file(folder.path().join("model.safetensors")).unwrap();
        }
        std::os::unix::fs::symlink("../blobs/0123", &file).unwrap();
        check(&fault(folder.path()), &[&format!("DIR/{name}: a link to ../blobs/0123, which does not exist")]);
    }
    // A shard, and the model itself.
    let folder = copy("gemma3");
    let shard = folder.path().join("model-00002-of-00003.safetensors");
    std::fs::remove_file(&shard).unwrap();
    std::os::unix::fs::symlink("nowhere", &shard).unwrap();
    check(&fault(folder.path()), &["DIR/model-00002-of-00003.safetensors: a link to nowhere"]);
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    check(&fault(&link), &["DIR: a link to nowhere, which does not exist"]);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_file_is_that_file() {
    let folder = copy("llama");
    for name in ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"] {
        let blob = format!("blob-of-{name}");
        std::fs::rename(folder.path().join(name), folder.path().join(&blob)).unwrap();
        std::os::unix::fs::symlink(&blob, folder.path().join(name)).unwrap();
    }
    loaded(folder.path()).unwrap();
}

#[cfg(unix)]
#[test]
fn a_device_is_no_file() {
    for name in FILES {
        let folder = copy("llama");
        let file = folder.path().join(name);
        let _ = std::fs::remove_file(&file);
        if name == "model.safetensors.index.json" {
            std::fs::remove_file(folder.path().join("model.safetensors")).unwrap();
        }
        std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
        check(&fault(folder.path()), &[&format!("DIR/{name}: neither a file nor a folder; expected a file")]);
    }
}

#[test]
fn a_file_longer_than_any_is_not_read_whole() {
    let longer = |name: &str, bytes: u64| {
        let folder = copy("llama");
        // Without blocks on the disk.
        std::fs::File::create(folder.path().join(name)).unwrap().set_len(bytes).unwrap();
        fault(folder.path())
    };
    check(&longer("config.json", (64 << 20) + 1), &["DIR/config.json: more than 64 MiB; expected the model's"]);
    check(&longer("tokenizer_config.json", 1 << 40), &["DIR/tokenizer_config.json: more than 64 MiB"]);
}
