//! What a run leaves: parts on disk, the journal of them, and tables.

pub(crate) mod journal;
pub(crate) mod part;
pub(crate) mod rows;
pub(crate) mod tables;
