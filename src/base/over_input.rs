//! Outputs that would be written over an input.

use std::path::{Path, PathBuf};

use crate::setting::Setting;

/// An output that is one of the files that are read.
#[derive(Debug, thiserror::Error)]
#[error(
    "{setting} {}: it is {}, one of the input files, which would be overwritten; expected another file",
    .output.display(), .input.display()
)]
pub struct OverInput {
    /// The setting that names the output.
    pub setting: Setting,
    /// The output.
    pub output: PathBuf,
    /// The input, as it was named.
    pub input: PathBuf,
}

/// Checks that an output is none of the files that are read, through links and whatever the spelling of a path.
///
/// An input that is a folder stands for nothing: give the files that are read of it.
///
/// # Errors
/// [`OverInput`] with both files.
pub fn check_not_input<File: AsRef<Path>>(
    setting: Setting,
    output: &Path,
    inputs: impl IntoIterator<Item = File>,
) -> Result<(), OverInput> {
    let Some(identity) = Identity::of(output) else { return Ok(()) };
    let is_output = |input: &Path| Identity::of(input).is_some_and(|input| input == identity);
    match inputs.into_iter().find(|input| is_output(input.as_ref())) {
        Some(input) => Err(OverInput { setting, output: output.to_path_buf(), input: input.as_ref().to_path_buf() }),
        None => Ok(()),
    }
}

/// What tells two plain files apart.
#[derive(PartialEq, Eq)]
struct Identity {
    /// The number of the file system and that of the file in it, where the system tells them.
    number: Option<(u64, u64)>,
    path: PathBuf,
}

impl Identity {
    /// That of a plain file; nothing else can be written over.
    fn of(file: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(file).ok().filter(std::fs::Metadata::is_file)?;
        let number = number(&metadata);
        // Two names of one file (hard links) are one file.
        let path = if number.is_some() { PathBuf::new() } else { file.canonicalize().ok()? };
        Some(Self { number, path })
    }
}

#[cfg(unix)]
fn number(metadata: &std::fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn number(_metadata: &std::fs::Metadata) -> Option<(u64, u64)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_told_by_any_of_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        std::fs::write(place("table.csv"), "a").unwrap();
        std::fs::write(place("other.csv"), "a").unwrap();
        std::fs::create_dir(place("below")).unwrap();
        let refused = |output: &str| check_not_input(Setting::Out, &place(output), [place("table.csv")]).is_err();
        assert!(refused("table.csv"));
        assert!(refused("below/../table.csv"));
        assert!(!refused("other.csv"));
        assert!(!refused("new.csv"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("table.csv", place("link.csv")).unwrap();
            std::fs::hard_link(place("table.csv"), place("twin.csv")).unwrap();
            assert!(refused("link.csv"));
            assert!(refused("twin.csv"));
        }
    }
}
