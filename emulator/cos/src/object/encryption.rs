//! Server-side encryption as clients see it: what they ask for is stored and answered, but the bytes are not encrypted.
//!
//! Follows: COS reference, sections 0 (row 5) and 5.1.
//! Deviates: nothing is encrypted on disk, so that users can open the files of a stage.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use sha2::{Digest as _, Sha256};

use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use crate::store::{Encryption, ObjectRecord};
use backlot_base::digest::Digests;

const PREFIX: &str = "x-cos-server-side-encryption";

/// The encryption that an upload asks for.
pub(crate) fn wanted(headers: &HeaderMap) -> Result<Option<Encryption>, Error> {
    if let Some(key_md5) = customer_key(headers, PREFIX)? {
        return Ok(Some(Encryption::Customer { key_md5 }));
    }
    match text(headers, PREFIX, "") {
        None => Ok(None),
        Some("AES256") => Ok(Some(Encryption::Service)),
        Some("cos/kms") => Ok(Some(Encryption::Managed {
            key_id: text(headers, PREFIX, "-cos-kms-key-id").map(str::to_owned),
        })),
        Some(_) => Err(invalid(
            "The x-cos-server-side-encryption must be AES256 or cos/kms.",
        )),
    }
}

/// Refuses a request without the key that the object was stored with.
pub(crate) fn check_key(headers: &HeaderMap, record: &ObjectRecord) -> Result<(), Error> {
    check_key_under(headers, PREFIX, record)
}

/// Refuses a copy without the key that its source was stored with.
pub(crate) fn check_source_key(headers: &HeaderMap, record: &ObjectRecord) -> Result<(), Error> {
    const SOURCE: &str = "x-cos-copy-source-server-side-encryption";
    check_key_under(headers, SOURCE, record)
}

fn check_key_under(headers: &HeaderMap, prefix: &str, record: &ObjectRecord) -> Result<(), Error> {
    let Some(Encryption::Customer { key_md5 }) = &record.encryption else {
        return Ok(());
    };
    match customer_key(headers, prefix)? {
        Some(brought) if brought == *key_md5 => Ok(()),
        Some(_) => Err(error::ACCESS_DENIED.into()),
        None => Err(Error::from(error::INVALID_REQUEST).because(
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided.",
        )),
    }
}

/// Base64 of the MD5 of the key in a request.
fn customer_key(headers: &HeaderMap, prefix: &str) -> Result<Option<String>, Error> {
    let Some(algorithm) = text(headers, prefix, "-customer-algorithm") else {
        return Ok(None);
    };
    let key = text(headers, prefix, "-customer-key").unwrap_or_default();
    let key = STANDARD.decode(key).ok().filter(|key| key.len() == 32);
    let (Some(key), "AES256") = (key, algorithm) else {
        return Err(invalid("The customer key must be of 256 bits, for AES256."));
    };
    let md5 = STANDARD.encode(Digests::of(&key).md5);
    match text(headers, prefix, "-customer-key-md5") {
        Some(said) if said == md5 => Ok(Some(md5)),
        _ => Err(invalid(
            "The MD5 of the customer key does not match the key.",
        )),
    }
}

/// Adds the headers of the object's encryption.
pub(crate) fn echo(reply: Reply, encryption: Option<&Encryption>) -> Result<Reply, Error> {
    match encryption {
        None => Ok(reply),
        Some(Encryption::Service) => reply.header(PREFIX, b"AES256"),
        Some(Encryption::Managed { key_id }) => {
            let reply = reply.header(PREFIX, b"cos/kms")?;
            match key_id {
                None => Ok(reply),
                Some(id) => {
                    reply.header("x-cos-server-side-encryption-cos-kms-key-id", id.as_bytes())
                }
            }
        }
        Some(Encryption::Customer { key_md5 }) => reply
            .header("x-cos-server-side-encryption-customer-algorithm", b"AES256")?
            .header(
                "x-cos-server-side-encryption-customer-key-md5",
                key_md5.as_bytes(),
            ),
    }
}

/// The entity tag of a simple upload: the MD5, unless it is encrypted with a key of KMS or of the client.
pub(crate) fn etag(digests: &Digests, encryption: Option<&Encryption>) -> String {
    match encryption {
        None | Some(Encryption::Service) => digests.etag(),
        Some(_) => {
            let hash = Sha256::digest([b"encrypted".as_slice(), &digests.md5].concat());
            format!("\"{}\"", hex::encode(&hash[..16]))
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, prefix: &str, suffix: &str) -> Option<&'a str> {
    let value = headers.get(format!("{prefix}{suffix}"))?.to_str().ok()?;
    (!value.is_empty()).then_some(value)
}

fn invalid(message: &'static str) -> Error {
    Error::from(error::INVALID_ARGUMENT).because(message)
}
