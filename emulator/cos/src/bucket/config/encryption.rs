//! `?encryption`: the encryption of objects whose uploads ask for none. The bytes are not encrypted.
//!
//! Follows: COS, "PUT Bucket encryption".

use super::fields::{malformed, one_of};
use crate::Inner;
use crate::object::put::Described;
use crate::request::error::Error;
use crate::store::Encryption;
use backlot_base::xml::Element;

/// The element that holds the algorithm.
const DEFAULT: &str = "ApplyServerSideEncryptionByDefault";

/// An older name of that element. Observed: the typings of the SDK for Node.js know no other.
const OLDER_NAME: &str = "ApplySideEncryptionConfiguration";

/// Checks a document. It is stored with the current names.
pub(super) fn check(mut given: Element) -> Result<Element, Error> {
    let rules = given.children.iter_mut().filter(|rule| rule.name == "Rule");
    for element in rules.flat_map(|rule| &mut rule.children) {
        if element.name == OLDER_NAME {
            element.name = DEFAULT.into();
        }
    }
    default_of(&given)?;
    Ok(given)
}

/// The encryption of objects whose uploads ask for none.
fn default_of(document: &Element) -> Result<Encryption, Error> {
    let default = document.find("Rule").and_then(|rule| rule.find(DEFAULT));
    let default = default.ok_or_else(|| malformed(format!("A Rule needs {DEFAULT}.")))?;
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
