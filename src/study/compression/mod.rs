//! Bits per character of models on domains, by domain and by document.

mod averages;
pub(crate) mod bpc;
pub(crate) mod bpc_file;
pub(crate) mod document_table;
pub(crate) mod documents;
