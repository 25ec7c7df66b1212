//! `?encryption`: which encryption objects get that ask for none. Bytes are not encrypted here, but the object says they are.
//!
//! Follows: COS, "PUT Bucket encryption".

use http::{HeaderName, StatusCode};
use serde_json::{Map, Value};

use super::document::{malformed, one_of};
use crate::base::xml::Element;
use crate::cos::Inner;
use crate::cos::error::Error;
use crate::cos::reply::{Reply, to_value};

/// Headers by which an object says how it is encrypted; also the names under which its record keeps them.
const HEADERS: [&str; 2] = [
    "x-cos-server-side-encryption",
    "x-cos-server-side-encryption-cos-kms-key-id",
];

/// Checks a document.
pub(super) fn check(given: Element) -> Result<Element, Error> {
    default_of(&given)?;
    Ok(given)
}

/// The headers that objects get by default.
fn default_of(document: &Element) -> Result<Map<String, Value>, Error> {
    let default = document
        .find("Rule")
        .and_then(|rule| rule.find("ApplyServerSideEncryptionByDefault"));
    let default =
        default.ok_or_else(|| malformed("A Rule needs ApplyServerSideEncryptionByDefault."))?;
    let mut headers = Map::new();
    let mut put = |name: &str, value: &str| headers.insert(name.to_owned(), value.into());
    if one_of(default, "SSEAlgorithm", &["AES256", "KMS"])? == "AES256" {
        put(HEADERS[0], "AES256");
    } else {
        put(HEADERS[0], "cos/kms");
        if let Some(key) = default.text_of("KMSMasterKeyID") {
            put(HEADERS[1], key);
        }
    }
    Ok(headers)
}

/// Adds to a reply what a record says about encryption.
pub(in crate::cos) fn echo(extra: &Map<String, Value>, mut reply: Reply) -> Result<Reply, Error> {
    // A 304 says less; see section 5.2.
    if reply.status == StatusCode::NOT_MODIFIED {
        return Ok(reply);
    }
    for name in HEADERS {
        if let Some(text) = extra.get(name).and_then(Value::as_str) {
            let value = to_value(text.as_bytes())?;
            reply.headers.insert(HeaderName::from_static(name), value);
        }
    }
    Ok(reply)
}

impl Inner {
    /// What goes into the record of an object of this bucket that asks for no encryption of its own.
    pub(in crate::cos) async fn default_encryption(
        &self,
        bucket: &str,
    ) -> Result<Map<String, Value>, Error> {
        match self.kept(bucket, "encryption").await? {
            Some(document) => default_of(&document),
            None => Ok(Map::new()),
        }
    }
}
