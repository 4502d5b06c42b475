//! How a policy's reason is written and read: as a code alone, or a map from its code to its values.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use smallvec::SmallVec;

use crate::policy::reason::{PolicyReason, ReasonValue, Text};

impl Serialize for ReasonValue {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            ReasonValue::Flag(value) => to.serialize_bool(*value),
            ReasonValue::Whole(value) => to.serialize_i64(*value),
            ReasonValue::Number(value) => to.serialize_f64(*value),
            ReasonValue::Text(value) => to.serialize_str(value),
        }
    }
}

impl<'de> Deserialize<'de> for ReasonValue {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<ReasonValue, D::Error> {
        struct Scalar;

        impl Visitor<'_> for Scalar {
            type Value = ReasonValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, a text, or true or false")
            }

            fn visit_bool<E>(self, value: bool) -> Result<ReasonValue, E> {
                Ok(ReasonValue::Flag(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<ReasonValue, E> {
                Ok(ReasonValue::Whole(value))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<ReasonValue, E> {
                i64::try_from(value).map(ReasonValue::Whole).map_err(E::custom)
            }

            fn visit_f64<E>(self, value: f64) -> Result<ReasonValue, E> {
                Ok(ReasonValue::Number(value))
            }

            fn visit_str<E>(self, value: &str) -> Result<ReasonValue, E> {
                Ok(ReasonValue::Text(value.into()))
            }
        }

        from.deserialize_any(Scalar)
    }
}

/// The values of a reason, as a map.
struct Values<'a>(&'a PolicyReason);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.values())
    }
}

impl Serialize for PolicyReason {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.values.is_empty() {
            return to.serialize_str(&self.code);
        }
        let mut map = to.serialize_map(Some(1))?;
        map.serialize_entry(&self.code, &Values(self))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for PolicyReason {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<PolicyReason, D::Error> {
        struct Written;

        impl<'de> Visitor<'de> for Written {
            type Value = PolicyReason;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the code of a reason, alone or with its values")
            }

            fn visit_str<E>(self, code: &str) -> Result<PolicyReason, E> {
                Ok(read(code.to_owned(), ReadValues::default()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PolicyReason, A::Error> {
                let Some((code, values)) = map.next_entry::<String, ReadValues>()? else {
                    return Err(de::Error::invalid_length(0, &self));
                };
                if map.next_key::<de::IgnoredAny>()?.is_some() {
                    return Err(de::Error::custom("a reason has one code"));
                }
                Ok(read(code, values))
            }
        }

        from.deserialize_any(Written)
    }
}

fn read(code: String, ReadValues(values): ReadValues) -> PolicyReason {
    PolicyReason { code: code.into(), sentence: None, values }
}

/// The values of a reason, as they are read: in the order in which they were written.
#[derive(Default)]
struct ReadValues(SmallVec<[(Text, ReasonValue); 2]>);

impl<'de> Deserialize<'de> for ReadValues {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<ReadValues, D::Error> {
        struct Named;

        impl<'de> Visitor<'de> for Named {
            type Value = ReadValues;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("values by their names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ReadValues, A::Error> {
                let mut values = ReadValues::default();
                while let Some((name, value)) = map.next_entry::<String, ReasonValue>()? {
                    values.0.push((name.into(), value));
                }
                Ok(values)
            }
        }

        from.deserialize_map(Named)
    }
}
