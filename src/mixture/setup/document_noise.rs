//! Measurement noise with names: the documents of a study, ready to draw from, and what they say of its numbers.

use nalgebra::DMatrix;

use mixopt_base::list;
use mixopt_study::{DocumentSums, JoinedStudy, LabelledMatrix, Study};
use mixopt_trust::{DocumentBits, DocumentsError, DomainDocuments, LEAST_DOCUMENTS};

/// The documents of these domains under these models, in this order; a domain without any has none.
fn select(documents: &DocumentSums, models: &[String], domains: &[String]) -> Vec<DomainDocuments> {
    let rows: Vec<Option<usize>> =
        models.iter().map(|model| documents.models.iter().position(|name| name == model)).collect();
    domains
        .iter()
        .map(|name| match documents.domains.iter().find(|domain| domain.name == *name) {
            None => DomainDocuments { sizes: Vec::new(), bits: vec![None; models.len()] },
            Some(domain) => DomainDocuments {
                sizes: domain.sizes.clone(),
                bits: rows.iter().map(|row| row.and_then(|row| domain.bits[row].clone())).collect(),
            },
        })
        .collect()
}

/// The documents in the order of a joined study. `rates`: as for [`DocumentBits::new`].
///
/// # Errors
/// A rate that is not above zero, or not one a domain.
pub(crate) fn document_bits(
    documents: &DocumentSums,
    joined: &JoinedStudy,
    rates: Option<&[f64]>,
) -> Result<DocumentBits, DocumentsError> {
    DocumentBits::new(&joined.bits, select(documents, &joined.models, &joined.domains), rates)
}

/// What the user should know of the documents of a study, over the whole compression table: how large its standard errors
/// are, and which domains have none. Nothing for a study without documents.
pub fn measurement_messages(study: &Study) -> Vec<String> {
    let Some(sums) = &study.documents else { return Vec::new() };
    let compression = &study.compression.matrix;
    // Levels do not matter to the errors, and a cell that the table lacks has no part in them.
    let levels = DMatrix::zeros(compression.rows.len(), compression.columns.len());
    let selected = select(sums, &compression.rows, &compression.columns);
    let Ok(documents) = DocumentBits::new(&levels, selected, None) else { return Vec::new() };
    let mut messages = Vec::new();
    let without: Vec<String> = documents.without_noise().iter().map(|&d| compression.columns[d].clone()).collect();
    if !without.is_empty() {
        messages.push(format!(
            "{}: fewer than {LEAST_DOCUMENTS} documents in common between models, so the measurement counts as exact on: {}",
            sums.file.display(),
            list(&without)
        ));
    }
    messages.extend(sizes_of_errors(sums, compression, &documents));
    messages
}

/// The sentence on standard errors; `None` where no cell has one.
fn sizes_of_errors(sums: &DocumentSums, compression: &LabelledMatrix, documents: &DocumentBits) -> Option<String> {
    let (rows, columns) = (compression.rows.len(), compression.columns.len());
    let cells: Vec<(usize, usize)> = (0..columns)
        .flat_map(|j| (0..rows).map(move |i| (i, j)))
        .filter(|&(i, j)| documents.has_noise(i, j) && !compression.values[(i, j)].is_nan())
        .collect();
    let described = |errors: DMatrix<f64>| {
        let mut sorted = cells.clone();
        sorted.sort_by(|&a, &b| errors[a].total_cmp(&errors[b]));
        let (middle, last) = (*sorted.get(sorted.len() / 2)?, *sorted.last()?);
        let (model, domain) = (&compression.rows[last.0], &compression.columns[last.1]);
        Some(format!("median {}, largest {} ({model} on {domain})", short(errors[middle]), short(errors[last])))
    };
    Some(format!(
        "standard errors of {} from the sample of documents: {}; relative to the models' mean on the same documents: {}",
        sums.unit.bits_name().replace('_', " "),
        described(documents.standard_errors())?,
        described(documents.relative_errors())?
    ))
}

/// Two significant digits.
fn short(error: f64) -> String {
    let digits = if error > 0.0 { (1.0 - error.log10().floor()).clamp(0.0, 12.0) as usize } else { 0 };
    format!("{error:.digits$}")
}
