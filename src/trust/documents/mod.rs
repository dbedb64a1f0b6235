//! Measurement noise of bits: documents drawn with replacement.
//!
//! A domain's bits per character are `r = Σ b_k / Σ s_k` over its documents (bits `b_k`, characters `s_k`): a ratio of
//! sums over a sample of documents, so another sample gives another number. All models are measured on the same
//! documents, so what a sample has more or less of moves all of them alike: differences between models, which are all
//! that a correlation sees, are much surer than the levels.

use nalgebra::DMatrix;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use mixopt_fit::statistics::standard_deviation;
use mixopt_fit::{CompressionColumns, Refitter, Sample};

use crate::resampling::bootstrap::MeasurementNoise;
use crate::resampling::draws::{Purpose, generator};

/// Fewest documents that tell anything of the noise.
pub const LEAST_DOCUMENTS: usize = 2;
/// Where draws of documents alone begin among the streams of [`Purpose::Bootstrap`]: replicates never count that far.
const DOCUMENTS_ALONE: u64 = 1 << 55;

/// The documents of one domain.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DomainDocuments {
    /// Characters (or bytes) of each document, above zero.
    pub sizes: Vec<f64>,
    /// Bits of each document under each model, in the order of `sizes`; `None` for a model that was not measured on all
    /// of them. Length: models.
    pub bits: Vec<Option<Vec<f64>>>,
}

/// Documents that do not belong together.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DocumentsError {
    /// Not one entry for each model, domain or document.
    #[error("{found} {what}; expected {expected}")]
    Length {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// A size or rate that is not above zero, bits that are below it, or a number that is not finite.
    #[error("{what} is {found} at position {position} of domain {domain}; expected a finite number {expected}")]
    Value {
        /// What the number is.
        what: &'static str,
        /// Position of the domain, from 0.
        domain: usize,
        /// Position of the document or model, from 0.
        position: usize,
        /// The number.
        found: f64,
        /// The range that it should be in.
        expected: &'static str,
    },
}

/// Bits of models on domains with the documents that they were measured on: a source of draws of the same bits from
/// other samples of documents.
///
/// A cell is a model on a domain. It has noise where the domain has at least [`LEAST_DOCUMENTS`] documents and the model
/// was measured on all of them; every other cell is as measured in every draw.
#[derive(Debug, Clone)]
pub struct DocumentBits {
    /// Bits per unit as measured, models × domains.
    measured: DMatrix<f64>,
    domains: Vec<Documents>,
}

/// The documents of a domain with noise; none elsewhere.
#[derive(Debug, Clone, Default)]
struct Documents {
    sizes: Vec<f64>,
    /// Document after document, one entry a model; zero where the model has no noise. A draw goes through it once, in
    /// the order of memory.
    bits: Vec<f64>,
    /// Models with noise.
    is_drawn: Vec<bool>,
    /// How many of the units that bits are over one character (or byte) is.
    rate: f64,
}

impl DocumentBits {
    /// Takes the documents of every domain.
    ///
    /// # Shapes
    /// `measured`: bits per character (or byte), models × domains; `domains`: one entry a domain, each with one a model.
    /// `rates`: how many of another unit one character of each domain is (tokens per character); bits are then bits over
    /// that unit, `measured` too is divided by it. `None`: one each.
    ///
    /// # Errors
    /// [`DocumentsError`] where shapes do not fit, or a number is not what it can be.
    pub fn new(
        measured: &DMatrix<f64>,
        domains: Vec<DomainDocuments>,
        rates: Option<&[f64]>,
    ) -> Result<Self, DocumentsError> {
        let (model_count, domain_count) = measured.shape();
        length("domains with documents", domains.len(), domain_count)?;
        length("rates", rates.map_or(domain_count, <[f64]>::len), domain_count)?;
        let mut over_unit = measured.clone();
        let mut all = Vec::with_capacity(domain_count);
        for (d, documents) in domains.into_iter().enumerate() {
            let rate = rates.map_or(1.0, |rates| rates[d]);
            value("a rate", d, 0, rate, "above 0", rate > 0.0)?;
            for i in 0..model_count {
                value("a measured value", d, i, measured[(i, d)], "of bits", true)?;
                over_unit[(i, d)] /= rate;
            }
            all.push(Documents::new(d, documents, model_count, rate)?);
        }
        Ok(Self { measured: over_unit, domains: all })
    }

