//! Numbers, and maps that keep the order of results.

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::fmt;
use std::marker::PhantomData;

/// A number. What is undefined is NaN here and null in JSON, as is what is infinite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged, from = "Value")]
pub(crate) enum Number {
    /// Of voxels or lesions.
    Whole(u64),
    /// Any other.
    Real(f64),
}

impl Number {
    /// The value.
    pub fn value(self) -> f64 {
        match self {
            Self::Whole(value) => value as f64,
            Self::Real(value) => value,
        }
    }
}

impl Default for Number {
    fn default() -> Self {
        Self::Real(f64::NAN)
    }
}

impl From<Value> for Number {
    fn from(value: Value) -> Self {
        let real = || Self::Real(value.as_f64().unwrap_or(f64::NAN));
        value.as_u64().map_or_else(real, Self::Whole)
    }
}

/// A map that keeps the order of results.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Keyed<T>(pub Vec<(String, T)>);

impl<T> Keyed<T> {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, K: Into<String>> FromIterator<(K, T)> for Keyed<T> {
    fn from_iter<I: IntoIterator<Item = (K, T)>>(entries: I) -> Self {
        Self(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}

impl<T> IntoIterator for Keyed<T> {
    type Item = (String, T);
    type IntoIter = std::vec::IntoIter<(String, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T: Serialize> Serialize for Keyed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Keyed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Keyed<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keyed<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Keyed(entries))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_keep_their_order_and_numbers_their_kind() {
        let text = r#"{"b":3,"a":0.5,"10":null,"2":4.0}"#;
        let read: Keyed<Number> = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        let values: Vec<f64> = read.into_iter().map(|(_, number)| number.value()).collect();
        assert!(values[2].is_nan() && values[..2] == [3.0, 0.5]);
        let other: Number = serde_json::from_str("\"text\"").unwrap();
        assert!(other.value().is_nan());
    }
}
