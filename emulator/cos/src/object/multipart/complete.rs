//! Complete Multipart Upload.
//!
//! Choice: a repeated request for a completed upload is answered like the first one, as long as its object
//! exists; clients repeat this request whenever they got no answer.

use std::sync::Arc;

use super::{MAX_PARTS, at};
use crate::Inner;
use crate::bucket::versioning::Versioning;
use crate::detach::detach_on_drop;
use crate::list::encoding::encode_path;
use crate::object::commit::{CommitBody, Committed, Ready};
use crate::object::encryption;
use crate::object::lookup;
use crate::object::precondition::WriteConditions;
use crate::request::cos_request::{CosRequest, Origin};
use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use crate::store::{ObjectRecord, PartRecord, UploadAt, UploadRecord};
use backlot_base::digest::combine_crc64;
use backlot_base::xml::Element;
use backlot_http::Body;

/// A part as the client lists it.
struct Listed {
    number: u32,
    /// Without quotes.
    etag: String,
}

/// Completes an upload.
pub(crate) async fn serve(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    body: Body,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let at = at(request, bucket, key);
    let region = cos.bucket(&at.bucket).await?.region.clone();
    let document = request.document(body, &["CompleteMultipartUpload"]).await?;
    let listed = listed(&document)?;
    let (this, origin, hold) = (cos.this(), request.origin(), cos.hold_for_change());
    let forbids_overwrite = request
        .header("x-cos-forbid-overwrite")
        .is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
    let conditions = cos.write_conditions(request);
    let located = at.clone();
    let committed = detach_on_drop(async move {
        let _lock = this.key_locks.lock(&at.bucket, &at.key).await;
        let Some(upload) = this.store.upload(&at).await? else {
            let record = lookup::completed(&this, &at).await?;
            let record = record.ok_or_else(|| Error::from(error::NO_SUCH_UPLOAD))?;
            let versioning = Versioning::of(&*this.bucket(&at.bucket).await?);
            return Ok(Committed { record, versioning });
        };
        let ready = ready(&this, origin, at, upload, &listed).await?;
        let ready = Ready {
            forbids_overwrite: ready.forbids_overwrite || forbids_overwrite,
            conditions,
            hold,
            ..ready
        };
        this.commit_locked(ready).await
    })
    .await?;
    reply(&located, &region, &committed)
}

fn listed(document: &Element) -> Result<Vec<Listed>, Error> {
    let malformed = || Error::from(error::MALFORMED_XML);
    let parts = document
        .children
        .iter()
        .filter(|child| child.name == "Part");
    let parts = parts.map(|part| {
        let number = part.text_of("PartNumber").ok_or_else(malformed)?;
        let etag = part.text_of("ETag").ok_or_else(malformed)?;
        Ok(Listed {
            number: number.trim().parse().map_err(|_| malformed())?,
            etag: etag.trim().trim_matches('"').to_owned(),
        })
    });
    let parts = parts.collect::<Result<Vec<_>, Error>>()?;
    if parts.is_empty() || parts.len() > MAX_PARTS as usize {
        return Err(malformed());
    }
    Ok(parts)
}

/// Checks the list of parts, and makes the record of the object.
async fn ready(
    cos: &Arc<Inner>,
    origin: Origin,
    at: UploadAt,
    upload: UploadRecord,
    listed: &[Listed],
) -> Result<Ready, Error> {
    let there = cos.store.parts(&at, 0, MAX_PARTS as usize).await?;
    let parts = judged(listed, &there, cos.settings.min_part)?;
    let mut record = upload.object;
    for part in &parts {
        record.crc64 = combine_crc64(record.crc64, part.crc64, part.size);
        record.size += part.size;
    }
    record.etag = etag(cos, &at, &parts);
    record.upload_id = Some(at.id.clone());
    Ok(Ready {
        origin,
        bucket: at.bucket.clone(),
        record,
        forbids_overwrite: upload.forbids_overwrite,
        conditions: WriteConditions::default(),
        bytes: CommitBody::Parts(at, parts.iter().map(|part| part.number).collect()),
        event_name: "cos:ObjectCreated:CompleteMultipartUpload",
        hold: cos.hold_for_change(),
    })
}

