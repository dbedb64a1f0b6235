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
mod fit_settings;
mod folder;
mod formats;
mod output;
mod outputs;
mod planning;
mod predict;
mod refit;
mod schemas;
mod score;
mod screen;
