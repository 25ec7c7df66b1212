//! Uploads in parts. Follows: COS reference, section 5.9.
//!
//! A part is received like an object and kept by the store; [`complete`] judges the list that the client sends and hands the
//! store the numbers of the parts. What an upload was told at its beginning becomes its object's.

mod complete;
mod initiate;
mod list_parts;
mod list_uploads;
mod upload_part;

pub(crate) use upload_part::keep;

use http::StatusCode;

use crate::Inner;
use crate::detach::detach_on_drop;
use crate::object::copy;
use crate::request::cos_request::Visit;
use crate::request::error::{self, Error};
use crate::request::operation::Step;
use crate::request::reply::Reply;
use crate::store::UploadAt;
use backlot_base::xml::Element;
use backlot_http::Body;

/// Parts of an upload at most.
const MAX_PARTS: u32 = 10_000;

/// Answers one step.
pub(crate) async fn serve(
    cos: &Inner,
    visit: &mut Visit<'_>,
    body: Body,
    step: Step,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    match step {
        Step::Initiate => initiate::serve(cos, visit, bucket, key).await,
        Step::UploadPart => {
            let (at, number) = (at(visit, bucket, key), number(visit)?);
            upload_part::serve(cos, visit, body, at, number).await
        }
        Step::UploadPartCopy => {
            let (at, number) = (at(visit, bucket, key), number(visit)?);
            exists(cos, &at).await?;
            copy::part(cos, visit, at, number).await
        }
        Step::ListParts => list_parts::serve(cos, visit, at(visit, bucket, key)).await,
        Step::Complete => complete::serve(cos, visit, body, at(visit, bucket, key)).await,
        Step::Abort => abort(cos, at(visit, bucket, key)).await,
        Step::ListUploads => list_uploads::serve(cos, visit, bucket).await,
    }
}

/// Abort Multipart Upload.
async fn abort(cos: &Inner, at: UploadAt) -> Result<Reply, Error> {
    cos.bucket(&at.bucket).await?;
    let this = cos.this();
    detach_on_drop(async move {
        let _turn = this.stripes.turn(&at.bucket, &at.key).await;
        if !this.store.abort_upload(at).await? {
            return Err(error::NO_SUCH_UPLOAD.into());
        }
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    })
    .await
}

/// Refuses what is about an upload that is not there.
async fn exists(cos: &Inner, at: &UploadAt) -> Result<(), Error> {
    if cos.store.upload(at.clone()).await?.is_some() {
        return Ok(());
    }
    cos.bucket(&at.bucket).await?;
    Err(error::NO_SUCH_UPLOAD.into())
}

fn at(visit: &Visit<'_>, bucket: &str, key: &str) -> UploadAt {
    let id = visit.address.query.get("uploadId").unwrap_or_default();
    UploadAt {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        id: id.to_owned(),
    }
}

fn number(visit: &Visit<'_>) -> Result<u32, Error> {
    let number = visit.address.query.filled("partNumber");
    let number = number.and_then(|number| number.parse().ok());
    number
        .filter(|number| (1..=MAX_PARTS).contains(number))
        .ok_or_else(|| {
            Error::from(error::INVALID_ARGUMENT)
                .because("The partNumber must be a number from 1 to 10000.")
        })
}

/// Who began an upload. Choice: always the account.
fn initiator(cos: &Inner) -> Element {
    person(cos, "Initiator")
}

fn person(cos: &Inner, name: &'static str) -> Element {
    let uin = cos.settings.uin.as_str();
    Element::new(name)
        .field("ID", format!("qcs::cam::uin/{uin}:uin/{uin}"))
        .field("DisplayName", uin)
}
