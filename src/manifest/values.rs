//! Values that a manifest may hold in several forms.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use mixopt_base::Count;

/// One text or a list of texts.
pub(super) struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrList;
        impl<'de> Visitor<'de> for TextOrList {
            type Value = Names;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a text or a list of texts")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Names, E> {
                Ok(Names(vec![text.to_string()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = list.next_element()? {
                    names.push(name);
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_any(TextOrList)
    }
}

impl schemars::JsonSchema for Names {
    fn schema_name() -> Cow<'static, str> {
        "Names".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "One text or a list of texts.",
            "anyOf": [
                { "type": "string", "minLength": 1 },
                { "type": "array", "items": { "type": "string", "minLength": 1 } }
            ]
        })
    }
}

/// Reads [`Names`].
pub(super) fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Names::deserialize(deserializer).map(|names| names.0)
}

/// Reads [`Names`] by key.
pub(super) fn names_by_key<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<IndexMap<String, Vec<String>>, D::Error> {
    let map: IndexMap<String, Names> = Deserialize::deserialize(deserializer)?;
    Ok(map.into_iter().map(|(key, names)| (key, names.0)).collect())
}

/// Reads a [`Count`]; `null` is none.
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let count: Option<Count> = Deserialize::deserialize(deserializer)?;
    Ok(count.map(|count| count.0))
}
