//! Links: objects that stand for others. Follows: COS reference, section 7.5.
//!
//! Choice: a link leads to an object of its bucket, and not to another link.

use http::StatusCode;
use percent_encoding::percent_decode_str;

use crate::object::commit::{CommitBody, Ready};
use crate::object::lookup::{Found, find};
use crate::object::put::described;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use crate::store::{At, ObjectType};
use crate::{Inner, names};
use backlot_base::digest::Digests;

const HEADER: &str = "x-cos-symlink-target";

/// PUT Symlink.
pub(crate) async fn put(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    names::check_new_key(key)?;
    cos.bucket(bucket).await?;
    let target = request.header(HEADER).ok_or_else(|| {
        Error::from(error::INVALID_ARGUMENT).because("The x-cos-symlink-target is missing.")
    })?;
    names::check_key(&decoded(target))?;
    let described = described(key, &request.head.headers, &cos.settings.storage_classes)?;
    let mut record = described.to_record(key);
    record.take_digests(&Digests::of(b""));
    record.object_type = ObjectType::Symlink {
        target: target.to_owned(),
    };
    let ready = Ready {
        origin: request.origin(),
        bucket: bucket.to_owned(),
        record,
        forbids_overwrite: described.forbids_overwrite,
        conditions: cos.write_conditions(request),
        bytes: CommitBody::Staged(cos.store.stage().await?),
        event_name: "cos:ObjectCreated:Put",
        hold: cos.hold_for_change(),
    };
    let committed = cos.commit(ready).await?;
    let reply = Reply::empty(StatusCode::OK).header("etag", committed.record.etag.as_bytes())?;
    match committed.version() {
        Some(version) => reply.header("x-cos-version-id", version.as_bytes()),
        None => Ok(reply),
    }
}

/// GET Symlink.
pub(crate) async fn get(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let record = cos.existing(bucket, key, request.version()).await?;
    match &record.object_type {
        ObjectType::Symlink { target } => Reply::empty(StatusCode::OK)
            .header("etag", record.etag.as_bytes())?
            .header(HEADER, target.as_bytes()),
        _ => Err(Error::from(error::INVALID_REQUEST).because("The object is not a symlink.")),
    }
}

/// The object that a link to `target` leads to.
pub(crate) async fn follow(
    cos: &Inner,
    bucket: &str,
    target: &str,
    is_head: bool,
) -> Result<Found, Error> {
    let target = decoded(target);
    match find(cos, At::current(bucket, &target), is_head).await? {
        Some((found, _)) if matches!(found.object_type, ObjectType::Symlink { .. }) => {
            Err(Error::from(error::INVALID_REQUEST).because("A symlink leads to a symlink."))
        }
        Some(found) => Ok(found),
        None => Err(error::NO_SUCH_KEY.into()),
    }
}

fn decoded(target: &str) -> String {
    let target = percent_decode_str(target).decode_utf8_lossy();
    target.strip_prefix('/').unwrap_or(&target).to_owned()
}
