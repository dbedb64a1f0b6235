//! How many threads compute.

/// Computes on so many threads from here on; without a number, on all processors.
pub fn use_threads(threads: Option<u32>) -> anyhow::Result<()> {
    if let Some(threads) = threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads as usize).build_global()?;
    }
    Ok(())
}
