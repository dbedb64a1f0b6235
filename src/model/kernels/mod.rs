//! What lies between the matrix products, for 32-bit numbers on the processor: one pass over memory each, vectorised for
//! the processor at hand.
//!
//! candle's general operations stand in for these on other devices and for other types.

mod activation;
mod add;
mod exponential;
mod heads;
mod log_sum;
mod normalise;
mod scan;
mod softmax;

pub use activation::{activate, gate};
pub use add::add;
pub use heads::{Part, rotate, split_heads};
pub use log_sum::{LogSum, log_sums};
pub use normalise::normalise;
pub use scan::{Scan, causal_convolution, scan};
pub use softmax::{CausalSoftmax, Mask};

use candle_core::{CpuStorage, DType, Device, Result, Storage, Tensor};

/// Whether these kernels apply to a tensor.
pub fn apply_to(tensor: &Tensor) -> bool {
    matches!(tensor.device(), Device::Cpu) && tensor.dtype() == DType::F32
}

/// Hands the numbers of a contiguous 32-bit tensor in memory to a function.
pub fn with_numbers<T>(tensor: &Tensor, read: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    let Storage::Cpu(CpuStorage::F32(numbers)) = &*storage else {
        candle_core::bail!("32-bit numbers in memory were expected")
    };
    let start = layout.start_offset();
    match numbers.get(start..start + layout.shape().elem_count()) {
        Some(numbers) => read(numbers),
        None => candle_core::bail!("a tensor's layout lies outside its storage"),
    }
}
