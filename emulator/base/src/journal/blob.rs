//! Bytes in a record: shown as text where they are text, as base64 where they are not, and kept as they are.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

/// Bytes that are kept exactly. Serializes as `"text"` when UTF-8, else as `{"base64": "…"}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blob(pub Bytes);

impl Blob {
    /// The bytes as text, if they are UTF-8.
    pub fn as_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl<T: Into<Bytes>> From<T> for Blob {
    fn from(bytes: T) -> Self {
        Self(bytes.into())
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if let Some(text) = self.as_text() {
            return to.serialize_str(text);
        }
        let mut object = to.serialize_struct("Blob", 1)?;
        object.serialize_field("base64", &STANDARD.encode(&self.0))?;
        object.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_text_are_shown_as_base64() {
        let text = serde_json::to_string(&Blob::from("ok")).unwrap();
        assert_eq!(text, r#""ok""#);
        let binary = serde_json::to_string(&Blob::from(vec![0xff, 0x00])).unwrap();
        assert_eq!(binary, r#"{"base64":"/wA="}"#);
    }
}
