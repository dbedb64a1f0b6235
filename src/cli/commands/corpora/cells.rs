//! Counts in the cells of a table.

use crate::cli::text::numbers::grouped;

/// A count with its thousands apart, or a dash.
pub fn shown(count: Option<u64>) -> String {
    count.map_or("–".to_string(), grouped)
}

/// A standard error, which is an estimate itself: three digits say all that it does.
pub fn shown_error(error: Option<f64>) -> String {
    match error {
        None => String::new(),
        Some(error) if error < 100.0 => format!("±{error:.1}"),
        Some(error) => {
            let unit = 10_f64.powi(error.log10().floor() as i32 - 2);
            format!("±{}", grouped(((error / unit).round() * unit) as u64))
        }
    }
}

/// A value in a table for programs, or nothing.
pub fn plain(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
