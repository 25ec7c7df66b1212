//! `?acl` of buckets and objects. Follows: COS, "PUT Bucket acl" and its siblings, and COS reference, section 7.3.

use http::StatusCode;

use super::acl::Acl;
use super::acl_wire::{self, Given, Level};
use super::decide::principal;
use super::rules::{BUCKET_ACL, OBJECT_ACL, object_acl, version_id};
use crate::Inner;
use crate::detach::detach_on_drop;
use crate::object::lookup;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use crate::store::VersionId;
use backlot_http::Body;
use backlot_http::auth::Standing;
use backlot_http::exchange::{BodyError, collect};

/// The maximal size of a list, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Answers with the ACL of a bucket, or of an object if there is a key.
pub(crate) async fn get(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let owner = principal(&Standing::Owner, &cos.settings.uin);
    let reply = |acl: Acl| Reply::xml(acl_wire::to_xml(&owner, &acl).to_fragment());
    if key.is_empty() {
        cos.bucket(bucket).await?;
        return Ok(reply(cos.bucket_acl(bucket).await?.unwrap_or_default()));
    }
    let version_id = version_id(&request.address.query);
    let at = lookup::at(bucket, key, version_id.as_ref());
    let record = cos.store.object(at).await?;
    let record = record.filter(|record| !record.is_delete_marker());
    let record = record.ok_or(error::NO_SUCH_KEY)?;
    match object_acl(&record) {
        Some(acl) => Ok(reply(acl)),
        None => reply(Acl::default()).header("x-cos-acl", b"default"),
    }
}

/// Sets the ACL of a bucket or an object, from headers or the body.
pub(crate) async fn put(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    body: Body,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let body = collect(body, MAX_BODY).await.map_err(|error| match error {
        BodyError::TooLarge { .. } => error::MALFORMED_XML,
        BodyError::Incomplete { .. } => error::INCOMPLETE_BODY,
    })?;
    request.received = body.len() as u64;
    let level = if key.is_empty() {
        Level::Bucket
    } else {
        Level::Object
    };
    let given = match acl_wire::of_headers(&request.head.headers, level)? {
        Some(_) if !body.is_empty() => {
            let message = "A list comes in headers or in a body, not in both.";
            return Err(Error::from(error::INVALID_REQUEST).because(message));
        }
        Some(given) => given,
        None if body.is_empty() => {
            let message = "The request has no list, neither in headers nor in a body.";
            return Err(Error::from(error::INVALID_REQUEST).because(message));
        }
        None => Given::List(acl_wire::parse(&body)?),
    };
    if key.is_empty() {
        cos.keep_bucket_acl(bucket, given.into_kept()).await?;
    } else {
        let version_id = version_id(&request.address.query);
        cos.keep_object_acl(bucket, key, version_id, given.into_kept())
            .await?;
    }
    Ok(Reply::empty(StatusCode::OK))
}

impl Inner {
    /// Sets the list of a bucket.
    pub(crate) async fn keep_bucket_acl(
        &self,
        bucket: &str,
        acl: Option<Acl>,
    ) -> Result<(), Error> {
        let (this, bucket) = (self.this(), bucket.to_owned());
        let bytes = serde_json::to_vec(&acl.unwrap_or_default())
            .expect("a list is plain data with text for keys");
        detach_on_drop(async move {
            let _lock = this.key_locks.lock(&bucket, "").await;
            if this
                .store
                .put_document(&bucket, BUCKET_ACL, bytes.into())
                .await?
            {
                Ok(())
            } else {
                Err(error::NO_SUCH_BUCKET.into())
            }
        })
        .await
    }

    /// Sets the list of an object; without one it follows its bucket. Its bytes stay as they are.
    async fn keep_object_acl(
        &self,
        bucket: &str,
        key: &str,
        version_id: Option<VersionId>,
        acl: Option<Acl>,
    ) -> Result<(), Error> {
        let (this, bucket, key) = (self.this(), bucket.to_owned(), key.to_owned());
        detach_on_drop(async move {
            let _lock = this.key_locks.lock(&bucket, &key).await;
            let at = lookup::at(&bucket, &key, version_id.as_ref());
            let record = this.store.object(at).await?;
            let record = record.filter(|record| !record.is_delete_marker());
            let mut record = record.ok_or(error::NO_SUCH_KEY)?;
            match acl {
                Some(acl) => {
                    let kept =
                        serde_json::to_value(acl).expect("a list is plain data with text for keys");
                    record.extra.insert(OBJECT_ACL.to_owned(), kept);
                }
                None => {
                    record.extra.remove(OBJECT_ACL);
                }
            }
            if this.store.update_object(bucket, record).await? {
                Ok(())
            } else {
                Err(error::NO_SUCH_BUCKET.into())
            }
        })
        .await
    }
}
