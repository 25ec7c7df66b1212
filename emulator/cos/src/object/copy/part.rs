//! Upload Part - Copy. Follows: COS reference, section 5.9.

use std::ops::Range;

use super::{source, transfer};
use crate::Inner;
use crate::object::multipart::{self, upload_part};
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::{Reply, service_date};
use backlot_base::xml::Element;

/// Stores bytes of an object as a part.
pub(crate) async fn serve(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let (at, number) = (
        multipart::at(request, bucket, key),
        multipart::number(request)?,
    );
    multipart::check_exists(cos, &at).await?;
    let source = source::of(cos, request)?;
    let (from, body) = source.open(cos, request).await?;
    let range = match request.header("x-cos-copy-source-range") {
        None => 0..from.size,
        Some(text) => range(text, from.size)?,
    };
    if range.end - range.start > cos.settings.max_object {
        return Err(error::ENTITY_TOO_LARGE.into());
    }
    let (staged, digests) = transfer(cos, body, range).await?;
    let part = upload_part::keep(cos, at, number, staged, &digests).await?;
    let result = Element::new("CopyPartResult")
        .field("ETag", part.etag.as_str())
        .field("LastModified", service_date(part.last_modified))
        .field("CRC64", part.crc64.to_string());
    let reply = Reply::xml(result.to_document());
    match &source.version {
        Some(version) => reply.header("x-cos-copy-source-version-id", version.as_bytes()),
        None => Ok(reply),
    }
}

/// Reads `bytes=a-b`. Choice: a range must lie within the source.
fn range(text: &str, size: u64) -> Result<Range<u64>, Error> {
    let parse = || {
        let (first, last) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
        let (first, last) = (first.parse::<u64>().ok()?, last.parse::<u64>().ok()?);
        (first <= last).then_some(first..last.checked_add(1)?)
    };
    let range = parse().ok_or_else(|| {
        Error::from(error::INVALID_ARGUMENT).because("The x-cos-copy-source-range is malformed.")
    })?;
    if range.end > size {
        return Err(error::INVALID_RANGE.into());
    }
    Ok(range)
}
