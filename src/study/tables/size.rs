//! How large a table may be for its file.

/// Cells that every file may have.
pub(crate) const MOST_CELLS: u64 = 5_000_000;
/// Cells that a larger table may have for each byte of its file. A row that says anything new takes more bytes; one that
/// does not takes none in a packed format, so that a small file can ask for all of the memory.
pub(crate) const CELLS_A_BYTE: u64 = 8;

/// Refuses a table that has more cells than its file can mean.
///
/// # Errors
/// How large it is.
pub(crate) fn check_size(rows: usize, columns: usize, bytes: u64) -> Result<(), String> {
    let cells = (rows as u64).saturating_mul(columns as u64);
    if cells <= MOST_CELLS.max(bytes.saturating_mul(CELLS_A_BYTE)) {
        return Ok(());
    }
    Err(format!(
        "{rows} rows of {columns} columns in {bytes} bytes, more than {MOST_CELLS} cells and more than {CELLS_A_BYTE} per byte"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_files_hold_no_large_tables() {
        assert!(check_size(1_000_000, 5, 100).is_ok());
        assert!(check_size(1_000_001, 5, 100).is_err());
        assert!(check_size(50_000_000, 1, 330_000).is_err());
        assert!(check_size(50_000_000, 8, 50_000_000).is_ok());
        assert!(check_size(usize::MAX, usize::MAX, 1 << 40).is_err());
    }
}
