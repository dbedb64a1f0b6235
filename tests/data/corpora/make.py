#!/usr/bin/env python3
"""Writes the small corpora beside it and prints their counts, as Python counts them.

Needs `zstandard` and `pyarrow` (written with 0.25 and 26.0). The same eight documents, two without text, in each format:
plain JSONL, gzip of three members, zstd of three frames, Parquet in row groups of three.
"""

import gzip
import hashlib
import json
import pathlib

import pyarrow
import pyarrow.parquet
import zstandard

HERE = pathlib.Path(__file__).parent
TEXTS = [
    "The quick brown fox.\n",
    "",
    "Größe, façade, naïve: déjà vu.\r\nZweite Zeile\r\n",
    "\ufeffA byte order mark is a character.",
    "日本語のテキスト。",
    None,
    "Family 👨‍👩‍👧‍👦 and flag 🇫🇷",
    "tab\tnull\u0000quote\"backslash\\ e\u0301",
]
RECORDS = [
    {"id": f"doc-{n}", "text": text, "meta": {"url": f"https://example.org/{n}", "score": n / 8}, "source": "ab"[n % 2]}
    for n, text in enumerate(TEXTS)
]


def lines(records, ascii):
    return "".join(json.dumps(record, ensure_ascii=ascii) + "\n" for record in records).encode()


(HERE / "documents.jsonl").write_bytes(lines(RECORDS, ascii=True))
parts = [lines(RECORDS[:3], False), lines(RECORDS[3:4], True), lines(RECORDS[4:], False)]
(HERE / "documents.jsonl.gz").write_bytes(b"".join(gzip.compress(part, mtime=0) for part in parts))
(HERE / "documents.jsonl.zst").write_bytes(b"".join(zstandard.compress(part) for part in parts))

table = pyarrow.table(
    {
        "id": [record["id"] for record in RECORDS],
        "text": pyarrow.array(TEXTS, pyarrow.large_string()),
        "meta": [record["meta"] for record in RECORDS],
        "source": pyarrow.array([record["source"] for record in RECORDS]).dictionary_encode(),
        "added": pyarrow.array(range(8), pyarrow.timestamp("us")),
        "embedding": [[0.5, n] for n in range(8)],
    }
)
pyarrow.parquet.write_table(table, HERE / "documents.parquet", row_group_size=3, compression="zstd")

kept = [record for record in RECORDS if record["text"]]
print("documents", len(kept), "empty", len(RECORDS) - len(kept))
print("characters", sum(len(record["text"]) for record in kept))
print("bytes", sum(len(record["text"].encode()) for record in kept))
digest = hashlib.sha256()
for record in kept:
    for part in [record["id"], record["text"], None, record["meta"]["url"], record["source"]]:
        if part is None:
            digest.update((2).to_bytes(8, "little"))  # Two metadata values follow, each after a byte 1.
            continue
        if part in (record["meta"]["url"], record["source"]):
            digest.update(b"\1")
        digest.update(len(part.encode()).to_bytes(8, "little") + part.encode())
print("sha256", digest.hexdigest())
