//! What a file holds, by its name.

use std::path::Path;

/// How a file's documents are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    /// One JSON object a line.
    JsonLines,
    /// One document a row.
    Parquet,
    /// The whole file is one document.
    PlainText,
}

/// What a file's name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameSays {
    /// Certainly this format.
    Format(FileFormat),
    /// `.json` alone: records in a corpus, a settings file in a folder of source code.
    Json,
    /// A file that goes with a data set and is not data of it (`README.md`, `dataset_info.json`).
    Companion,
    /// What a program keeps beside data for itself, never a document unless it is named by itself (`_SUCCESS`).
    Bookkeeping,
    /// A format that is not read.
    Refused(&'static Refusal),
}

/// A format that is not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    endings: &'static [&'static str],
    /// What such a file is.
    pub what: &'static str,
    /// What to do.
    pub mend: &'static str,
}

const TOKENS: &str = "give the text that it was tokenised from";
const REFUSALS: &[Refusal] = &[
    Refusal { endings: &["npy", "npz"], what: "NumPy arrays (such as token ids) contain no text", mend: TOKENS },
    Refusal {
        endings: &["bin", "idx"],
        what: "binary data (such as Megatron's token ids) contain no text",
        mend: TOKENS,
    },
    Refusal { endings: &["ds"], what: "datatrove's token ids contain no text", mend: TOKENS },
    Refusal {
        endings: &["mds"],
        what: "MosaicML shards (MDS) are not supported",
        mend: "write their text column as JSONL with the `streaming` package",
    },
    Refusal {
        endings: &["arrow", "feather", "ipc"],
        what: "Arrow files are not supported",
        mend: "write them as Parquet, with `datasets`: load_from_disk(FOLDER).to_parquet(FILE)",
    },
    Refusal {
        endings: &["tar", "tgz"],
        what: "archives (such as WebDataset shards) are not supported",
        mend: "extract them into a folder, or write their texts as JSONL",
    },
    Refusal {
        endings: &["xz", "bz2", "lz4", "br", "zip", "7z", "rar", "lzma", "snappy"],
        what: "this compression is not supported",
        mend: "decompress it, or compress with zstd or gzip",
    },
    Refusal {
        endings: &["csv", "tsv", "xlsx", "orc", "avro"],
        what: "this kind of table is not supported as a corpus",
        mend: "write it as JSONL or Parquet",
    },
    Refusal {
        endings: &[
            "png",
            "jpg",
            "jpeg",
            "gif",
            "webp",
            "ico",
            "bmp",
            "tif",
            "tiff",
            "pdf",
            "so",
            "o",
            "a",
            "dll",
            "dylib",
            "exe",
            "pyc",
            "class",
            "jar",
            "wasm",
            "woff",
            "woff2",
            "ttf",
            "otf",
            "eot",
            "mp3",
            "mp4",
            "wav",
            "avi",
            "mov",
            "ogg",
            "webm",
            "sqlite",
            "db",
            "pkl",
            "pickle",
            "pt",
            "pth",
            "safetensors",
            "gguf",
            "h5",
            "hdf5",
            "onnx",
            "docx",
            "pptx",
            "mo",
            "dat",
            "crc",
        ],
        what: "a binary format is not plain text",
        mend: "give text, JSONL or Parquet files",
    },
];
const COMPRESSED_PARQUET: Refusal = Refusal {
    endings: &[],
    what: "compressed Parquet files are not supported",
    mend: "decompress it (Parquet is compressed internally)",
};
const COMPANIONS: &[&str] = &[
    "readme",
    "license",
    "licence",
    "dataset_info.json",
    "dataset_infos.json",
    "dataset_dict.json",
    "state.json",
    "index.json",
];
/// What Spark, Databricks and others write beside data, and the folders' own settings of macOS.
const BOOKKEEPING: &[&str] = &["_success", "_metadata", "_common_metadata", ".ds_store"];
const BOOKKEEPING_BEGINNINGS: &[&str] = &["_committed_", "_started_"];

impl NameSays {
    /// Reads a file's name.
    pub fn of(file: &Path) -> Self {
        let name = file.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let own = name.strip_suffix(".crc").unwrap_or(&name);
        if BOOKKEEPING.contains(&own) || BOOKKEEPING_BEGINNINGS.iter().any(|beginning| own.starts_with(beginning)) {
            return Self::Bookkeeping;
        }
        let (inner, packed) = match name.rsplit_once('.') {
            Some((inner, "gz" | "zst" | "zstd")) => (inner, true),
            _ => (name.as_str(), false),
        };
        if COMPANIONS.iter().any(|companion| inner == *companion || inner.split('.').next() == Some(companion)) {
            return Self::Companion;
        }
        // A name such as `json` or `.json` has no ending.
        let ending = inner.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map_or("", |(_, ending)| ending);
        match ending {
            "jsonl" | "ndjson" => Self::Format(FileFormat::JsonLines),
            "json" if packed => Self::Format(FileFormat::JsonLines),
            "json" => Self::Json,
            "parquet" if packed => Self::Refused(&COMPRESSED_PARQUET),
            "parquet" => Self::Format(FileFormat::Parquet),
            _ => match REFUSALS.iter().find(|refusal| refusal.endings.contains(&ending)) {
                Some(refusal) => Self::Refused(refusal),
                None => Self::Format(FileFormat::PlainText),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(name: &str) -> NameSays {
        NameSays::of(Path::new(name))
    }

    #[test]
    fn names_of_corpora_say_their_format() {
        use FileFormat::{JsonLines, Parquet, PlainText};
        for (format, names) in [
            (JsonLines, "a.jsonl b/c.ndjson a.jsonl.gz a.JSONL.ZST a.json.gz part.000.json.zst x.jsonl.zstd"),
            (Parquet, "data/train-00000-of-00001.parquet A.PARQUET"),
            (PlainText, "a.txt a.md a.rs a.txt.gz Makefile a.py.zst notes.gz x.tar_notes json .json"),
        ] {
            for name in names.split(' ') {
                assert_eq!(says(name), NameSays::Format(format), "{name}");
            }
        }
        assert_eq!(says("a.json"), NameSays::Json);
    }

    #[test]
    fn other_formats_are_refused_with_a_way_out() {
        for (names, what) in [
            ("a.npy tokens.bin tokens.idx x.ds", "contain no text"),
            ("shard.00000.mds shard.00000.mds.zstd", "MDS"),
            ("data-00000-of-00001.arrow", "Arrow"),
            ("0001.tar 0001.tar.gz 0001.tgz", "archives"),
            ("a.jsonl.xz a.zip", "compression"),
            ("a.csv", "table"),
            ("a.parquet.gz", "compressed Parquet files"),
            ("a.png", "binary"),
        ] {
            for name in names.split(' ') {
                match says(name) {
                    NameSays::Refused(refusal) => {
                        assert!(refusal.what.contains(what), "{name}: {}", refusal.what);
                        assert!(!refusal.mend.is_empty());
                    }
                    other => panic!("{name}: {other:?}"),
                }
            }
        }
    }

    #[test]
    fn companions_of_data_sets_are_known() {
        for name in ["README.md", "README", "LICENSE.txt", "dataset_info.json", "state.json"] {
            assert_eq!(says(name), NameSays::Companion, "{name}");
        }
        for name in
            ["_SUCCESS", "_SUCCESS.crc", "_metadata", "_common_metadata", "_committed_17", "_started_17", ".DS_Store"]
        {
            assert_eq!(says(name), NameSays::Bookkeeping, "{name}");
        }
        assert_eq!(says("_metadata.jsonl"), NameSays::Format(FileFormat::JsonLines));
    }
}
