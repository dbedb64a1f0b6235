//! From paths, directories and patterns to a sorted list of files.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use walkdir::{DirEntry, WalkDir};

use crate::domain::delta_log;
use crate::domain::file::DomainFile;
use crate::domain::files::DomainFiles;
use crate::domain::source::DomainSource;
use crate::error::{CorpusError, Result};
use crate::formats::file_format::{FileFormat, NameSays};
use crate::formats::json_lines;

impl DomainSource {
    /// Finds the files.
    ///
    /// # Errors
    /// [`CorpusError`] where the domain has no name or path, a path leads to no file, or the files are of no known format.
    pub fn resolve(&self) -> Result<DomainFiles> {
        self.check()?;
        Ok(DomainFiles::new(self.clone(), files(self)?))
    }
}

/// Finds the files of a domain, sorted by path, each once.
fn files(source: &DomainSource) -> Result<Vec<DomainFile>> {
    let mut files = Vec::new();
    for pattern in &source.patterns {
        files.extend(of_pattern(pattern, source.text_field.as_deref())?);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    // The same file by two patterns or through a link is one file.
    let mut seen = HashSet::new();
    files.retain(|file| seen.insert(file.path.canonicalize().unwrap_or_else(|_| file.path.clone())));
    let mut labels = HashSet::new();
    if !files.iter().all(|file| labels.insert(file.label.clone())) {
        files.iter_mut().for_each(|file| file.label = slashed(&file.path));
    }
    Ok(files)
}

fn of_pattern(pattern: &str, text_field: Option<&str>) -> Result<Vec<DomainFile>> {
    let path = Path::new(pattern);
    if path.is_dir() {
        let found = delta_log::current(walk(path, false, |_| true)?)?;
        return selected(pattern, path, found, text_field);
    }
    if path.exists() {
        let format = match NameSays::of(path) {
            NameSays::Format(format) => format,
            NameSays::Json => FileFormat::JsonLines,
            // Named by itself, so it is meant.
            NameSays::Companion if path.extension().is_some_and(|ending| ending == "json") => FileFormat::JsonLines,
            NameSays::Companion | NameSays::Bookkeeping => FileFormat::PlainText,
            NameSays::Refused(refusal) => return Err(unsupported(path, refusal.what, refusal.mend)),
        };
        return Ok(vec![file(path.to_path_buf(), path.parent().unwrap_or(Path::new("")), format)?]);
    }
    let Some((base, rest)) = split_at_pattern(path) else {
        return Err(no_files(pattern, path, "no such file or directory"));
    };
    if !base.is_dir() {
        return Err(no_files(pattern, &base, &format!("no directory {}", base.display())));
    }
    let glob = Glob::new(pattern, &rest)?;
    let names_hidden = rest.components().any(|part| is_hidden(part.as_os_str().as_encoded_bytes()));
    let mut found = walk(&base, names_hidden, |folder| glob.may_match_below(folder))?;
    found.retain(|file| glob.matches(file.strip_prefix(&base).unwrap_or(file)));
    if found.is_empty() {
        return Err(no_files(pattern, &base, "no file matches"));
    }
    let found = delta_log::current(found)?;
    selected(pattern, &base, found, text_field)
}

/// All files below a folder in sorted order; hidden ones only if asked for, no `attributes` beside `documents` (Dolma) and no log
/// of a Delta table.
/// Folders, given by their path below the first, are entered as `enters` says.
fn walk(folder: &Path, with_hidden: bool, enters: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let takes = |entry: &DirEntry| {
        let hidden = !with_hidden && is_hidden(entry.file_name().as_encoded_bytes());
        let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let is_beside = is_dolma_attributes(entry) || entry.file_name() == delta_log::LOG;
        let entered = !entry.file_type().is_dir() || (enters(below) && !is_beside);
        entry.depth() == 0 || (!hidden && entered)
    };
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter().filter_entry(takes) {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(folder).to_path_buf();
            let source = error
                .into_io_error()
                .unwrap_or_else(|| std::io::Error::other("a link leads back to one of its parents"));
            CorpusError::Unreadable { file: path, source }
        })?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

fn is_hidden(name: &[u8]) -> bool {
    name.starts_with(b".")
}

fn is_dolma_attributes(entry: &DirEntry) -> bool {
    entry.file_type().is_dir()
        && entry.file_name() == "attributes"
        && entry.path().parent().is_some_and(|above| above.join("documents").is_dir())
}

/// Of the files below a folder or of a pattern, those that hold documents.
///
/// Records and plain text are not mixed: a `README.md` beside Parquet files is no document of them, and a test's JSONL in a
/// folder of source code is not the corpus.
fn selected(pattern: &str, base: &Path, found: Vec<PathBuf>, text_field: Option<&str>) -> Result<Vec<DomainFile>> {
    let (mut records, mut json, mut texts, mut companions, mut refused) = (vec![], vec![], vec![], vec![], None);
    for path in found {
        match NameSays::of(&path) {
            NameSays::Format(FileFormat::PlainText) => texts.push(path),
            NameSays::Format(format) => records.push((path, format)),
            NameSays::Json => json.push(path),
            NameSays::Companion => companions.push(path),
            NameSays::Bookkeeping => {}
            NameSays::Refused(refusal) => refused = refused.or(Some((path, refusal))),
        }
    }
    if texts.is_empty() && records.is_empty() {
        records.extend(json.drain(..).map(|path| (path, FileFormat::JsonLines)));
    } else {
        for path in std::mem::take(&mut json) {
            let of_records = json_lines::begins_with_record(&path, text_field)?;
            if of_records { records.push((path, FileFormat::JsonLines)) } else { texts.push(path) }
        }
    }
    let chosen: Vec<(PathBuf, FileFormat)> = match (records.first(), texts.first()) {
        (Some((record, _)), Some(text)) => {
            return Err(CorpusError::Mixed {
                pattern: pattern.to_string(),
                records: record.clone(),
                text: text.clone(),
                more: texts.len() - 1,
                suggestion: suggestion(base, record),
            });
        }
        (Some(_), None) => records,
        (None, Some(_)) => texts.into_iter().chain(companions).map(|path| (path, FileFormat::PlainText)).collect(),
        (None, None) => match refused {
            Some((path, refusal)) => return Err(unsupported(&path, refusal.what, refusal.mend)),
            None if companions.is_empty() => return Err(no_files(pattern, base, "it contains no files")),
            None => companions.into_iter().map(|path| (path, FileFormat::PlainText)).collect(),
        },
    };
    chosen.into_iter().map(|(path, format)| file(path, base, format)).collect()
}

fn file(path: PathBuf, base: &Path, format: FileFormat) -> Result<DomainFile> {
    let bytes = std::fs::metadata(&path).map_err(|source| CorpusError::unreadable(&path, source))?.len();
    let label = slashed(path.strip_prefix(base).unwrap_or(&path));
    Ok(DomainFile { path, label, bytes, format })
}

/// A path with `/` on every system, so that identifiers are the same on all.
fn slashed(path: &Path) -> String {
    let root = if path.has_root() { "/" } else { "" };
    let parts = path.components().filter(|part| *part != Component::RootDir);
    let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy()).collect();
    format!("{root}{}", parts.join("/"))
}

