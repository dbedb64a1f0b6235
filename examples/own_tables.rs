//! Your own tables: which mixture of domains tracks a benchmark best, and how sure is that?
//!
//! ```text
//! cargo run --release --example own_tables
//! ```
//!
//! Two tables go in, as CSV, Parquet, JSON or a result file of an evaluation tool: how many bits per character each model
//! needs on each domain, and what each model scores. A third, with each model's family, makes the held-out figures honest:
//! models of one family share data and tokenizer, so they are left out together.
//!
//! In Rust a call that can fail ends in `?`: the function returns at once with the error, which `main` prints.

use mixopt::fit::Silent;
use mixopt::mixture::{FitSettings, Kind, MixtureFile, find};
use mixopt::study::{Study, StudyFiles};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The files of the study that mixopt comes with; put your own in their place.
    let mut files = StudyFiles::new("benchmarks/huang2024/bits_per_character.csv", "benchmarks/huang2024/scores.csv");
    files.models = Some("benchmarks/huang2024/models.csv".into());
    let study = Study::read(&files)?;

    // All settings but the target have defaults: `..` takes the rest from the settings for that target.
    let settings = FitSettings { refits: Some(200), ..FitSettings::new("mmlu") };

    // `Silent` hears nothing of the progress. Put your own observer here for a progress bar, or to stop early.
    let report = find(&study, &settings, &Silent)?;

    println!("{} models of {} families", report.question.models, report.question.families);

    // The optimum comes with a proof: no mixture correlates better than `bound`.
    let optimum = &report.answer.optimum;
    println!("best correlation {:.4}, bound {:.4}", optimum.correlation, optimum.bound.unwrap_or(1.0));

    // The mixture to use is the one nearest to equal shares that the data cannot tell from the best.
    for (domain, share) in &report.answer.recommended.weights {
        println!("{domain:>14} {:5.1} %", 100.0 * share);
    }

    // How it does on families that it was not fitted on.
    if let Some(held_out) = report.held_out.recommended {
        println!("held out: correlation {:.3}", held_out.pearson.unwrap_or(f64::NAN));
    }

    // The verdict in sentences, as the program prints it.
    for sentence in &report.verdict {
        println!("{sentence}");
    }

    // The mixture as a file that can be kept, compared and exported. `None` would mean that there is no mixture.
    if let Some(file) = MixtureFile::new(&report, Kind::Recommended) {
        println!("\n{}", file.to_yaml()?.lines().take(7).collect::<Vec<_>>().join("\n"));
    }
    Ok(())
}
