//! Scores: bits per character of language models over corpora.
