//! List Parts. Follows: COS reference, section 6.3.

use super::{at, initiator};
use crate::Inner;
use crate::list::encoding::Encoding;
use crate::list::objects::write_owner;
use crate::names::appid;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::{ListingDate, Reply};
use backlot_base::xml::Writer;

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

    let mut body = Writer::fragment();
    body.element("ListPartsResult", |list| {
        list.field("Bucket", &at.bucket);
        list.field("EncodingType", encoding.name());
        encoding.write(list, "Key", &at.key);
        list.field("UploadId", &at.id);
        write_owner(list, appid(&at.bucket));
        list.plain("PartNumberMarker", marker);
        list.tree(&initiator(cos));
        for part in &parts {
            list.element("Part", |entry| {
                entry.plain("PartNumber", part.number);
                entry.plain("LastModified", ListingDate(part.last_modified));
                entry.field("ETag", &part.etag);
                entry.plain("Size", part.size);
            });
        }
        if let Some(last) = parts.last().filter(|_| is_truncated) {
            list.plain("NextPartNumberMarker", last.number);
        }
        list.field("StorageClass", &upload.object.storage_class);
        list.plain("MaxParts", most);
        list.plain("IsTruncated", is_truncated);
    });
    Ok(Reply::xml(body.finish()))
}