/// The listed parts, if the list is in order and agrees with the stored parts.
fn judged<'a>(
    listed: &[Listed],
    there: &'a [PartRecord],
    min_part: u64,
) -> Result<Vec<&'a PartRecord>, Error> {
    if !listed.is_sorted_by(|one, next| one.number < next.number) {
        return Err(error::INVALID_PART_ORDER.into());
    }
    let mut parts: Vec<&PartRecord> = Vec::with_capacity(listed.len());
    for wanted in listed {
        let found = there.binary_search_by_key(&wanted.number, |part| part.number);
        let part = found.ok().map(|index| &there[index]);
        let is_next = parts
            .last()
            .is_none_or(|last| last.number + 1 == wanted.number);
        match part.filter(|part| {
            part.etag
                .trim_matches('"')
                .eq_ignore_ascii_case(&wanted.etag)
        }) {
            Some(part) if is_next => parts.push(part),
            // Follows: COS, "Complete Multipart Upload": numbers must be continuous.
            _ => return Err(error::INVALID_PART.into()),
        }
    }
    let (_, all_but_last) = parts
        .split_last()
        .ok_or_else(|| Error::from(error::MALFORMED_XML))?;
    if all_but_last.iter().any(|part| part.size < min_part) {
        return Err(error::ENTITY_TOO_SMALL.into());
    }
    Ok(parts)
}

/// Follows: COS reference, section 5.9: unique and opaque, with the number of parts. Choice: equal for equal parts.
fn etag(cos: &Inner, at: &UploadAt, parts: &[&PartRecord]) -> String {
    let mut purpose = vec!["cos-multipart", &at.bucket, &at.key, &at.id];
    purpose.extend(parts.iter().map(|part| part.etag.as_str()));
    let drawn = cos.context.seed.draw(&purpose);
    format!("\"{}-{}\"", drawn.hex(32), parts.len())
}

fn reply(at: &UploadAt, region: &str, committed: &Committed) -> Result<Reply, Error> {
    let record: &ObjectRecord = &committed.record;
    // Choice: a location is a URL, so its key is percent-encoded; the samples have ASCII only.
    let key = encode_path(&at.key);
    let location = format!("http://{}.cos.{region}.myqcloud.com/{key}", at.bucket);
    let result = Element::new("CompleteMultipartUploadResult")
        .attribute("xmlns", "http://www.qcloud.com/document/product/436/7751")
        .field("Location", location)
        .field("Bucket", at.bucket.as_str())
        .field("Key", at.key.as_str())
        .field("ETag", record.etag.as_str());
    let mut reply = Reply::xml(result.to_document())
        .header("x-cos-hash-crc64ecma", record.crc64.to_string().as_bytes())?;
    if committed.versioning != Versioning::Unset {
        reply = reply.header("x-cos-version-id", record.version_id.0.as_bytes())?;
    }
    encryption::echo(reply, record.encryption.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn part(number: u32, size: u64) -> PartRecord {
        PartRecord {
            number,
            size,
            etag: format!("\"e{number}\""),
            crc64: 0,
            last_modified: Timestamp::UNIX_EPOCH,
        }
    }

    fn code(listed: &[(u32, &str)]) -> String {
        let there = [part(1, 10), part(2, 9), part(3, 10), part(5, 0)];
        let listed: Vec<_> = listed
            .iter()
            .map(|(number, etag)| Listed {
                number: *number,
                etag: (*etag).to_owned(),
            })
            .collect();
        match judged(&listed, &there, 10) {
            Ok(parts) => format!("{} parts", parts.len()),
            Err(error) => error.code.into_owned(),
        }
    }

    #[test]
    fn the_list_must_be_in_order_whole_and_right() {
        assert_eq!(code(&[(1, "e1")]), "1 parts");
        assert_eq!(code(&[(1, "E1"), (2, "e2")]), "2 parts");
        assert_eq!(code(&[(3, "e3")]), "1 parts");
        assert_eq!(code(&[(2, "e2"), (1, "e1")]), "InvalidPartOrder");
        assert_eq!(code(&[(1, "e1"), (1, "e1")]), "InvalidPartOrder");
        assert_eq!(code(&[(3, "e3"), (5, "e5")]), "InvalidPart");
        assert_eq!(code(&[(3, "e3"), (4, "e4")]), "InvalidPart");
        assert_eq!(code(&[(1, "e2")]), "InvalidPart");
        assert_eq!(code(&[(1, "e1"), (2, "e2"), (3, "e3")]), "EntityTooSmall");
    }
}
