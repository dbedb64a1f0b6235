//! The program as its users run it: what it prints, writes and refuses.

mod bad_files;
mod bad_options;
mod bad_tables;
mod control_characters;
mod corpora;
mod diff;
mod documents;
mod estimators;
mod evaluate;
mod export;
mod folder;
mod formats;
mod output;
mod outputs;
mod planning;
mod predict;
mod schemas;
mod score;
