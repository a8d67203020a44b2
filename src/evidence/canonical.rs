//! The bytes that are hashed and signed.
//!
//! In come values or JSON text; out come canonical JSON (RFC 8785), SHA-256 digests, and values from strictly read
//! text: no key twice, no number that another reader would round, nothing after the end.

use serde::Serialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::limits::WHOLE_NUMBER_MAX;
use crate::text_bytes::text_bytes;

text_bytes! {
    /// A SHA-256 digest, written as 64 lower-case hexadecimal digits.
    Digest, 32, lower_hex
}

impl Digest {
    /// The digest of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self::of_joined(&[bytes])
    }

    /// The digest of a value's canonical JSON.
    ///
    /// # Errors
    /// As [`to_canonical`].
    pub fn of_value<T: Serialize + ?Sized>(value: &T) -> Result<Self, CanonicalError> {
        Ok(Self::of(&to_canonical(value)?))
    }

    /// The digest of several byte strings put end to end.
    pub(crate) fn of_joined(pieces: &[&[u8]]) -> Self {
        let mut context = ring::digest::Context::new(&ring::digest::SHA256);
        for piece in pieces {
            context.update(piece);
        }
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.finish().as_ref());
        Self::from_bytes(bytes)
    }
}

/// Why a value has no canonical form.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    /// A whole number beyond ±(2^53 - 1), or a fraction that is not finite.
    #[error("the number {0} would not survive other JSON readers: write it as a string")]
    Number(String),
    /// The value cannot be written as JSON at all.
    #[error("the value cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Canonical JSON (RFC 8785): keys sorted by UTF-16 code units, no white space, ECMAScript numbers.
///
/// # Errors
/// [`CanonicalError`] where the value has no exact JSON form.
pub fn to_canonical<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    let value = serde_json::to_value(value)?;
    check_numbers(&value)?;
    Ok(serde_json_canonicalizer::to_vec(&value)?)
}

fn check_numbers(value: &Value) -> Result<(), CanonicalError> {
    match value {
        Value::Number(number) if !is_exact(number) => Err(CanonicalError::Number(number.to_string())),
        Value::Array(items) => items.iter().try_for_each(check_numbers),
        Value::Object(fields) => fields.values().try_for_each(check_numbers),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn is_exact(number: &Number) -> bool {
    match (number.as_u64(), number.as_i64()) {
        (Some(whole), _) => whole <= WHOLE_NUMBER_MAX,
        (None, Some(negative)) => negative.unsigned_abs() <= WHOLE_NUMBER_MAX,
        (None, None) => number.as_f64().is_some_and(f64::is_finite),
    }
}

/// Why JSON text was refused.
#[derive(Debug, thiserror::Error)]
pub enum StrictJsonError {
    /// Longer than its limit.
    #[error("{bytes} bytes of JSON where at most {bytes_max} are taken")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// Not JSON, a key twice, an unknown or missing field, a wrong type, or something after the end.
    #[error("not the JSON expected here: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A number that has no exact form.
    #[error(transparent)]
    Number(#[from] CanonicalError),
    /// Readable, but not byte for byte the canonical form that everything of ours is written in.
    #[error("the JSON is not in canonical form (RFC 8785)")]
    NotCanonical,
}

/// Reads JSON in which every object names each key once. White space and key order are free: this is for what clients
/// send.
///
/// # Errors
/// [`StrictJsonError`].
pub fn parse_strict<T: DeserializeOwned>(json: &[u8], bytes_max: usize) -> Result<T, StrictJsonError> {
    Ok(serde_json::from_value(parse_value(json, bytes_max)?)?)
}

/// Reads JSON that must be its own canonical form: what the server itself wrote.
///
/// # Errors
/// [`StrictJsonError`].
pub fn parse_canonical<T: DeserializeOwned>(json: &[u8], bytes_max: usize) -> Result<T, StrictJsonError> {
    let value = parse_value(json, bytes_max)?;
    if serde_json_canonicalizer::to_vec(&value)? != json {
        return Err(StrictJsonError::NotCanonical);
    }
    Ok(serde_json::from_value(value)?)
}

fn parse_value(json: &[u8], bytes_max: usize) -> Result<Value, StrictJsonError> {
    if json.len() > bytes_max {
        return Err(StrictJsonError::TooLong { bytes: json.len(), bytes_max });
    }
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = (&mut deserializer).deserialize_any(StrictValue)?;
    deserializer.end()?;
    check_numbers(&value)?;
    Ok(value)
}

/// Builds a [`Value`], refusing a key that its object already has. Depth is bounded by `serde_json` (128).
struct StrictValue;

impl<'de> serde::de::DeserializeSeed<'de> for StrictValue {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for StrictValue {
    type Value = Value;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element_seed(Self)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if fields.contains_key(&key) {
                return Err(serde::de::Error::custom(format_args!("the key {key:?} appears twice")));
            }
            fields.insert(key, entries.next_value_seed(Self)?);
        }
        Ok(Value::Object(fields))
    }
}
