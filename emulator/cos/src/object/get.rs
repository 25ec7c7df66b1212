//! GET Object and HEAD Object, which differ in the body only. Follows: COS reference, sections 5.2 and 5.3.

use std::ops::Range;

use futures_util::TryStreamExt as _;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use hyper::body::Frame;

use crate::Inner;
use crate::bucket::versioning::Versioning;
use crate::object::precondition::{self, Outcome};
use crate::object::put::{KEPT_HEADERS, check_traffic_limit};
use crate::object::range::{self, Part};
use crate::object::{encryption, lookup, restore, symlink};
use crate::request::cos_request::CosRequest;
use crate::request::default_host::{check_package, force_download};
use crate::request::error::{self, Error};
use crate::request::reply::{Reply, date, to_value};
use crate::store::{Body, ObjectRecord, ObjectType, VersionId};
use backlot_base::journal::Lane;
use backlot_http::Body as Content;
use backlot_http::exchange::empty_with_length;

/// Answers with an object, or with its headers.
pub(crate) async fn serve(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    cos.check_referer(bucket, &request.head.headers).await?;
    let is_head = request.head.method == Method::HEAD;
    let query = &request.address.query;
    check_overrides(request)?;
    if query.filled("partNumber").is_some() {
        let (feature, text) = ("partNumber", "the whole object is answered, not one part");
        let subject = format!("{bucket}/{key}");
        cos.context
            .record_unsupported(request.lane, "cos", feature, &subject, text);
    }
    check_traffic_limit(request.header("x-cos-traffic-limit"))?;
    check_traffic_limit(query.filled("x-cos-traffic-limit"))?;
    let version_id = request.version().map(|id| VersionId(id.to_owned()));
    let at = lookup::at(bucket, key, version_id.as_ref());
    // Read before the record, so that the record is not part of a future that waits.
    let versioning = Versioning::of(&*cos.bucket(bucket).await?);
    let Some((mut record, mut body)) = lookup::find(cos, at, is_head).await? else {
        return Err(lookup::missing(request.version()));
    };
    if let ObjectType::Symlink { target } = &record.object_type {
        let found = Box::pin(symlink::follow(cos, bucket, target, is_head)).await?;
        (record, body) = found;
    }
    if record.is_delete_marker() {
        return Err(lookup::hidden(&record));
    }
    let is_download = !is_head && cos.is_default_download(request.address);
    if is_download {
        check_package(key)?;
    }
    encryption::check_key(&request.head.headers, &record)?;
    let now = cos.context.clock.now();
    if !is_head {
        restore::check_readable(&record, now)?;
    }
    // Follows: RFC 9110, section 13.2.1: conditions count where the request would succeed without them.
    let headers = &request.head.headers;
    match precondition::judge(headers, &record, now) {
        Outcome::Met => {}
        Outcome::Failed => return Err(error::PRECONDITION_FAILED.into()),
        Outcome::NotModified => return not_modified(&record, is_head),
    }
    // Follows: RFC 9110, section 14.2: ranges are for GET only.
    let part = if is_head {
        Part::Whole
    } else {
        range::judge(headers, &record, now)
    };
    let (status, range) = match part {
        Part::Whole => (StatusCode::OK, 0..record.size),
        Part::Of(range) => (StatusCode::PARTIAL_CONTENT, range),
        Part::Unsatisfiable => return Err(error::INVALID_RANGE.into()),
    };
    let mut reply = described(&record, request)?;
    reply = restore::describe(reply, &record, now)?;
    if is_download {
        reply = force_download(reply)?;
    }
    if versioning != Versioning::Unset {
        reply = reply.header("x-cos-version-id", record.version_id.0.as_bytes())?;
    }
    reply.status = status;
    if status == StatusCode::PARTIAL_CONTENT {
        let text = format!("bytes {}-{}/{}", range.start, range.end - 1, record.size);
        reply = reply.header("content-range", text.as_bytes())?;
    }
    let length = range.end - range.start;
    reply
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if let Some(body) = body.filter(|_| length > 0) {
        let content = match body.in_memory(&range) {
            Some(bytes) => Content::whole(bytes),
            None => streaming(cos, body, range, request.lane),
        };
        reply.body = content.holding(request.hold.take());
    }
    Ok(reply)
}

