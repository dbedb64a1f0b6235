//! Sums of tensors.

use candle_core::{Device, Result, Tensor};

use super::with_numbers;

/// `x + factor · y` of two tensors of one shape.
///
/// candle would wake a pool of threads of its own for each sum, beside the threads that work on other windows.
pub fn add(x: &Tensor, y: &Tensor, factor: f32) -> Result<Tensor> {
    if x.dims() != y.dims() {
        candle_core::bail!("a sum of {:?} and {:?}", x.dims(), y.dims());
    }
    let sum = with_numbers(x, |x| {
        with_numbers(y, |y| {
            Ok(if factor == 1.0 {
                x.iter().zip(y).map(|(x, y)| x + y).collect::<Vec<f32>>()
            } else {
                x.iter().zip(y).map(|(x, y)| x + factor * y).collect()
            })
        })
    })?;
    Tensor::from_vec(sum, x.shape().clone(), &Device::Cpu)
}
