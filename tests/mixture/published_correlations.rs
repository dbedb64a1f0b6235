//! The embedded study gives the correlations that arXiv 2404.09937v2 prints.

use mixopt_mixture::correlate;
use mixopt_study::{EmbeddedStudy, Pattern, Selection};

/// Compression is printed with three decimals, so correlations are good to 0.004 and errors to 0.001 (the source's own
/// recomputation misses its print by as much).
const PEARSON_TOLERANCE: f64 = 0.004;
const RMSE_TOLERANCE: f64 = 0.001;
/// The same figures recomputed in NumPy from the same table, printed with four decimals.
const RECOMPUTED_TOLERANCE: f64 = 0.000_051;
/// That recomputation took area averages as printed, to 0.1 point; here they are means of the benchmarks.
const AVERAGE_TOLERANCE: f64 = 0.004;

fn number(text: &str) -> f64 {
    text.parse().expect("a number in the test data")
}

#[test]
fn nineteen_published_correlations_are_reproduced() {
    let study = EmbeddedStudy::find("huang2024").unwrap().read(None).unwrap();
    let mut reader = csv::Reader::from_reader(include_str!("../data/published_correlations.csv").as_bytes());
    let mut compared = 0;
    for record in reader.records() {
        let record = record.unwrap();
        let field = |name: &str| {
            let header = [
                "where",
                "domain",
                "target",
                "dropped_family",
                "models",
                "reported_pearson",
                "reported_rmse",
                "pearson",
                "rmse",
                "slope",
                "intercept",
            ];
            record[header.iter().position(|column| *column == name).unwrap()].to_string()
        };
        let mut selection = Selection::default();
        if !field("dropped_family").is_empty() {
            selection
                .drop_families
                .push(Pattern::parse(mixopt_base::Setting::DropFamilies, &field("dropped_family")).unwrap());
        }
        let cells = correlate(&study, &[field("target")], &selection).unwrap();
        let cell = cells.iter().find(|cell| cell.domain == field("domain")).unwrap();
        let name = format!("{} {} on {}", field("where"), field("target"), field("domain"));
        assert_eq!(cell.models.to_string(), field("models"), "{name}");
        let near = |ours: Option<f64>, column: &str, tolerance: f64| {
            let (ours, theirs) = (ours.unwrap(), number(&field(column)));
            assert!((ours - theirs).abs() <= tolerance, "{name}: {column} is {ours}, not {theirs}");
        };
        near(cell.pearson, "reported_pearson", PEARSON_TOLERANCE);
        near(cell.rmse, "reported_rmse", RMSE_TOLERANCE);
        let is_average = ["knowledge", "coding", "math", "overall"].contains(&field("target").as_str());
        let tolerance = if is_average { AVERAGE_TOLERANCE } else { RECOMPUTED_TOLERANCE };
        near(cell.pearson, "pearson", tolerance);
        near(cell.rmse, "rmse", tolerance);
        near(cell.slope, "slope", tolerance);
        near(cell.intercept, "intercept", tolerance);
        compared += 1;
    }
    assert_eq!(compared, 19);
}
