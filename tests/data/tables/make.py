"""Writes the Parquet tables of types that Rust's writer here does not have, with Arrow's own (pyarrow 26)."""

import datetime
import decimal
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).parent
NUMBERS = {
    "int8": pa.int8(), "int16": pa.int16(), "int32": pa.int32(), "int64": pa.int64(),
    "uint8": pa.uint8(), "uint16": pa.uint16(), "uint32": pa.uint32(), "uint64": pa.uint64(),
    "float16": pa.float16(), "float32": pa.float32(), "float64": pa.float64(),
    "decimal32": pa.decimal32(9, 3), "decimal64": pa.decimal64(18, 6), "decimal128": pa.decimal128(38, 10),
}
texts = ["nan", "acme/m,2", None]
day = datetime.date(2024, 2, 29)
moment = datetime.datetime(2024, 2, 29, 12, 30)
columns = {name: pa.array([1, 2, None]).cast(kind) if "decimal" not in name
           else pa.array([decimal.Decimal(1), decimal.Decimal(2), None], kind) for name, kind in NUMBERS.items()}
columns |= {
    "large": pa.array([2**53 + 1, 2**53, 7], pa.uint64()),
    "text": pa.array(texts),
    "large_text": pa.array(texts, pa.large_string()),
    "binary": pa.array([text and text.encode() for text in texts], pa.binary()),
    "dictionary": pa.array(texts).dictionary_encode(),
    "bytes": pa.array([b"\xff\xfe", b"a", None], pa.binary()),
    "nothing": pa.nulls(3),
    "bool": pa.array([True, False, None]),
    "date": pa.array([day, day, None]),
    "timestamp": pa.array([moment, moment, None], pa.timestamp("us", "UTC")),
    "time": pa.array([moment.time(), moment.time(), None], pa.time64("us")),
    "duration": pa.array([1, 2, None], pa.duration("s")),
    "list": pa.array([["x"], [], None]),
    "struct": pa.array([{"a": 1}, {"a": 2}, None]),
    "map": pa.array([[("a", 1)], [], None], pa.map_(pa.string(), pa.int64())),
}
pq.write_table(pa.table(columns), HERE / "types.parquet")

# As many rows as one likes in a few bytes: one value, repeated.
pq.write_table(pa.table({"model": pa.array(["a"]).dictionary_encode().take(pa.array([0] * 6_000_000))}),
               HERE / "many-rows.parquet", row_group_size=6_000_000, compression="zstd")
