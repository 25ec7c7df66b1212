//! PUT Object - Copy. Follows: COS reference, section 5.6.

use http::StatusCode;

use super::{source, transfer};
use crate::object::commit::{CommitBody, Committed, Ready};
use crate::object::encryption;
use crate::object::put::described;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::{Reply, service_date};
use crate::{Inner, names};
use backlot_base::xml::Element;

/// Stores the bytes of another object, or of the same one with other headers.
pub(crate) async fn serve(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    names::check_new_key(key)?;
    cos.bucket(bucket).await?;
    let source = source::of(cos, request)?;
    let mut described = described(key, &request.head.headers, &cos.settings.storage_classes)?;
    cos.encrypt(bucket, &mut described).await?;
    let is_replaced = directive(request, "x-cos-metadata-directive")?;
    let is_tagged = directive(request, "x-cos-tagging-directive")?;
    let is_itself = source.bucket == bucket && source.key == key && source.version.is_none();
    let is_in_place = is_itself && !is_replaced;
    if is_in_place && !cos.settings.copy_in_place {
        return Err(changes_nothing());
    }
    let (from, body) = source.open(cos, request).await?;
    if from.size > cos.settings.max_object {
        return Err(error::ENTITY_TOO_LARGE.into());
    }
    // Choice: as in S3, something else than the metadata must change.
    let changes_class =
        (described.storage_class.as_ref()).is_some_and(|class| *class != from.storage_class);
    if is_in_place && !changes_class && described.encryption == from.encryption {
        return Err(changes_nothing());
    }
    if !is_replaced {
        described.headers.clone_from(&from.headers);
        described.metadata.clone_from(&from.metadata);
    }
    if !is_tagged {
        described.tags.clone_from(&from.tags);
    }
    let (staged, digests) = transfer(cos, body, 0..from.size).await?;
    let mut record = described.to_record(key);
    record.take_digests(&digests);
    let ready = Ready {
        origin: request.origin(),
        bucket: bucket.to_owned(),
        record,
        forbids_overwrite: described.forbids_overwrite,
        conditions: cos.write_conditions(request),
        bytes: CommitBody::Staged(staged),
        event_name: "cos:ObjectCreated:Copy",
        hold: cos.hold_for_change(),
    };
    let committed = cos.commit(ready).await?;
    let mut reply = Reply::xml(to_xml(&committed));
    reply.status = StatusCode::OK;
    if let Some(version) = committed.version() {
        reply = reply.header("x-cos-version-id", version.as_bytes())?;
    }
    if let Some(version) = &source.version {
        reply = reply.header("x-cos-copy-source-version-id", version.as_bytes())?;
    }
    encryption::echo(reply, committed.record.encryption.as_ref())
}

fn changes_nothing() -> Error {
    Error::from(error::INVALID_REQUEST).because(
        "A copy of an object to itself must replace its metadata: x-cos-metadata-directive is Replaced.",
    )
}

fn to_xml(committed: &Committed) -> String {
    let record = &committed.record;
    let mut result = Element::new("CopyObjectResult")
        .field("ETag", record.etag.as_str())
        .field("CRC64", record.crc64.to_string())
        .field("LastModified", service_date(record.last_modified));
    if let Some(version) = committed.version() {
        result = result.field("VersionId", version);
    }
    result.to_document()
}

/// Whether a directive takes metadata or tags from the request, not from the source.
fn directive(request: &CosRequest<'_>, name: &str) -> Result<bool, Error> {
    match request.header(name).map(str::to_ascii_lowercase).as_deref() {
        None | Some("copy") => Ok(false),
        Some("replaced" | "replace") => Ok(true),
        Some(_) => {
            let message = format!("The {name} must be Copy or Replaced.");
            Err(Error::from(error::INVALID_ARGUMENT).because(message))
        }
    }
}
