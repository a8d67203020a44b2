//! Fixed-length byte strings that travel as text: one macro instead of the same sixty lines for each of them.

/// Declares `$name`, a newtype of `[u8; $length]` that is written and read as `$format` text, strictly: one value has
/// exactly one spelling.
macro_rules! text_bytes {
    ($(#[$doc:meta])* $name:ident, $length:literal, $format:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ts_rs::TS)]
        #[ts(type = "string")]
        pub struct $name([u8; $length]);

        impl $name {
            /// Takes the bytes as they are.
            pub const fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&$crate::text_bytes::$format::encode(&self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(formatter, concat!(stringify!($name), "({})"), self)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text_bytes::BadText;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::text_bytes::$format::decode(text)
                    .and_then(|bytes| bytes.try_into().ok())
                    .map(Self)
                    .ok_or($crate::text_bytes::BadText { bytes: $length, format: $crate::text_bytes::$format::NAME })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use text_bytes;

/// The text is not the one spelling of so many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {bytes} bytes written as {format}")]
pub struct BadText {
    /// How many bytes were expected.
    pub bytes: usize,
    /// In which spelling.
    pub format: &'static str,
}

/// Lower-case hexadecimal.
pub(crate) mod lower_hex {
    pub(crate) const NAME: &str = "lower-case hexadecimal";

    pub(crate) fn encode(bytes: &[u8]) -> String {
        hex::encode(bytes)
    }

    pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
        // Upper case would be a second spelling of the same digest.
        (!text.bytes().any(|byte| byte.is_ascii_uppercase())).then(|| hex::decode(text).ok()).flatten()
    }
}

/// Base64url without padding (RFC 4648 §5), as in JOSE.
pub(crate) mod base64url {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    pub(crate) const NAME: &str = "base64url without padding";

    pub(crate) fn encode(bytes: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(text).ok()
    }
}
