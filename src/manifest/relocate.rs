//! Paths of a manifest as seen from another place.

use std::path::{Path, PathBuf, absolute};

use super::file::Manifest;

impl Manifest {
    /// The same manifest as it has to be to stand in `file`: where that is another folder, its relative paths are written
    /// from there if they lead below it, else as absolute paths.
    pub fn relocated(&self, file: &Path) -> Self {
        let mut moved = self.clone();
        moved.file = file.to_path_buf();
        let (Some(from), Some(to)) = (folder(&self.file), folder(file)) else { return moved };
        if from == to {
            return moved;
        }
        for path in moved.domains.values_mut().flat_map(|domain| &mut domain.paths) {
            *path = written(&from.join(&*path), &to);
        }
        if let Some(tokenizer) = &mut moved.tokenizer
            && self.resolve(tokenizer).exists()
        {
            *tokenizer = written(&from.join(&*tokenizer), &to);
        }
        moved
    }

    /// A path of the current folder as it has to be written in this manifest.
    pub fn path_for(&self, path: &Path) -> String {
        match (absolute(path), folder(&self.file)) {
            (Ok(path), Some(folder)) => written(&path, &folder),
            _ => path.to_string_lossy().into_owned(),
        }
    }
}

fn folder(file: &Path) -> Option<PathBuf> {
    absolute(file).ok()?.parent().map(Path::to_path_buf)
}

fn written(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_the_same_place_from_elsewhere() {
        let text = "mixopt_corpora: 1\ntokenizer: gpt2\ndomains: {web: {paths: [web/*.jsonl, /archive/a.jsonl]}}\n";
        let manifest = Manifest::parse(Path::new("/project/data/corpora.yaml"), text).unwrap();
        let paths = |file: &str| manifest.relocated(Path::new(file)).domains["web"].paths.clone();
        assert_eq!(paths("/project/data/other.yaml"), ["web/*.jsonl", "/archive/a.jsonl"]);
        assert_eq!(paths("/project/other.yaml"), ["data/web/*.jsonl", "/archive/a.jsonl"]);
        assert_eq!(paths("/project/runs/other.yaml"), ["/project/data/web/*.jsonl", "/archive/a.jsonl"]);
        // A name is no path.
        assert_eq!(manifest.relocated(Path::new("/project/other.yaml")).tokenizer.as_deref(), Some("gpt2"));
        assert_eq!(manifest.path_for(Path::new("/project/data/ours/tokenizer.json")), "ours/tokenizer.json");
        assert_eq!(manifest.path_for(Path::new("/models/ours")), "/models/ours");
    }
}
