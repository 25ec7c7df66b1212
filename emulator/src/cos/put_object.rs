//! PUT Object. Follows: COS, "PUT Object", and COS reference, section 5.1.

use std::sync::Arc;

use super::access::{self, acl::Acl};
use super::error::{self, Error};
use super::reply::Reply;
use super::store::{At, ObjectRecord, Octets, Slot, Staged};
use super::visit::Visit;
use super::{Inner, apart, names};
use crate::base::clock::Hold;
use crate::base::digest::{Digester, Digests};
use crate::http::Body;
use crate::journal::{Lane, What};
use crate::signal::ObjectChanged;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, StatusCode, header};
use http_body_util::BodyExt as _;

/// Headers that are kept and come back with the object.
pub(super) const KEPT_HEADERS: [HeaderName; 6] = [
    header::CACHE_CONTROL,
    header::CONTENT_DISPOSITION,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_TYPE,
    header::EXPIRES,
];

/// Bytes of names and values of `x-cos-meta-*` at most, without that prefix.
const MAX_METADATA: usize = 2048;

/// Headers that ask for what is not played here; ignoring them would pretend that it is.
const UNPLAYED: [&str; 4] = [
    "x-cos-server-side-encryption",
    "x-cos-server-side-encryption-customer-algorithm",
    "x-cos-tagging",
    "pic-operations",
];

/// What an upload says about its object, apart from the bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Described {
    pub(super) headers: Vec<(String, Octets)>,
    pub(super) metadata: Vec<(String, Octets)>,
    pub(super) storage_class: Option<String>,
    pub(super) forbids_overwrite: bool,
    /// The access list, if it is not that of the bucket.
    pub(super) acl: Option<Acl>,
}

/// An object whose bytes are staged and whose digests are known.
pub(super) struct Ready {
    pub(super) lane: Lane,
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) described: Described,
    pub(super) digests: Digests,
    pub(super) staged: Box<dyn Staged>,
    /// What is told to those who listen.
    pub(super) event_name: &'static str,
    pub(super) hold: Hold,
}

/// Stores the body under the key.
pub(super) async fn serve(
    cos: &Inner,
    visit: &mut Visit<'_>,
    body: Body,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    names::check_key(key)?;
    cos.bucket(bucket).await?;
    let headers = &visit.head.headers;
    let described = described(headers, &cos.settings.storage_classes)?;
    let md5 = content_md5(headers)?;
    check_length(headers, cos.settings.max_object)?;
    let (staged, digests) = receive(cos, visit, body).await?;
    if md5.is_some_and(|md5| md5 != digests.md5) {
        return Err(error::BAD_DIGEST.into());
    }
    let ready = Ready {
        lane: visit.lane,
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        described,
        digests,
        staged,
        event_name: "cos:ObjectCreated:Put",
        hold: cos.hold_for_change(),
    };
    let record = cos.commit(ready).await?;
    Reply::empty(StatusCode::OK)
        .header("etag", record.etag.as_bytes())?
        .header("x-cos-hash-crc64ecma", record.crc64.to_string().as_bytes())
}

/// Reads the headers that describe the object.
fn described(headers: &HeaderMap, storage_classes: &[String]) -> Result<Described, Error> {
    let text = |name: &str| {
        let value = headers.get(name).filter(|value| !value.is_empty());
        value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    if let Some(name) = UNPLAYED.iter().find(|name| text(name).is_some()) {
        let message = format!("the header {name} is not implemented here");
        return Err(Error::from(error::NOT_IMPLEMENTED).because(message));
    }
    if let Some(limit) = text("x-cos-traffic-limit") {
        let is_allowed = limit
            .parse()
            .is_ok_and(|limit| (819_200..=838_860_800_u64).contains(&limit));
        if !is_allowed {
            return Err(Error::from(error::INVALID_ARGUMENT)
                .because("The x-cos-traffic-limit is out of range."));
        }
    }
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
        kept.push(("content-type".to_owned(), "application/octet-stream".into()));
    }
    let acl = access::of_headers(headers, access::Level::Object)?;
    Ok(Described {
        acl: acl.and_then(access::Given::into_kept),
        headers: kept,
        metadata: metadata(headers)?,
        storage_class,
        forbids_overwrite: text("x-cos-forbid-overwrite")
            .is_some_and(|flag| flag.eq_ignore_ascii_case("true")),
    })
}

