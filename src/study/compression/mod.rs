//! TODO

pub(crate) mod bpc;
pub(crate) mod bpc_file;
pub(crate) mod document_table;
pub(crate) mod documents;
