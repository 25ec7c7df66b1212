//! `?encryption`: the encryption of objects whose uploads ask for none. The bytes are not encrypted.
//!
//! Follows: COS, "PUT Bucket encryption".

use super::fields::{malformed, one_of};
use crate::Inner;
use crate::object::put::Described;
use crate::request::error::Error;
use crate::store::Encryption;
use backlot_base::xml::Element;

/// Checks a document.
pub(super) fn check(given: Element) -> Result<Element, Error> {
    default_of(&given)?;
    Ok(given)
}

/// The encryption of objects whose uploads ask for none.
fn default_of(document: &Element) -> Result<Encryption, Error> {
    let default = document
        .find("Rule")
        .and_then(|rule| rule.find("ApplyServerSideEncryptionByDefault"));
    let default =
        default.ok_or_else(|| malformed("A Rule needs ApplyServerSideEncryptionByDefault."))?;
    if one_of(default, "SSEAlgorithm", &["AES256", "KMS"])? == "AES256" {
        return Ok(Encryption::Service);
    }
    let key_id = default.text_of("KMSMasterKeyID").map(str::to_owned);
    Ok(Encryption::Managed { key_id })
}

impl Inner {
    /// Gives an object without encryption the default of its bucket.
    pub(crate) async fn encrypt(&self, bucket: &str, object: &mut Described) -> Result<(), Error> {
        if object.encryption.is_some() {
            return Ok(());
        }
        if let Some(document) = self.configuration(bucket, "encryption").await? {
            object.encryption = Some(default_of(&document)?);
        }
        Ok(())
    }
}
