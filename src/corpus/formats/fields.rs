//! Which fields of a record make a document.

use crate::domain::source::DomainSource;
use crate::error::CorpusError;
use mixopt_base::Place;

/// Names of the text field that are tried in this order where none is given.
pub const DEFAULT_TEXT_FIELDS: [&str; 5] = ["text", "content", "raw_content", "body", "code"];
const DEFAULT_ID_FIELD: &str = "id";
const NAME_IT: &str = "a text field; name it with the domain's `text_field`";

/// The fields of a domain's records. The text field is settled by the first record unless it was given.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    text: Option<String>,
    id: Option<String>,
    metadata: Vec<String>,
}

impl Fields {
    pub fn of(source: &DomainSource) -> Self {
        Self { text: source.text_field.clone(), id: source.id_field.clone(), metadata: source.metadata.clone() }
    }

    /// The text field, once it is settled.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Fields of which the first that a record has is its text.
    pub fn text_candidates(&self) -> Vec<&str> {
        match &self.text {
            Some(text) => vec![text],
            None => DEFAULT_TEXT_FIELDS.to_vec(),
        }
    }

    pub fn settle_text(&mut self, field: &str) {
        if self.text.is_none() {
            self.text = Some(field.to_string());
        }
    }

    pub fn id(&self) -> &str {
        self.id.as_deref().unwrap_or(DEFAULT_ID_FIELD)
    }

    /// Whether a record must have its identifier.
    pub fn id_is_named(&self) -> bool {
        self.id.is_some()
    }

    pub fn metadata(&self) -> &[String] {
        &self.metadata
    }

    /// A record or table that lacks the text.
    pub fn no_text(&self, place: Place, available: &[String]) -> CorpusError {
        let found = match &self.text {
            Some(field) => format!("no field `{field}`; {}", listing(field, available)),
            None => format!("no field {}; {}", quoted(&DEFAULT_TEXT_FIELDS), listing("text", available)),
        };
        CorpusError::malformed(place, found, NAME_IT)
    }

    /// A record or table that lacks the identifier that was named, or a metadata column.
    pub fn no_field(&self, field: &str, place: Place, available: &[String]) -> CorpusError {
        let found = format!("no field `{field}`; {}", listing(field, available));
        CorpusError::malformed(place, found, "the field set for this domain")
    }
}

/// What a record has, and which of it may be meant.
fn listing(wanted: &str, available: &[String]) -> String {
    const SHOWN: usize = 12;
    if available.is_empty() {
        return "it has no fields".to_string();
    }
    let shown: Vec<&str> = available.iter().take(SHOWN).map(String::as_str).collect();
    let more = available.len().saturating_sub(SHOWN);
    let mut listing = format!("it has {}", quoted(&shown));
    if more > 0 {
        listing.push_str(&format!(" and {more} more"));
    }
    let likeness = |name: &String| strsim::jaro_winkler(wanted, &name.to_lowercase());
    let nearest = available.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    if let Some(nearest) = nearest.filter(|name| likeness(name) > 0.8) {
        listing.push_str(&format!("; did you mean `{nearest}`?"));
    }
    listing
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
