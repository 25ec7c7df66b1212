//! PUT Object. Follows: COS, "PUT Object", and COS reference, section 5.1.

use http::{HeaderMap, HeaderName, StatusCode, header};
use http_body_util::BodyExt as _;

use crate::access::acl::Acl;
use crate::object::body_writer::HashingWriter;
use crate::object::commit::{CommitBody, Ready};
use crate::object::{content_type, encryption, tagging};
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use crate::store::{Encryption, ObjectRecord, Octets, Staged};
use crate::{Inner, access, names};
use backlot_base::digest::Digests;
use backlot_http::Body;

/// Headers that are stored, and returned with the object.
pub(crate) const KEPT_HEADERS: [HeaderName; 6] = [
    header::CACHE_CONTROL,
    header::CONTENT_DISPOSITION,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_TYPE,
    header::EXPIRES,
];

/// The maximal size of names and values of `x-cos-meta-*`, without that prefix, in bytes.
const MAX_METADATA: usize = 2048;

/// Headers of unsupported features. Uploads with them are refused, because their clients rely on the effect.
const UNSUPPORTED_HEADERS: [&str; 1] = ["pic-operations"];

/// The description of an object in the headers of its upload.
#[derive(Clone, Debug, Default)]
pub(crate) struct Described {
    pub(crate) headers: Vec<(String, Octets)>,
    pub(crate) metadata: Vec<(String, Octets)>,
    pub(crate) storage_class: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) encryption: Option<Encryption>,
    pub(crate) forbids_overwrite: bool,
    /// The access list, if it is not that of the bucket.
    pub(crate) acl: Option<Acl>,
}

impl Described {
    /// The record of an object under this key, without size and digests.
    pub(crate) fn to_record(&self, key: &str) -> ObjectRecord {
        let mut record = crate::draft(key);
        if let Some(class) = &self.storage_class {
            record.storage_class.clone_from(class);
        }
        record.headers.clone_from(&self.headers);
        record.metadata.clone_from(&self.metadata);
        record.tags.clone_from(&self.tags);
        record.encryption.clone_from(&self.encryption);
        record.extra.extend(access::kept(self.acl.clone()));
        record
    }
}

/// Stores the body under the key.
pub(crate) async fn serve(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    body: Body,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    names::check_new_key(key)?;
    cos.bucket(bucket).await?;
    let headers = &request.head.headers;
    let mut described = described(key, headers, &cos.settings.storage_classes)?;
    cos.encrypt(bucket, &mut described).await?;
    check_length(headers, cos.settings.max_object)?;
    let (staged, digests) = receive(cos, request, body, cos.settings.max_object).await?;
    let mut record = described.to_record(key);
    record.take_digests(&digests);
    let ready = Ready {
        origin: request.origin(),
        bucket: bucket.to_owned(),
        record,
        forbids_overwrite: described.forbids_overwrite,
        conditions: cos.write_conditions(request),
        bytes: CommitBody::Staged(staged),
        event_name: "cos:ObjectCreated:Put",
        hold: cos.hold_for_change(),
    };
    let committed = cos.commit(ready).await?;
    uploaded(&committed.record, committed.version())
}

/// The answer to an upload of an object.
pub(crate) fn uploaded(record: &ObjectRecord, version: Option<&str>) -> Result<Reply, Error> {
    let mut reply = Reply::empty(StatusCode::OK)
        .header("etag", record.etag.as_bytes())?
        .header("x-cos-hash-crc64ecma", record.crc64.to_string().as_bytes())?;
    if let Some(version) = version {
        reply = reply.header("x-cos-version-id", version.as_bytes())?;
    }
    encryption::echo(reply, record.encryption.as_ref())
}

impl ObjectRecord {
    /// Sets size and digests.
    pub(crate) fn take_digests(&mut self, digests: &Digests) {
        self.size = digests.size;
        self.crc64 = digests.crc64;
        self.etag = encryption::etag(digests, self.encryption.as_ref());
    }
}

