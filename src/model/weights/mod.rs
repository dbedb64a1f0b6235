//! Tensors, from the files that hold them to the parts that need them.

pub(crate) mod mapped;
pub(crate) mod safetensors;
pub(crate) mod tensors;
pub(crate) mod unused;