/// The folder before the first part with a wildcard, and the rest; `None` without a wildcard.
fn split_at_pattern(path: &Path) -> Option<(PathBuf, PathBuf)> {
    let is_wild = |part: &Component| part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
    let parts: Vec<Component> = path.components().collect();
    let first = parts.iter().position(is_wild)?;
    let (base, rest) = parts.split_at(first);
    let base: PathBuf = base.iter().collect();
    let base = if base.as_os_str().is_empty() { PathBuf::from(".") } else { base };
    Some((base, rest.iter().collect()))
}

/// A pattern below a folder.
struct Glob {
    whole: GlobMatcher,
    /// Matchers of its first part, its first two parts and so on, as far as a part is one folder: others are not entered.
    starts: Vec<GlobMatcher>,
    /// Whether folders deeper than `starts` may lead to a match.
    is_deeper: bool,
}

impl Glob {
    fn new(pattern: &str, rest: &Path) -> Result<Self> {
        let matcher = |path: &Path| {
            let glob = GlobBuilder::new(&path.to_string_lossy()).literal_separator(true).build();
            glob.map(|glob| glob.compile_matcher()).map_err(|error| CorpusError::Setting {
                setting: "pattern",
                found: pattern.to_string(),
                problem: error.kind().to_string(),
                expected: "`*`, `?`, `[…]`, `{a,b}` within a name and `**` for any folders".to_string(),
            })
        };
        let whole = matcher(rest)?;
        let is_one_folder = |part: &Component| {
            let part = part.as_os_str().to_string_lossy();
            // A brace that is closed in another part takes folders of several depths.
            !part.contains("**") && part.matches('{').count() == part.matches('}').count()
        };
        let (mut starts, mut start) = (Vec::new(), PathBuf::new());
        for part in rest.components().take_while(is_one_folder) {
            start.push(part);
            starts.push(matcher(&start)?);
        }
        Ok(Self { whole, is_deeper: starts.len() < rest.components().count(), starts })
    }

    /// Whether a file is meant: it matches or lies in a folder that does.
    fn matches(&self, file: &Path) -> bool {
        file.ancestors().any(|part| !part.as_os_str().is_empty() && self.whole.is_match(part))
    }

    fn may_match_below(&self, folder: &Path) -> bool {
        let depth = folder.components().count();
        match self.starts.get(depth.wrapping_sub(1)) {
            Some(start) => start.is_match(folder),
            None => self.is_deeper || self.matches(folder),
        }
    }
}

fn unsupported(file: &Path, what: &str, mend: &str) -> CorpusError {
    CorpusError::Unsupported { file: file.to_path_buf(), what: what.to_string(), mend: mend.to_string() }
}

/// A pattern that leads to nothing, with the nearest folder that exists and what it holds.
fn no_files(pattern: &str, path: &Path, problem: &str) -> CorpusError {
    let exists = |folder: &&Path| folder.as_os_str().is_empty() || folder.is_dir();
    let nearest = path.ancestors().find(exists).unwrap_or(Path::new("."));
    let nearest = if nearest.as_os_str().is_empty() { Path::new(".") } else { nearest };
    CorpusError::NoFiles { pattern: pattern.to_string(), problem: problem.to_string(), nearest: contents(nearest) }
}

fn contents(folder: &Path) -> String {
    const SHOWN: usize = 5;
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    names.retain(|name| !is_hidden(name.as_bytes()));
    names.sort();
    let more = names.len().saturating_sub(SHOWN);
    let shown: Vec<String> = names.into_iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match (shown.is_empty(), more) {
        (true, _) => format!("the nearest directory, {}, is empty", folder.display()),
        (false, 0) => format!("{} holds {}", folder.display(), shown.join(", ")),
        (false, more) => format!("{} holds {} and {more} more", folder.display(), shown.join(", ")),
    }
}

/// A pattern that takes the records alone.
fn suggestion(base: &Path, record: &Path) -> String {
    let name = record.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    // The last ending and, before a compression, the one before it.
    let mut parts: Vec<&str> = name.split('.').rev().collect();
    parts.truncate(if matches!(parts.first(), Some(&("gz" | "zst" | "zstd"))) { 2 } else { 1 });
    parts.reverse();
    slashed(&base.join("**").join(format!("*.{}", parts.join("."))))
}
