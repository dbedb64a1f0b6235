//! Files of documents in the formats that data teams have.

pub(crate) mod byte_stream;
pub(crate) mod fault;
pub(crate) mod fields;
pub(crate) mod file_format;
pub(crate) mod gzip_members;
pub(crate) mod json_lines;
pub(crate) mod not_numbers;
pub(crate) mod parquet;
pub(crate) mod parquet_columns;
pub(crate) mod plain_text;
pub(crate) mod record;
