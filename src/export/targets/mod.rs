//! The consumers, one file each or for those that share a format.

mod csv;
mod levanter;
mod megatron;
mod nanotron;
mod olmo_core;

use crate::study::nearest;

use super::error::ExportError;
use super::target::Target;

/// All consumers.
pub const TARGETS: [&Target; 10] = [
    &megatron::MEGATRON,
    &megatron::MEGATRON_TEXT,
    &megatron::MEGATRON_ARGUMENTS,
    &megatron::BRIDGE,
    &olmo_core::OLMO_CORE,
    &olmo_core::OLMIX,
    &levanter::LEVANTER,
    &levanter::MARIN,
    &nanotron::NANOTRON,
    &csv::CSV,
];

/// A consumer by name.
///
/// # Errors
/// [`ExportError::UnknownTarget`] with the nearest name.
pub fn target(name: &str) -> Result<&'static Target, ExportError> {
    TARGETS.into_iter().find(|target| target.name == name).ok_or_else(|| {
        let known: Vec<String> = TARGETS.iter().map(|target| target.name.to_string()).collect();
        ExportError::UnknownTarget { name: name.to_string(), nearest: nearest(name, &known) }
    })
}
