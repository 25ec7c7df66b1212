//! List Parts. Follows: COS reference, section 6.3.

use super::{at, initiator};
use crate::Inner;
use crate::list::encoding::Encoding;
use crate::names::appid;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::{ListingDate, Reply};
use backlot_base::xml::Element;

/// The maximal number of parts of a page.
const MAX: usize = 1000;

/// Answers with a page of parts.
pub(crate) async fn serve(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let at = at(request, bucket, key);
    cos.bucket(&at.bucket).await?;
    if at.id.is_empty() {
        return Err(error::LIST_PART_UPLOAD_ID_IS_EMPTY.into());
    }
    let encoding = Encoding::of(&request.address.query)?;
    let most = request.number("max-parts", MAX)?;
    let marker = match request.address.query.filled("part-number-marker") {
        None => 0,
        Some(_) => request.number("part-number-marker", u32::MAX as usize)?,
    };
    let marker = u32::try_from(marker).unwrap_or(u32::MAX);
    let upload = cos.store.upload(&at).await?;
    let upload = upload.ok_or_else(|| Error::from(error::NO_SUCH_UPLOAD))?;
    let mut parts = cos.store.parts(&at, marker, most + 1).await?;
    let is_truncated = parts.len() > most && most > 0;
    parts.truncate(most);

    let owner = appid(&at.bucket);
    let mut result = Element::new("ListPartsResult")
        .field("Bucket", at.bucket.as_str())
        .field("EncodingType", encoding.name())
        .field("Key", encoding.text(&at.key))
        .field("UploadId", at.id.as_str())
        .child(
            Element::new("Owner")
                .field("ID", owner)
                .field("DisplayName", owner),
        )
        .field("PartNumberMarker", marker.to_string())
        .child(initiator(cos));
    for part in &parts {
        let part = Element::new("Part")
            .field("PartNumber", part.number.to_string())
            .field("LastModified", ListingDate(part.last_modified).to_string())
            .field("ETag", part.etag.as_str())
            .field("Size", part.size.to_string());
        result.children.push(part);
    }
    if let Some(last) = parts.last().filter(|_| is_truncated) {
        result = result.field("NextPartNumberMarker", last.number.to_string());
    }
    let result = result
        .field("StorageClass", upload.object.storage_class)
        .field("MaxParts", most.to_string())
        .field("IsTruncated", is_truncated.to_string());
    Ok(Reply::xml(result.to_fragment()))
}
