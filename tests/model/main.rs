//! Language models against independent implementations, and files that are damaged.

mod bad_models;
mod gguf_families;
mod gguf_files;
mod gguf_real;
mod language_models;
mod reference_models;
