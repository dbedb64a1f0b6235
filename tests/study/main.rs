//! Studies as people have them: folders of results with odd entries, names that differ, several runs of one model.

mod averages;
mod folder;
mod identity;
mod metrics;
mod odd_entries;
mod samples;
mod shots;
mod sizes;