    /// Bits per unit as measured, models × domains.
    pub fn measured(&self) -> &DMatrix<f64> {
        &self.measured
    }

    /// Documents of a domain that are drawn from; zero where the domain has no noise.
    ///
    /// # Panics
    /// If there is no such domain.
    pub fn documents(&self, domain: usize) -> usize {
        self.domains[domain].sizes.len()
    }

    /// Domains without noise: fewer than [`LEAST_DOCUMENTS`] documents, or no model that was measured on all of them.
    pub fn without_noise(&self) -> Vec<usize> {
        (0..self.domains.len()).filter(|&d| self.domains[d].sizes.is_empty()).collect()
    }

    /// Whether a cell has noise, so that draws of it vary.
    ///
    /// # Panics
    /// If there is no such model or domain.
    pub fn has_noise(&self, model: usize, domain: usize) -> bool {
        let documents = &self.domains[domain];
        !documents.sizes.is_empty() && documents.is_drawn[model]
    }

    /// Standard error of every cell, in its own unit; models × domains. Zero where the cell has no noise
    /// ([`has_noise`](Self::has_noise)).
    ///
    /// # Equation
    /// With `n` documents, residuals `e_k = b_k − r s_k` and `r = Σ b_k / Σ s_k`,
    /// `SE² = n / (n − 1) · Σ e_k² / (Σ s_k)²`: the ratio to first order in the documents' deviations. Documents are
    /// taken for few of many and for independent of each other.
    ///
    /// # Source
    /// Cochran, *Sampling Techniques*, third edition 1977, chapter 6 (ratio estimators), without the correction for
    /// finite populations.
    pub fn standard_errors(&self) -> DMatrix<f64> {
        self.errors(|_, _| {})
    }

    /// Standard error of every cell less the mean of the domain's cells with noise (models of this domain on the same
    /// documents): what is left of the noise once what all models share is gone, as it is in a correlation. The same
    /// equation, with `e_k` less its mean over those models. Zero where the cell has no noise.
    pub fn relative_errors(&self) -> DMatrix<f64> {
        self.errors(|residuals, is_drawn| {
            let drawn = is_drawn.iter().filter(|&&drawn| drawn).count();
            let shared = residuals.iter().sum::<f64>() / drawn.max(1) as f64;
            for (residual, _) in residuals.iter_mut().zip(is_drawn).filter(|&(_, &drawn)| drawn) {
                *residual -= shared;
            }
        })
    }

    /// The linearised error of every cell, of residuals that `adjust` may change document by document.
    fn errors(&self, adjust: impl Fn(&mut [f64], &[bool])) -> DMatrix<f64> {
        let mut errors = DMatrix::zeros(self.measured.nrows(), self.measured.ncols());
        for (d, documents) in self.domains.iter().enumerate().filter(|(_, documents)| !documents.sizes.is_empty()) {
            let total: f64 = documents.sizes.iter().sum();
            let ratios = documents.sums(|_| 1.0).0.iter().map(|bits| bits / total).collect::<Vec<f64>>();
            let mut squares = vec![0.0; ratios.len()];
            let mut residuals = vec![0.0; ratios.len()];
            for (size, bits) in documents.sizes.iter().zip(documents.bits.chunks_exact(ratios.len())) {
                for ((residual, bits), ratio) in residuals.iter_mut().zip(bits).zip(&ratios) {
                    *residual = bits - ratio * size;
                }
                adjust(&mut residuals, &documents.is_drawn);
                squares.iter_mut().zip(&residuals).for_each(|(square, residual)| *square += residual * residual);
            }
            let n = documents.sizes.len() as f64;
            for (error, square) in errors.column_mut(d).iter_mut().zip(&squares) {
                *error = (n / (n - 1.0) * square).sqrt() / (total * documents.rate);
            }
        }
        errors
    }

    /// Bits per unit of one draw, models × domains: of every domain as many documents with replacement as there are, the
    /// same for all models. Cells without noise are as measured.
    ///
    /// Over draws a cell varies by `√((n − 1) / n)` of its [standard error](Self::standard_errors), to first order.
    pub fn draw(&self, generator: &mut ChaCha8Rng) -> DMatrix<f64> {
        let mut bits = self.measured.clone();
        let mut times: Vec<u32> = Vec::new();
        for (d, documents) in self.domains.iter().enumerate() {
            let n = documents.sizes.len();
            if n == 0 {
                continue;
            }
            times.clear();
            times.resize(n, 0);
            for _ in 0..n {
                times[generator.random_range(0..n)] += 1;
            }
            let (sums, size) = documents.sums(|k| f64::from(times[k]));
            for (i, sum) in sums.iter().enumerate().filter(|&(i, _)| documents.is_drawn[i]) {
                bits[(i, d)] = sum / (size * documents.rate);
            }
        }
        bits
    }

