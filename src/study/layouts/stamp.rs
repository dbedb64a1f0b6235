//! Times of runs, brought to one form that sorts: `2024-06-13T10:20:30.123456`.
//!
//! Time zones are left as the tool wrote them: only runs of one tool are ever compared.

use std::path::Path;

/// Ways in which a time stands in file names and values; `d` is a digit, `T` and `:` stand for themselves and for the
/// signs that file names put in their place.
const FORMS: [&str; 3] = ["dddd-dd-ddTdd:dd:dd", "dddddddd_dddddd", "dddd-dd-dd"];

/// The time in a text or file name, if it has one.
pub(super) fn from_text(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    FORMS.iter().find_map(|form| {
        (0..bytes.len()).filter(|&at| at == 0 || !bytes[at - 1].is_ascii_digit()).find_map(|at| {
            let found = bytes.get(at..at + form.len())?;
            let fits = found.iter().zip(form.bytes()).all(|(&byte, sign)| match sign {
                b'd' => byte.is_ascii_digit(),
                b'T' => matches!(byte, b'T' | b' ' | b'_'),
                b':' => matches!(byte, b':' | b'-'),
                other => byte == other,
            });
            if !fits {
                return None;
            }
            let digits: String = found.iter().filter(|byte| byte.is_ascii_digit()).map(|&byte| byte as char).collect();
            let fraction: String = match bytes.get(at + form.len()) {
                Some(b'.') if form.contains('T') => {
                    let rest = &bytes[at + form.len() + 1..];
                    rest.iter().take_while(|byte| byte.is_ascii_digit()).take(6).map(|&byte| byte as char).collect()
                }
                _ => String::new(),
            };
            spell(&digits, &fraction)
        })
    })
}

fn spell(digits: &str, fraction: &str) -> Option<String> {
    let number = |from: usize, to: usize| digits.get(from..to).map_or(Some(0), |text| text.parse::<u32>().ok());
    let (month, day) = (number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let possible = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
    let year = digits.get(..4)?;
    possible.then(|| format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:0<6}"))
}

/// The time in a file's name, if it has one.
pub(super) fn from_file_name(file: &Path) -> Option<String> {
    from_text(file.file_name()?.to_str()?)
}

/// Seconds since 1970 as a time.
///
/// # Source
/// Days to a civil date: Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
pub(super) fn from_unix(seconds: f64) -> Option<String> {
    // Below the year 10000, so that four digits are enough.
    if !(0.0..253_402_300_800.0).contains(&seconds) {
        return None;
    }
    let micros = (seconds * 1e6).round() as u64;
    let (days, second_of_day) = (micros / 86_400_000_000, micros / 1_000_000 % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
    let micro = micros % 1_000_000;
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_all() {
        for (text, expected) in [
            ("results_2024-06-13T10-20-30.123456.json", Some("2024-06-13T10:20:30.123456")),
            ("results_2024-06-13T10-20-30.5.json", Some("2024-06-13T10:20:30.500000")),
            ("2024-06-13 10:20:30 UTC", Some("2024-06-13T10:20:30.000000")),
            ("summary_20240613_102030.csv", Some("2024-06-13T10:20:30.000000")),
            ("2024-06-13", Some("2024-06-13T00:00:00.000000")),
            ("results_2024-13-13.json", None),
            ("step-120240613_102030", None),
            ("results.json", None),
            ("é2024", None),
        ] {
            assert_eq!(from_text(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn seconds_become_dates() {
        for (seconds, expected) in [
            (0.0, Some("1970-01-01T00:00:00.000000")),
            (951_782_400.0, Some("2000-02-29T00:00:00.000000")),
            (1_718_274_030.5, Some("2024-06-13T10:20:30.500000")),
            (-1.0, None),
            (f64::NAN, None),
        ] {
            assert_eq!(from_unix(seconds).as_deref(), expected, "{seconds}");
        }
    }
}
