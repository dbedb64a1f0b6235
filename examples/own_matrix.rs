//! Your own matrix: the fit alone, on numbers, without files or names.
//!
//! ```text
//! cargo run --release --example own_matrix
//! ```
//!
//! What NumPy users call an array of shape (models, domains) is a `DMatrix` here.

use mixopt::fit::{
    AnalysisSettings, CompressionColumns, Constraints, DMatrix, Design, Problem, Refitter, analyse, best_mixture,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Bits per character: a row for each of six models, a column for each of three domains. Lower is better.
    #[rustfmt::skip]
    let bits = DMatrix::from_row_slice(6, 3, &[
        0.635, 0.338, 0.500,
        0.568, 0.280, 0.430,
        0.652, 0.360, 0.505,
        0.590, 0.331, 0.462,
        0.700, 0.420, 0.570,
        0.615, 0.290, 0.470,
    ]);
    // What each model scores. Higher is better.
    let scores = [0.431, 0.548, 0.402, 0.511, 0.310, 0.494];

    // 1. The best mixture. `CompressionColumns` centres each column, `Design` puts the target beside them (model weights and
    //    covariates to control for would go where `None` and `&[]` stand). Shapes that do not fit together are errors.
    let columns = CompressionColumns::new(&bits)?;
    let design = Design::new(&columns, &scores, None, &[])?;
    let optimum = best_mixture(&design, &Constraints::simplex(3))?;

    // `weights` is `None` where no mixture correlates positively: that is an answer, not an error.
    match &optimum.weights {
        Some(weights) => println!("best mixture {weights:.3?}"),
        None => println!("no mixture correlates positively"),
    }
    // The certificate: whatever other mixture there is, it correlates at most at `bound`.
    println!("correlation {:.6}, bound {:.6}, gap {:.1e}", optimum.correlation, optimum.bound, optimum.gap());

    // 2. The whole analysis on the same numbers. Families (numbered from 0) are what the bootstrap draws.
    let problem = Problem::plain(bits, scores.to_vec(), vec![0, 0, 1, 1, 2, 2]);
    let settings = AnalysisSettings::default();
    // Everything is checked here, once; `analyse` has nothing left to refuse.
    let analysis = analyse(&Refitter::new(&problem, &settings)?);
    println!("recommended {:.3?} ({:?})", analysis.recommended.weights, analysis.recommended.status);
    for (domain, alone) in analysis.single.iter().enumerate() {
        println!("domain {domain} alone: correlation {:.3}", alone.pearson.unwrap_or(f64::NAN));
    }

    // 3. A shape that is wrong is told, not a crash.
    if let Err(error) = Design::new(&columns, &scores[..5], None, &[]) {
        println!("with one score missing: {error}");
    }
    Ok(())
}