/// Reads the headers that describe the object under this key.
pub(crate) fn described(
    key: &str,
    headers: &HeaderMap,
    storage_classes: &[String],
) -> Result<Described, Error> {
    let text = |name: &str| {
        let value = headers.get(name).filter(|value| !value.is_empty());
        value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    if let Some(name) = UNSUPPORTED_HEADERS.iter().find(|name| text(name).is_some()) {
        let message = format!("the header {name} is not supported by the emulator");
        return Err(Error::from(error::NOT_IMPLEMENTED).because(message));
    }
    check_traffic_limit(text("x-cos-traffic-limit").as_deref())?;
    let storage_class = text("x-cos-storage-class");
    if storage_class
        .as_ref()
        .is_some_and(|class| !storage_classes.contains(class))
    {
        return Err(error::NOT_SUPPORTED_STORAGE_CLASS.into());
    }
    let filled = |name: &HeaderName| {
        let value = headers.get(name).filter(|value| !value.is_empty())?;
        Some((
            name.as_str().to_owned(),
            Octets::from(value.as_bytes().to_vec()),
        ))
    };
    let mut kept: Vec<_> = KEPT_HEADERS.iter().filter_map(filled).collect();
    if !kept.iter().any(|(name, _)| name == "content-type") {
        let content_type = content_type::of_key(key);
        kept.push(("content-type".to_owned(), content_type.into()));
    }
    let acl = access::of_headers(headers, access::Level::Object)?;
    Ok(Described {
        acl: acl.and_then(access::Given::into_kept),
        headers: kept,
        metadata: metadata(headers)?,
        storage_class,
        tags: tagging::parse_header(text("x-cos-tagging").as_deref())?,
        encryption: encryption::wanted(headers)?,
        forbids_overwrite: text("x-cos-forbid-overwrite")
            .is_some_and(|flag| flag.eq_ignore_ascii_case("true")),
    })
}

/// Checks a limit in bits per second. It has no effect: transfers are not slowed down.
pub(crate) fn check_traffic_limit(limit: Option<&str>) -> Result<(), Error> {
    let Some(limit) = limit.filter(|limit| !limit.is_empty()) else {
        return Ok(());
    };
    let limit = limit.parse::<u64>();
    if limit.is_ok_and(|limit| (819_200..=838_860_800).contains(&limit)) {
        return Ok(());
    }
    Err(Error::from(error::INVALID_ARGUMENT).because("The x-cos-traffic-limit is out of range."))
}

/// User metadata. Choice: unlike other headers, one without a value is kept.
fn metadata(headers: &HeaderMap) -> Result<Vec<(String, Octets)>, Error> {
    let given = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-cos-meta-"));
    let metadata: Vec<_> = given
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                Octets::from(value.as_bytes().to_vec()),
            )
        })
        .collect();
    let sizes = metadata
        .iter()
        .map(|(name, value)| name.len() - "x-cos-meta-".len() + value.0.len());
    if sizes.sum::<usize>() > MAX_METADATA {
        return Err(Error::from(error::INVALID_ARGUMENT).because("The user metadata exceeds 2 KB."));
    }
    Ok(metadata)
}

pub(crate) fn check_length(headers: &HeaderMap, max: u64) -> Result<(), Error> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    match length.and_then(|length| length.parse::<u64>().ok()) {
        Some(length) if length > max => Err(error::ENTITY_TOO_LARGE.into()),
        None if !headers.contains_key(header::TRANSFER_ENCODING) => {
            Err(error::MISSING_CONTENT_LENGTH.into())
        }
        _ => Ok(()),
    }
}

/// Writes the body to the store, chunk by chunk, and compares its digests with those that the client sent.
pub(crate) async fn receive(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    mut body: Body,
    max: u64,
) -> Result<(Staged, Digests), Error> {
    let md5 = request.content_md5()?;
    let sha1 = request.content_sha1();
    let mut writer = HashingWriter::new(cos, max).await?;
    if sha1.is_some() {
        writer = writer.with_sha1();
    }
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            tracing::debug!(%error, "a body ended early");
            Error::from(error::INCOMPLETE_BODY)
        })?;
        let Ok(chunk) = frame.into_data() else {
            continue;
        };
        let taken = writer.write(chunk).await;
        request.received = writer.size();
        taken?;
    }
    let (staged, digests) = writer.finish().await?;
    if md5.is_some_and(|md5| md5 != digests.md5) {
        return Err(error::BAD_DIGEST.into());
    }
    let found = digests.sha1.map(hex::encode);
    if sha1.is_some_and(|sha1| !found.is_some_and(|found| found.eq_ignore_ascii_case(&sha1))) {
        return Err(error::INVALID_SHA1_DIGEST.into());
    }
    Ok((staged, digests))
}
