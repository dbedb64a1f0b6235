//! Studies as people have them: folders of results with odd entries, names that differ, several runs of one model.

mod averages;
mod averages_of_domains;
mod folder;
mod identity;
mod metrics;
mod names_in_tables;
mod odd_entries;
mod samples;
mod shots;
mod sizes;
mod tables_of_files;