/// A body that is read while it is sent.
fn streaming(cos: &Inner, body: Box<dyn Body>, range: Range<u64>, lane: Lane) -> Content {
    let this = cos.this();
    let frames = body.stream(range).map_ok(Frame::data);
    Content::streaming(frames.inspect_err(move |error| {
        // The client sees a body that ends early; the reason goes to log and journal.
        this.report_store(lane, error);
    }))
}

/// Only signed requests may override headers. Follows: COS, "GET Object".
fn check_overrides(request: &CosRequest<'_>) -> Result<(), Error> {
    let mut names = request
        .address
        .query
        .iter()
        .map(|part| part.name.to_ascii_lowercase());
    if !request.is_signed && names.any(|name| name.starts_with("response-")) {
        return Err(error::INVALID_REQUEST.into());
    }
    Ok(())
}

/// The headers that describe an object.
fn described(record: &ObjectRecord, request: &CosRequest<'_>) -> Result<Reply, Error> {
    let mut reply = identified(record)?;
    let (bytes, date) = (
        HeaderValue::from_static("bytes"),
        date(record.last_modified),
    );
    reply.headers.insert(header::ACCEPT_RANGES, bytes);
    reply.headers.insert(header::LAST_MODIFIED, date);
    for (name, value) in record.headers.iter().chain(&record.metadata) {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            continue;
        };
        reply.headers.append(name, to_value(&value.0)?);
    }
    if !request.address.query.is_empty() {
        for name in KEPT_HEADERS {
            if let Some(value) = request.address.query.filled(&format!("response-{name}")) {
                reply.headers.insert(name, to_value(value.as_bytes())?);
            }
        }
    }
    if record.object_type == ObjectType::Appendable {
        reply = reply.header("x-cos-object-type", b"appendable")?;
    }
    if !record.tags.is_empty() {
        let count = record.tags.len().to_string();
        reply = reply.header("x-cos-tagging-count", count.as_bytes())?;
    }
    encryption::echo(reply, record.encryption.as_ref())
}

fn identified(record: &ObjectRecord) -> Result<Reply, Error> {
    let mut reply = Reply::empty(StatusCode::OK);
    let headers = &mut reply.headers;
    headers.insert(header::ETAG, to_value(record.etag.as_bytes())?);
    headers.insert("x-cos-hash-crc64ecma", record.crc64.into());
    Ok(reply)
}

/// Follows: COS reference, section 5.2: a 304 to GET describes the object, a 304 to HEAD does not. `Content-Length: 0` is
/// sent, because cos-python-sdk-v5 makes no body of an answer without a length.
fn not_modified(record: &ObjectRecord, is_head: bool) -> Result<Reply, Error> {
    if is_head {
        return Reply::empty(StatusCode::NOT_MODIFIED).header("content-type", b"application/xml");
    }
    let content_type = record
        .headers
        .iter()
        .find(|(name, _)| name == "content-type");
    let content_type = content_type.map_or(&b"application/octet-stream"[..], |(_, value)| &value.0);
    let mut reply = identified(record)?.header("content-type", content_type)?;
    // Follows: RFC 9110, section 15.4.5: a cache updates what it has by these.
    for name in [header::CACHE_CONTROL, header::EXPIRES] {
        let kept = record.headers.iter().find(|(kept, _)| name == **kept);
        if let Some((_, value)) = kept {
            reply.headers.insert(name, to_value(&value.0)?);
        }
    }
    reply.status = StatusCode::NOT_MODIFIED;
    reply.body = empty_with_length();
    Ok(reply)
}
