//! The wanted fields of one JSON object; the rest is skipped without being built.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A field's value.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum FieldValue<'line> {
    /// The record has no such field.
    #[default]
    Absent,
    Null,
    Text(Cow<'line, str>),
    /// A number or truth value, as text.
    Scalar(String),
    /// An array or object, as JSON.
    Nested(String),
}

/// Reads the fields at dotted `paths` of a line that holds one JSON object, in the order of the paths.
///
/// A key that has dots itself is found too. Of keys given twice the last counts, as in Python.
pub(crate) fn read_fields<'line>(
    line: &'line str,
    paths: &[&str],
    values: &mut Vec<FieldValue<'line>>,
) -> serde_json::Result<()> {
    values.clear();
    values.resize(paths.len(), FieldValue::Absent);
    let wanted: Vec<Wanted<'_>> = paths.iter().enumerate().map(|(slot, path)| Wanted { slot, path }).collect();
    let mut deserializer = serde_json::Deserializer::from_str(line);
    deserializer.deserialize_map(Object { wanted: &wanted, values })?;
    deserializer.end()
}

/// Names of an object's fields, in their order, for a message.
pub(crate) fn field_names(line: &str) -> Vec<String> {
    let object: Result<serde_json::Map<String, serde_json::Value>, _> = serde_json::from_str(line);
    object.map(|object| object.keys().cloned().collect()).unwrap_or_default()
}

#[derive(Clone, Copy)]
struct Wanted<'path> {
    slot: usize,
    path: &'path str,
}

/// What a key leads to.
enum Step {
    Field(Vec<usize>),
    Within(Vec<(usize, usize)>),
    Nothing,
}

struct Object<'a, 'line> {
    wanted: &'a [Wanted<'a>],
    values: &'a mut Vec<FieldValue<'line>>,
}

impl<'de> Visitor<'de> for Object<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(step) = map.next_key_seed(Key(self.wanted))? {
            match step {
                Step::Nothing => {
                    map.next_value::<IgnoredAny>()?;
                }
                Step::Field(slots) => {
                    let value: FieldValue<'de> = map.next_value()?;
                    for slot in slots {
                        if let Some(place) = self.values.get_mut(slot) {
                            *place = value.clone();
                        }
                    }
                }
                Step::Within(inner) => {
                    let wanted: Vec<Wanted> = inner
                        .into_iter()
                        .filter_map(|(index, start)| {
                            let wanted = self.wanted.get(index)?;
                            Some(Wanted { slot: wanted.slot, path: wanted.path.get(start..)? })
                        })
                        .collect();
                    map.next_value_seed(Inner { wanted: &wanted, values: self.values })?;
                }
            }
        }
        Ok(())
    }
}

/// A value in which fields are wanted; it holds none if it is no object.
struct Inner<'a, 'line> {
    wanted: &'a [Wanted<'a>],
    values: &'a mut Vec<FieldValue<'line>>,
}

impl<'de> DeserializeSeed<'de> for Inner<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Inner<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        Object { wanted: self.wanted, values: self.values }.visit_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

/// Compares a key with the wanted paths without keeping it.
struct Key<'a>(&'a [Wanted<'a>]);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Step;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Step, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Step;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Step, E> {
        // Most keys are unwanted: nothing is allocated for them.
        let slots: Vec<usize> = self.0.iter().filter(|wanted| wanted.path == key).map(|wanted| wanted.slot).collect();
        if !slots.is_empty() {
            return Ok(Step::Field(slots));
        }
        let below = |wanted: &Wanted| wanted.path.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'));
        let within = self.0.iter().enumerate().filter(|(_, wanted)| below(wanted));
        let within: Vec<(usize, usize)> = within.map(|(index, _)| (index, key.len() + 1)).collect();
        Ok(if within.is_empty() { Step::Nothing } else { Step::Within(within) })
    }
}

impl<'de> Deserialize<'de> for FieldValue<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Value)
    }
}

struct Value;

impl<'de> Visitor<'de> for Value {
    type Value = FieldValue<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Text(Cow::Owned(text.to_string())))
    }

    fn visit_string<E>(self, text: String) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Text(Cow::Owned(text)))
    }

    fn visit_unit<E>(self) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Scalar(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Scalar(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Scalar(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Scalar(serde_json::Value::from(value).to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<FieldValue<'de>, A::Error> {
        let value = serde_json::Value::deserialize(SeqAccessDeserializer::new(seq))?;
        Ok(FieldValue::Nested(value.to_string()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FieldValue<'de>, A::Error> {
        let value = serde_json::Value::deserialize(MapAccessDeserializer::new(map))?;
        Ok(FieldValue::Nested(value.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::FieldValue::{Absent, Nested, Null, Scalar, Text};
    use super::*;

    fn read<'line>(line: &'line str, paths: &[&str]) -> serde_json::Result<Vec<FieldValue<'line>>> {
        let mut values = Vec::new();
        read_fields(line, paths, &mut values).map(|()| values)
    }

    #[test]
    fn fields_are_found_by_name_and_dotted_path() {
        let line =
            r#"{"a":{"b":{"c":"deep"},"x":[1,{"c":2}]},"n":-12,"f":1.5,"t":true,"z":null,"d.e":"dots","l":[1,"x"]}"#;
        let paths = ["a.b.c", "n", "f", "t", "z", "d.e", "l", "a.x", "none", "n.b", "l.x", "z.z", "a.b.c"];
        let text = |text: &'static str| Text(Cow::Borrowed(text));
        let scalar = |text: &str| Scalar(text.into());
        let expected = [
            text("deep"),
            scalar("-12"),
            scalar("1.5"),
            scalar("true"),
            Null,
            text("dots"),
            Nested("[1,\"x\"]".into()),
            Nested(r#"[1,{"c":2}]"#.into()),
            Absent,
            Absent,
            Absent,
            Absent,
            text("deep"),
        ];
        // A number is asked for as a whole and from within: the whole wins, and within it there is nothing.
        assert_eq!(read(line, &paths).unwrap(), expected);
    }

    #[test]
    fn escapes_are_undone_and_the_last_of_two_keys_counts() {
        let line = r#"{"\u0074ext":"first","text":"a\n\u00e9\ud83d\ude00"}"#;
        assert_eq!(read(line, &["text"]).unwrap(), [Text("a\né😀".into())]);
    }

    #[test]
    fn what_is_no_object_or_no_json_is_an_error() {
        for line in ["[1]", "1", "\"x\"", "{\"text\":\"a\"", "{\"text\":\"a\"} x", "", r#"{"text":"\ud800"}"#] {
            assert!(read(line, &["text"]).is_err(), "{line}");
        }
    }
}
