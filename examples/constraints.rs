//! Constraints: bounds of single domains, a group with a greatest share, and what each of them costs.
//!
//! ```text
//! cargo run --release --example constraints
//! ```

use mixopt::fit::{Bounds, Constraints, Part, Relation, Row, Silent, clash};
use mixopt::mixture::{DomainBound, FitError, FitSettings, GroupBound, find};
use mixopt::study::EmbeddedStudy;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The study that mixopt comes with: domains common_crawl, python and arxiv_math.
    let study = EmbeddedStudy::find("huang2024")?.read(None)?;

    // By name, as on the command line: web text makes up at least 40 %, code and mathematics together at most half.
    let settings = FitSettings {
        bounds: vec![DomainBound::parse("common_crawl=0.4..")?],
        groups: vec![GroupBound::parse("technical:python+arxiv_math<=0.5")?],
        // No intervals or significance, which take most of the time.
        refits: Some(0),
        ..FitSettings::new("mmlu")
    };
    let free = find(&study, &FitSettings { refits: Some(0), ..FitSettings::new("mmlu") }, &Silent)?;
    let bound = find(&study, &settings, &Silent)?;
    println!("free         {:.4}", free.answer.optimum.correlation);
    println!(
        "constrained  {:.4} (proven up to {:.1e})",
        bound.answer.optimum.correlation,
        bound.answer.optimum.gap.unwrap_or(1.0)
    );
    for (domain, share) in bound.answer.optimum.weights.iter().flatten() {
        println!("{domain:>14} {:5.1} %", 100.0 * share);
    }
    // What holds the optimum back, and what loosening it would gain.
    for binding in &bound.answer.optimum.binding {
        println!("binds: {}, {:.5} for each percentage point", binding.constraint, binding.price_per_point);
    }

    // Constraints that leave no mixture are an error that names a smallest set of those that clash.
    let impossible = FitSettings { bounds: vec![DomainBound::parse("python=0.6..")?], ..settings };
    match find(&study, &impossible, &Silent) {
        Err(FitError::Clash { constraints }) => println!("cannot hold together: {}", constraints.join(" and ")),
        Err(other) => return Err(other.into()),
        Ok(_) => println!("a mixture was left after all"),
    }

    // The same without names, on positions of domains: Σ coefficient × share, compared with the right side.
    let at_most_half = Row { coefficients: vec![(1, 1.0), (2, 1.0)], relation: Relation::AtMost, right: 0.5 };
    let much_code = Row { coefficients: vec![(1, 1.0)], relation: Relation::AtLeast, right: 0.6 };
    let constraints = Constraints::new(Bounds::simplex(3), vec![at_most_half.clone()])?;
    println!("a mixture within the row: {:.3?}", constraints.any());
    let parts = [Part { rows: vec![at_most_half] }, Part { rows: vec![much_code] }];
    println!("parts that clash: {:?}", clash(&parts, 3)?);
    Ok(())
}
