//! Settings that a file may hold as the text that an option takes, or with a key for each of their parts.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::settings::constraint_text::{DomainBound, FrozenGroup, GroupBound, KeptDomain};
use crate::settings::fit_settings::{Control, Prior};

/// What has a form of one line.
pub(crate) trait OfText: Sized {
    /// What such a line looks like.
    const FORM: &str;

    /// Reads it.
    fn of_text(text: &str) -> Result<Self, String>;
}

macro_rules! of_text {
    ($($kind:ty, $form:literal, $parse:expr;)+) => {
        $(impl OfText for $kind {
            const FORM: &str = $form;

            fn of_text(text: &str) -> Result<Self, String> {
                let parse: fn(&str) -> Result<Self, String> = $parse;
                parse(text)
            }
        })+
    };
}

of_text! {
    DomainBound, "NAME=MIN..MAX", |text| Self::parse(text).map_err(|error| error.to_string());
    GroupBound, "NAME:A+B<=SHARE", |text| Self::parse(text).map_err(|error| error.to_string());
    FrozenGroup, "NAME:A+B", |text| Self::parse(text).map_err(|error| error.to_string());
    KeptDomain, "NAME or NAME=SHARE", |text| Self::parse(text).map_err(|error| error.to_string());
    Prior, "none, uniform, natural, a mixture file or the name of a published mixture", |text| Ok(Self::from(text));
    Control, "automatic, none or a column", |text| Ok(match text {
        "automatic" => Self::Automatic,
        "none" => Self::None,
        column => Self::Column(column.to_string()),
    });
}

/// One value, as text or by its keys.
pub(crate) fn one<'de, D: Deserializer<'de>, T: OfText + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Written::deserialize(deserializer).map(|written| written.0)
}

/// A list of them.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: OfText + Deserialize<'de>,
{
    let values: Vec<Written<T>> = Vec::deserialize(deserializer)?;
    Ok(values.into_iter().map(|written| written.0).collect())
}

struct Written<T>(T);

impl<'de, T: OfText + Deserialize<'de>> Deserialize<'de> for Written<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ByForm(PhantomData)).map(Self)
    }
}

struct ByForm<T>(PhantomData<T>);

impl<'de, T: OfText + Deserialize<'de>> Visitor<'de> for ByForm<T> {
    type Value = T;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}, or its parts by their keys", T::FORM)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::of_text(text).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

/// The schema of what may be text.
#[derive(schemars::JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "its schema is what it is for")]
pub(crate) enum TextOr<T> {
    /// By its keys.
    Parts(T),
    /// As an option takes it.
    Text(String),
}
