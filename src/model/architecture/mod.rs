//! What a model is, as data, from its configuration.

pub(crate) mod configuration;
pub(crate) mod cost;
pub(crate) mod description;
pub(crate) mod inventory;
pub(crate) mod rotary;
pub(crate) mod selection;
