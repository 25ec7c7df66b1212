//! Uploads in parts. Follows: COS reference, section 5.9.
//!
//! A part is received like an object and kept by the store; [`complete`] checks the list that the client sends and passes the
//! numbers of its parts to the store. The headers of the upload's beginning become those of its object.

pub(crate) mod abort;
pub(crate) mod complete;
pub(crate) mod initiate;
pub(crate) mod list_parts;
pub(crate) mod list_uploads;
pub(crate) mod upload_part;

use crate::Inner;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::store::UploadAt;
use backlot_base::xml::Element;

/// The maximal number of parts of an upload.
const MAX_PARTS: u32 = 10_000;

/// Checks that an upload has begun and not ended.
pub(crate) async fn check_exists(cos: &Inner, at: &UploadAt) -> Result<(), Error> {
    if cos.store.upload(at).await?.is_some() {
        return Ok(());
    }
    cos.bucket(&at.bucket).await?;
    Err(error::NO_SUCH_UPLOAD.into())
}

/// The upload that a request names.
pub(crate) fn at(request: &CosRequest<'_>, bucket: &str, key: &str) -> UploadAt {
    let id = request.address.query.get("uploadId").unwrap_or_default();
    UploadAt {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        id: id.to_owned(),
    }
}

/// The number of the part that a request names.
pub(crate) fn number(request: &CosRequest<'_>) -> Result<u32, Error> {
    let number = request.address.query.filled("partNumber");
    let number = number.and_then(|number| number.parse().ok());
    number
        .filter(|number| (1..=MAX_PARTS).contains(number))
        .ok_or_else(|| {
            Error::from(error::INVALID_ARGUMENT)
                .because("The partNumber must be a number from 1 to 10000.")
        })
}

/// The initiator of an upload. Choice: always the account.
fn initiator(cos: &Inner) -> Element {
    person(cos, "Initiator")
}

fn person(cos: &Inner, name: &'static str) -> Element {
    let uin = cos.settings.uin.as_str();
    Element::new(name)
        .field("ID", format!("qcs::cam::uin/{uin}:uin/{uin}"))
        .field("DisplayName", uin)
}