    /// Standard deviation over draws of documents of any value of the bits (models × domains): how much of its
    /// uncertainty is measurement. `None` where `value` gives fewer than two numbers.
    ///
    /// Replicates have streams of their own, so the result is the same whatever the thread count.
    pub fn error_of(
        &self,
        draws: usize,
        seed: u64,
        value: impl Fn(&DMatrix<f64>) -> Option<f64> + Sync,
    ) -> Option<f64> {
        let drawn = |draw: u64| value(&self.draw(&mut generator(seed, Purpose::Bootstrap, DOCUMENTS_ALONE + draw)));
        let values: Vec<Option<f64>> = (0..draws as u64).into_par_iter().map(drawn).collect();
        let values: Vec<f64> = values.into_iter().flatten().filter(|value| value.is_finite()).collect();
        standard_deviation(&values)
    }

    /// Standard error of a mixture's correlation (partial, the least of several: [`Refitter::value`]) due to documents
    /// alone: the models and the mixture are held. `None` where the correlation is defined in fewer than two draws.
    pub fn correlation_error(&self, refitter: &Refitter, weights: &[f64], draws: usize, seed: u64) -> Option<f64> {
        self.error_of(draws, seed, |bits| {
            let columns = CompressionColumns::new(bits).ok()?;
            refitter.value(Sample { columns: Some(&columns), ..Sample::default() }, weights)
        })
    }
}

impl MeasurementNoise for DocumentBits {
    fn draw(&self, generator: &mut ChaCha8Rng) -> DMatrix<f64> {
        self.draw(generator)
    }
}

impl Documents {
    fn new(d: usize, documents: DomainDocuments, models: usize, rate: f64) -> Result<Self, DocumentsError> {
        let DomainDocuments { sizes, bits: of_models } = documents;
        length("models of a domain", of_models.len(), models)?;
        for (k, &size) in sizes.iter().enumerate() {
            value("a document's size", d, k, size, "above 0", size > 0.0)?;
        }
        for bits in of_models.iter().flatten() {
            length("documents of a model", bits.len(), sizes.len())?;
            for (k, &bits) in bits.iter().enumerate() {
                value("a document's bits", d, k, bits, "of at least 0", bits >= 0.0)?;
            }
        }
        let is_drawn: Vec<bool> = of_models.iter().map(Option::is_some).collect();
        if sizes.len() < LEAST_DOCUMENTS || !is_drawn.contains(&true) {
            return Ok(Self { is_drawn: vec![false; models], rate, ..Self::default() });
        }
        let mut bits = vec![0.0; sizes.len() * models];
        for (i, own) in of_models.iter().enumerate() {
            for (k, &value) in own.iter().flatten().enumerate() {
                bits[k * models + i] = value;
            }
        }
        Ok(Self { sizes, bits, is_drawn, rate })
    }

    /// Σ bits of each model and Σ sizes, each document counted `times`.
    fn sums(&self, times: impl Fn(usize) -> f64) -> (Vec<f64>, f64) {
        let models = self.is_drawn.len();
        let (mut sums, mut total) = (vec![0.0; models], 0.0);
        for (k, (size, bits)) in self.sizes.iter().zip(self.bits.chunks_exact(models)).enumerate() {
            let times = times(k);
            if times == 0.0 {
                continue;
            }
            total += times * size;
            sums.iter_mut().zip(bits).for_each(|(sum, bits)| *sum += times * bits);
        }
        (sums, total)
    }
}

fn length(what: &'static str, found: usize, expected: usize) -> Result<(), DocumentsError> {
    if found == expected { Ok(()) } else { Err(DocumentsError::Length { what, found, expected }) }
}

fn value(
    what: &'static str,
    domain: usize,
    position: usize,
    found: f64,
    expected: &'static str,
    holds: bool,
) -> Result<(), DocumentsError> {
    if holds && found.is_finite() {
        Ok(())
    } else {
        Err(DocumentsError::Value { what, domain, position, found, expected })
    }
}

#[cfg(test)]
mod tests;
