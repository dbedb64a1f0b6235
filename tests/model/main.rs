//! Language models against independent implementations, and files that are damaged.

mod bad_models;
mod gguf_families;
mod gguf_files;
mod gguf_real;
mod gguf_scores;
mod hub_folders;
mod language_models;
mod odd_tokenizers;
mod reference_models;
mod sizes;
mod unreadable_files;
mod unused_tensors;
