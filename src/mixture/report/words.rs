//! Numbers as sentences have them.

/// Three decimals with a sign, a real minus, and no sign for what prints as zero.
pub fn signed(value: f64) -> String {
    let rounded = (1000.0 * value).round() / 1000.0;
    if rounded == 0.0 { "0.000".to_string() } else { format!("{rounded:+.3}").replacen('-', "−", 1) }
}

/// A share in percent without decimals; what is nearly all is not all, and what is hardly any is not none.
pub fn percent(share: f64) -> String {
    let value = 100.0 * share;
    match value {
        _ if share > 0.0 && value < 0.5 => "<1%".to_string(),
        _ if share < 1.0 && value >= 99.5 => ">99%".to_string(),
        _ => format!("{value:.0}%"),
    }
}

/// A p-value: three decimals, four where it is small.
pub fn p_value(p: f64) -> String {
    if p < 0.01 { format!("{p:.4}") } else { format!("{p:.3}") }
}