fn metadata(headers: &HeaderMap) -> Result<Vec<(String, Octets)>, Error> {
    let given = headers
        .iter()
        .filter(|(name, value)| name.as_str().starts_with("x-cos-meta-") && !value.is_empty());
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

fn content_md5(headers: &HeaderMap) -> Result<Option<[u8; 16]>, Error> {
    let Some(value) = headers.get("content-md5").filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let decoded = STANDARD.decode(value.as_bytes()).ok();
    let md5 = decoded.and_then(|bytes| bytes.try_into().ok());
    md5.map(Some).ok_or_else(|| error::INVALID_DIGEST.into())
}

fn check_length(headers: &HeaderMap, max: u64) -> Result<(), Error> {
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

/// Takes the body chunk by chunk into the store, and its digests on the way.
async fn receive(
    cos: &Inner,
    visit: &mut Visit<'_>,
    mut body: Body,
) -> Result<(Box<dyn Staged>, Digests), Error> {
    let mut staged = cos.store.stage().await?;
    let mut digester = Digester::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            tracing::debug!(%error, "a body ended early");
            Error::from(error::INCOMPLETE_BODY)
        })?;
        let Ok(chunk) = frame.into_data() else {
            continue;
        };
        digester.update(&chunk);
        visit.received = digester.size();
        if digester.size() > cos.settings.max_object {
            return Err(error::ENTITY_TOO_LARGE.into());
        }
        staged.write(chunk).await?;
    }
    Ok((staged, digester.finish()))
}

impl Inner {
    /// Makes a staged body an object, writes that down and tells who listens, whether or not the client still waits.
    pub(super) async fn commit(&self, ready: Ready) -> Result<ObjectRecord, Error> {
        let cos = self.this();
        // A task of its own: if the client leaves, the object and the record of it must not part.
        apart(async move { cos.commit_now(ready).await }).await
    }

    async fn commit_now(self: Arc<Self>, ready: Ready) -> Result<ObjectRecord, Error> {
        let Ready {
            lane,
            bucket,
            key,
            described,
            digests,
            staged,
            event_name,
            hold,
        } = ready;
        let _turn = self.stripes.turn(&bucket, &key).await;
        let slot = Slot::default();
        if described.forbids_overwrite {
            let at = At {
                bucket: &bucket,
                key: &key,
                slot: &slot,
            };
            if self.store.object(at).await?.is_some() {
                return Err(error::FILE_ALREADY_EXISTS.into());
            }
        }
        let record = ObjectRecord {
            key,
            slot,
            size: digests.size,
            etag: digests.etag(),
            crc64: digests.crc64,
            last_modified: self.doors.clock.now(),
            storage_class: described
                .storage_class
                .unwrap_or_else(|| "STANDARD".to_owned()),
            headers: described.headers,
            metadata: described.metadata,
            extra: access::kept(described.acl),
        };
        if !staged.commit(bucket.clone(), record.clone()).await? {
            return Err(error::NO_SUCH_BUCKET.into());
        }
        let created = What::ObjectCreated {
            bucket: bucket.clone(),
            key: record.key.clone(),
            size: record.size,
            etag: record.etag.clone(),
        };
        self.doors.record(lane, created);
        let changed = ObjectChanged {
            event_name: event_name.to_owned(),
            bucket,
            key: record.key.clone(),
            size: record.size,
            etag: record.etag.clone(),
            at: record.last_modified,
        };
        self.listener.tell(changed, &hold);
        Ok(record)
    }
}
