//! APPEND Object. Follows: COS reference, section 5.8.
//!
//! Choice: an append writes the whole object anew, so that what was there before stays readable and a crash leaves the old
//! object or the new one. It costs time with the size of the object, not memory.

use futures_util::TryStreamExt as _;
use http::{HeaderName, HeaderValue};
use http_body_util::BodyExt as _;

use crate::detach::detach_on_drop;
use crate::object::body_writer::HashingWriter;
use crate::object::commit::{CommitBody, Ready};
use crate::object::put::{check_length, described, uploaded};
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use crate::store::{At, ObjectRecord, ObjectType, StoreError};
use crate::{Inner, names};
use backlot_base::digest::{Digests, combine_crc64};
use backlot_http::Body;

/// Adds bytes to the end of an object, which is created if it does not exist.
pub(crate) async fn serve(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    mut body: Body,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    names::check_new_key(key)?;
    cos.bucket(bucket).await?;
    let position = request.address.query.filled("position");
    let position = position
        .and_then(|position| position.parse::<u64>().ok())
        .ok_or_else(|| {
            Error::from(error::INVALID_ARGUMENT).because("The position must be a number.")
        })?;
    let headers = &request.head.headers;
    let mut described = described(key, headers, &cos.settings.storage_classes)?;
    cos.encrypt(bucket, &mut described).await?;
    check_length(headers, cos.settings.max_object)?;
    let md5 = request.content_md5()?;

    let mut staged = cos.store.stage().await?;
    let before = cos.store.open(At::current(bucket, key)).await?;
    let before = before.filter(|(record, _)| !record.is_delete_marker());
    check_position(before.as_ref().map(|(record, _)| record), position)?;
    let before = match before {
        None => None,
        Some((record, old)) => {
            let mut stream = old.stream(0..record.size);
            while let Some(chunk) = stream
                .try_next()
                .await
                .map_err(|error| damaged(key, &error))?
            {
                staged.write(chunk).await?;
            }
            Some(record)
        }
    };
    let mut writer = HashingWriter::onto(staged, cos.settings.max_object.saturating_sub(position));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Error::from(error::INCOMPLETE_BODY))?;
        let Ok(chunk) = frame.into_data() else {
            continue;
        };
        let taken = writer.write(chunk).await;
        request.received = writer.size();
        taken?;
    }
    let (staged, added) = writer.finish().await?;
    if md5.is_some_and(|md5| md5 != added.md5) {
        return Err(error::BAD_DIGEST.into());
    }
    let record = match &before {
        None => described.to_record(key),
        Some(before) => before.clone(),
    };
    let ready = Ready {
        origin: request.origin(),
        bucket: bucket.to_owned(),
        record: grown(cos, record, &added),
        forbids_overwrite: false,
        conditions: cos.write_conditions(request),
        bytes: CommitBody::Staged(staged),
        // Choice: none is documented.
        event_name: "",
        hold: cos.hold_for_change(),
    };
    let this = cos.this();
    let committed = detach_on_drop(async move {
        let _lock = this.key_locks.lock(&ready.bucket, &ready.record.key).await;
        let at = At::current(&ready.bucket, &ready.record.key);
        let now = this.store.object(at).await?;
        let now = now.filter(|record| !record.is_delete_marker());
        if now != before {
            // Another request was faster.
            check_position(now.as_ref(), position)?;
            return Err(error::PATH_CONFLICT.into());
        }
        this.commit_locked(ready).await
    })
    .await?;
    let next = committed.record.size.to_string();
    // Observed: SDK for Go: in spite of its name, the header holds the MD5 of what was added.
    uploaded(&committed.record, None)?
        .header("x-cos-next-append-position", next.as_bytes())?
        .header("x-cos-content-sha1", hex::encode(added.md5).as_bytes())
}

fn check_position(before: Option<&ObjectRecord>, position: u64) -> Result<(), Error> {
    if before.is_some_and(|record| record.object_type != ObjectType::Appendable) {
        return Err(error::OBJECT_NOT_APPENDABLE.into());
    }
    let length = before.map_or(0, |record| record.size);
    if position == length {
        return Ok(());
    }
    let mut error = Error::from(error::APPEND_POSITION_ERR);
    let next = HeaderName::from_static("x-cos-next-append-position");
    error.headers.push((next, HeaderValue::from(length)));
    Err(error)
}

/// The record after the bytes have been added; its entity tag is not a digest.
fn grown(cos: &Inner, mut record: ObjectRecord, added: &Digests) -> ObjectRecord {
    let md5 = hex::encode(added.md5);
    let drawn = cos
        .context
        .seed
        .draw(&["cos-append", &record.key, &record.etag, &md5]);
    record.etag = format!("\"{}\"", drawn.hex(32));
    record.crc64 = combine_crc64(record.crc64, added.crc64, added.size);
    record.size += added.size;
    record.object_type = ObjectType::Appendable;
    record
}

fn damaged(key: &str, error: &std::io::Error) -> Error {
    let damaged = StoreError::Damaged {
        what: key.to_owned(),
        why: error.to_string(),
    };
    damaged.into()
}
