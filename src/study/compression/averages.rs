//! Averages are no domains: tables of other tools often have the mean of their domains as one more column.

use std::collections::BTreeMap;

use nalgebra::DMatrix;

use super::bpc::CompressionTable;
use mixopt_base::Setting;

/// Words that name an average.
const WORDS: [&str; 7] = ["avg", "average", "averages", "averaged", "mean", "means", "overall"];
/// Fewest domains that a mean is looked for among; each is near the mean of itself and one other.
const LEAST_OTHERS: usize = 2;
/// Fewest models that a mean has to fit: of one or two, it may by chance.
const LEAST_MODELS: usize = 3;
/// Greatest chance that any number between the least and the greatest of the others would fit: numbers of few digits are
/// near any mean.
const MOST_CHANCE: f64 = 1e-3;
/// Greatest relative difference of a mean that was written in full.
const EXACT: f64 = 1e-6;

impl CompressionTable {
    /// Leaves out domains that are averages of the others, by their name or by their values, with a note. A table of
    /// nothing else keeps them.
    pub(crate) fn leave_out_averages(&mut self) {
        let columns = &self.matrix.columns;
        let (named, others): (Vec<usize>, Vec<usize>) =
            (0..columns.len()).partition(|&column| is_named_average(&columns[column]));
        // A mean of all would hide among named ones, and several means of one table are rare: one is looked for.
        let unnamed = others.iter().copied().find(|&column| {
            let rest: Vec<usize> = others.iter().copied().filter(|&other| other != column).collect();
            is_mean(&self.matrix.values, column, &rest)
        });
        let left: Vec<usize> = others.iter().copied().filter(|&column| Some(column) != unnamed).collect();
        if left.is_empty() || (named.is_empty() && unnamed.is_none()) {
            return;
        }
        let mut out: Vec<usize> = named.iter().copied().chain(unnamed).collect();
        out.sort_unstable();
        for &column in &out {
            let reason = if is_mean(&self.matrix.values, column, &left) {
                "is the mean of the other domains, not a domain, and was left out"
            } else if can_be_compared(&self.matrix.values, column, &left) {
                "is named like an average, though it is not the mean of the other domains, and was left out"
            } else {
                "is named like an average, not a domain, and was left out"
            };
            self.messages.push(format!("`{}` {reason} (`{}` keeps it)", columns[column], Setting::KeepAverages));
        }
        self.averages = out.iter().map(|&column| columns[column].clone()).collect();
        let rows: Vec<usize> = (0..self.matrix.rows.len()).collect();
        let kept: Vec<usize> = (0..columns.len()).filter(|column| !out.contains(column)).collect();
        let faults = std::mem::take(&mut self.faults);
        let moved = |((row, column), fault)| Some(((row, kept.iter().position(|&old| old == column)?), fault));
        self.faults = faults.into_iter().filter_map(moved).collect::<BTreeMap<_, _>>();
        self.matrix = self.matrix.select(&rows, &kept);
    }
}

/// Whether a name has a word for an average in it: `bpc_avg`, `Macro Average`, `avg3`, `meanBpc`.
fn is_named_average(name: &str) -> bool {
    let mut words = vec![String::new()];
    let mut last = ' ';
    for character in name.chars() {
        let begins = !character.is_alphabetic() || (last.is_lowercase() && character.is_uppercase());
        match words.last_mut() {
            Some(word) if !begins => word.extend(character.to_lowercase()),
            _ if character.is_alphabetic() => words.push(character.to_lowercase().collect()),
            _ => words.push(String::new()),
        }
        last = character;
    }
    words.iter().any(|word| WORDS.contains(&word.as_str()))
}

/// Models that have a value in a column and in all of the others.
fn complete_rows(values: &DMatrix<f64>, column: usize, others: &[usize]) -> Vec<usize> {
    let complete = |&row: &usize| !values[(row, column)].is_nan() && others.iter().all(|&j| !values[(row, j)].is_nan());
    (0..values.nrows()).filter(complete).collect()
}

/// Whether there are enough domains and models to tell a mean.
fn can_be_compared(values: &DMatrix<f64>, column: usize, others: &[usize]) -> bool {
    others.len() >= LEAST_OTHERS && complete_rows(values, column, others).len() >= LEAST_MODELS
}

/// Whether a column is, within its rounding, the mean of the others for every model that has all of them.
fn is_mean(values: &DMatrix<f64>, column: usize, others: &[usize]) -> bool {
    if !can_be_compared(values, column, others) {
        return false;
    }
    let rows = complete_rows(values, column, others);
    // Zeros at the end of a number are lost, so that the digits of the whole column count.
    let decimals = rows.iter().map(|&row| decimals(values[(row, column)])).max().unwrap_or(0);
    // The slack is of the sum's own rounding.
    let half_unit = 0.5 * 10_f64.powi(-decimals) * (1.0 + 1e-9);
    let fits = |tolerance: &dyn Fn(f64) -> f64| {
        let mut chance = 1.0;
        let all = rows.iter().all(|&row| {
            let of_others = || others.iter().map(|&j| values[(row, j)]);
            let mean = of_others().sum::<f64>() / others.len() as f64;
            let spread = of_others().fold(f64::NEG_INFINITY, f64::max) - of_others().fold(f64::INFINITY, f64::min);
            chance *= 2.0 * tolerance(mean) / spread;
            (values[(row, column)] - mean).abs() <= tolerance(mean)
        });
        all && chance <= MOST_CHANCE
    };
    fits(&|mean| EXACT * mean.abs()) || fits(&|_| half_unit)
}

/// Digits after the point of the shortest text of a number.
fn decimals(value: f64) -> i32 {
    let text = value.to_string();
    text.split_once('.').map_or(0, |(_, digits)| i32::try_from(digits.len()).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_name_averages() {
        for name in
            ["avg", "AVG", "bpc_avg", "avg-bpc", "Macro Average", "bpc_avg3_calc", "meanBpc", "overall", "Overall (12)"]
        {
            assert!(is_named_average(name), "{name}");
        }
        for name in ["web", "meaning", "overalls", "avgas", "demean", "", "nan", "日本"] {
            assert!(!is_named_average(name), "{name}");
        }
    }

    #[test]
    fn a_mean_is_one_of_all_models_within_its_digits() {
        let table = |last: [f64; 3]| {
            DMatrix::from_row_slice(3, 3, &[0.591, 0.2585, last[0], 0.646, 0.2766, last[1], 0.62, 0.285, last[2]])
        };
        assert!(is_mean(&table([0.4248, 0.4613, 0.4525]), 2, &[0, 1]));
        assert!(is_mean(&table([0.42475, 0.4613, 0.4525]), 2, &[0, 1]));
        assert!(!is_mean(&table([0.4248, 0.4613, 0.4527]), 2, &[0, 1]));
        assert!(!is_mean(&table([0.4248, 0.4613, f64::NAN]), 2, &[0, 1]));
        assert!(!is_mean(&table([0.4248, 0.4613, 0.4525]), 2, &[0]));
        // Zeros that were not written, digits that say nothing, domains that are all the same.
        let of = |values: &[f64]| is_mean(&DMatrix::from_row_slice(3, 3, values), 2, &[0, 1]);
        assert!(of(&[0.8, 0.6, 0.7, 0.7, 0.5, 0.6, 0.6, 0.4, 0.5]));
        assert!(!of(&[0.8, 0.6, 0.7, 0.7, 0.4, 0.6, 0.6, 0.3, 0.5]));
        assert!(!of(&[0.8, 0.8, 0.8, 0.7, 0.7, 0.7, 0.6, 0.6, 0.6]));
    }
}
