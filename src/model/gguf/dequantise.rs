//! From stored blocks to 32-bit floats, in the order of rows that is asked for.

use std::borrow::Cow;

use candle_core::CpuStorage;
use half::{bf16, f16};
use rayon::prelude::*;

use super::encoding::Encoding;

/// Elements that one thread converts at a time.
const PIECE: usize = 1 << 16;

/// A matrix as the file stores it: whole blocks, row after row.
pub(super) struct StoredRows<'a> {
    /// Its bytes: `rows * columns / block_elements * block_bytes`.
    pub(super) bytes: &'a [u8],
    /// How they are stored.
    pub(super) encoding: Encoding,
    /// Elements of a row, a multiple of the encoding's block.
    pub(super) columns: usize,
}

impl StoredRows<'_> {
    /// The rows `source(0)`, `source(1)` … `source(rows - 1)` one after another.
    ///
    /// The result does not depend on the number of threads: every row is converted by itself.
    ///
    /// # Errors
    /// What candle says of blocks that it cannot convert, or that a row lies outside of the tensor.
    pub(super) fn read(&self, rows: usize, source: impl Fn(usize) -> usize + Sync) -> Result<Vec<f32>, String> {
        let mut values = vec![0f32; rows * self.columns];
        if values.is_empty() {
            return Ok(values);
        }
        let rows_at_once = (PIECE / self.columns).max(1);
        values.par_chunks_mut(rows_at_once * self.columns).enumerate().try_for_each(|(piece, values)| {
            let first = piece * rows_at_once;
            let end = first + values.len() / self.columns;
            let mut row = first;
            while row < end {
                // Rows that follow one another in the file are converted in one go.
                let start = source(row);
                let run = (row..end).take_while(|&next| source(next) == start + (next - row)).count();
                let out = &mut values[(row - first) * self.columns..(row - first + run) * self.columns];
                decode(self.encoding, self.rows(start, run)?, out)?;
                row += run;
            }
            Ok::<(), String>(())
        })?;
        Ok(values)
    }

    fn rows(&self, start: usize, count: usize) -> Result<&[u8], String> {
        let row_bytes = self.columns / self.encoding.block_elements() * self.encoding.block_bytes();
        self.bytes
            .get(start * row_bytes..(start + count) * row_bytes)
            .ok_or_else(|| format!("has no rows {start} to {}", start + count))
    }
}

fn decode(encoding: Encoding, bytes: &[u8], out: &mut [f32]) -> Result<(), String> {
    match encoding {
        Encoding::F32 => {
            for (out, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                *out = f32::from_le_bytes(*bytes);
            }
        }
        Encoding::F16 => {
            for (out, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                *out = f16::from_le_bytes(*bytes).to_f32();
            }
        }
        Encoding::Bf16 => {
            for (out, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                *out = bf16::from_le_bytes(*bytes).to_f32();
            }
        }
        // The blocks are aligned: the header's check lets a tensor begin at multiples of 8 bytes of the mapped file only,
        // and blocks of a type have a size that is a multiple of their alignment.
        Encoding::Blocks(kind) => {
            let blocks = kind.from_data(Cow::Borrowed(bytes));
            match blocks.dequantize(out.len()).map_err(|error| error.to_string())? {
                CpuStorage::F32(values) if values.len() == out.len() => out.copy_from_slice(&values),
                _ => return Err("was not converted to 32-bit floats".to_string()),
            }
        }
    }
    Ok(())
}
