//! How a value stands in JSON, and under which key in which dialect: the one mechanism under all
//! records, so that reading and writing cannot disagree. Knows no record.

use serde_json::{Map, Value};
use serde_json_borrow::{ObjectAsVec, Value as Json};

use super::Dialect;
use super::error::{Fault, WireError};

/// A value of the model as JSON.
pub(super) trait Field: Sized {
    /// Reads a value that is there and not null.
    fn read(dialect: Dialect, value: &Json<'_>) -> Result<Self, WireError>;

    /// What a missing key or a null means; nothing if the key must be there.
    fn absent() -> Option<Self> {
        None
    }

    /// The value in this dialect; null for nothing.
    fn write(&self, dialect: Dialect) -> Value;
}

/// The key of a field in each dialect, and what is done when there is nothing to say: OAR 2 writes
/// null unless told otherwise, OAR 3 leaves the key out.
#[derive(Clone, Copy)]
pub(super) struct Key {
    oar2: Option<&'static str>,
    oar3: Option<&'static str>,
    null_in_oar2: bool,
}

/// The same key in both dialects.
pub(super) const fn both(key: &'static str) -> Key {
    Key { oar2: Some(key), oar3: Some(key), null_in_oar2: true }
}

/// A key in OAR 2 and another in OAR 3.
pub(super) const fn each(oar2: &'static str, oar3: &'static str) -> Key {
    Key { oar2: Some(oar2), oar3: Some(oar3), null_in_oar2: true }
}

/// A key that only OAR 2 has.
pub(super) const fn oar2(key: &'static str) -> Key {
    Key { oar2: Some(key), oar3: None, null_in_oar2: true }
}

/// A key that only OAR 3 has.
pub(super) const fn oar3(key: &'static str) -> Key {
    Key { oar2: None, oar3: Some(key), null_in_oar2: true }
}

impl Key {
    /// In OAR 2 too, the key is left out when there is nothing to say.
    pub(super) const fn dropped(self) -> Key {
        Key { null_in_oar2: false, ..self }
    }

    pub(super) const fn name(self, dialect: Dialect) -> Option<&'static str> {
        match dialect {
            Dialect::Oar2 => self.oar2,
            Dialect::Oar3 => self.oar3,
        }
    }
}

/// Reads the field under its key.
pub(super) fn read_key<T: Field>(
    dialect: Dialect,
    map: &ObjectAsVec<'_>,
    key: Key,
) -> Result<T, WireError> {
    let Some(name) = key.name(dialect) else {
        // Only optional fields are missing in a whole dialect.
        return T::absent().ok_or_else(|| WireError::new(Fault::Missing));
    };
    match map.get(name) {
        None | Some(Json::Null) => {
            T::absent().ok_or_else(|| WireError::new(Fault::Missing).in_key(name))
        }
        Some(value) => T::read(dialect, value).map_err(|error| error.in_key(name)),
    }
}

/// Writes the field under its key.
pub(super) fn write_key<T: Field>(
    dialect: Dialect,
    map: &mut Map<String, Value>,
    key: Key,
    field: &T,
) {
    let Some(name) = key.name(dialect) else { return };
    let value = field.write(dialect);
    if !value.is_null() || (dialect == Dialect::Oar2 && key.null_in_oar2) {
        map.insert(name.to_owned(), value);
    }
}

/// What an object holds beyond these keys.
pub(super) fn others(dialect: Dialect, map: &ObjectAsVec<'_>, keys: &[Key]) -> Map<String, Value> {
    let is_known = |name: &str| keys.iter().any(|key| key.name(dialect) == Some(name));
    let others = map.iter().filter(|(name, _)| !is_known(name));
    others.map(|(name, value)| (name.to_owned(), value.into())).collect()
}

/// The object, or what stands there instead.
pub(super) fn object<'a, 'b>(value: &'a Json<'b>) -> Result<&'a ObjectAsVec<'b>, WireError> {
    value.as_object().ok_or_else(|| kind("an object", value))
}

/// The error for a value of the wrong kind.
pub(super) fn kind(expected: &'static str, value: &Json<'_>) -> WireError {
    let found = match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::Str(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    };
    WireError::new(Fault::Kind { expected, found })
}

/// Declares a record: each field with its type and its key, and optionally a last field that holds
/// every other key as it is.
macro_rules! record {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* $field:ident: $type:ty = $key:expr,)*
        }
        $($(#[$rest_meta:meta])* rest $rest:ident)?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            $($(#[$rest_meta])* pub $rest: serde_json::Map<String, serde_json::Value>,)?
        }

        impl $name {
            /// Keys of all fields but the rest.
            #[allow(dead_code, reason = "only records with a rest ask for them")]
            const KEYS: &'static [$crate::wire::field::Key] = &[$($key,)*];
        }

        impl $crate::wire::field::Field for $name {
            fn read(
                dialect: $crate::wire::Dialect,
                value: &serde_json_borrow::Value<'_>,
            ) -> Result<Self, $crate::wire::error::WireError> {
                let map = $crate::wire::field::object(value)?;
                $(let $field = $crate::wire::field::read_key(dialect, map, $key)?;)*
                $(let $rest = $crate::wire::field::others(dialect, map, Self::KEYS);)?
                Ok(Self { $($field,)* $($rest,)? })
            }

            fn write(&self, dialect: $crate::wire::Dialect) -> serde_json::Value {
                let mut map = serde_json::Map::new();
                $($crate::wire::field::write_key(dialect, &mut map, $key, &self.$field);)*
                $(map.extend(self.$rest.iter().map(|(key, value)| (key.clone(), value.clone())));)?
                serde_json::Value::Object(map)
            }
        }
    };
}
pub(super) use record;
