//! Tokenizers of both kinds, checked against Hugging Face.
