//! Finding the version of an object that a request names, and the errors if it is not there.

use std::ops::Bound;

use crate::Inner;
use crate::request::error::{self, Error};
use crate::store::{At, Body, ObjectRecord, Start, UploadAt, VersionId};

/// A record, and a body if it was asked for.
pub(crate) type Found = (ObjectRecord, Option<Box<dyn Body>>);

impl Inner {
    /// The record of a version, or of the current one; an error if it does not exist or is a delete marker.
    pub(crate) async fn existing(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> Result<ObjectRecord, Error> {
        let version_id = version.map(|id| VersionId(id.to_owned()));
        let at = at(bucket, key, version_id.as_ref());
        match self.store.object(at).await? {
            Some(record) if !record.is_delete_marker() => Ok(record),
            Some(record) => Err(hidden(&record)),
            None => {
                self.bucket(bucket).await?;
                Err(missing(version))
            }
        }
    }

    /// Stores the changed record of an object; its bytes stay.
    pub(crate) async fn describe(&self, bucket: String, record: ObjectRecord) -> Result<(), Error> {
        if !self.store.update_object(bucket, record).await? {
            return Err(error::NO_SUCH_KEY.into());
        }
        Ok(())
    }
}

/// The record of a version, with its body if that is wanted.
pub(crate) async fn find(cos: &Inner, at: At<'_>, is_head: bool) -> Result<Option<Found>, Error> {
    Ok(if is_head {
        cos.store.object(at).await?.map(|record| (record, None))
    } else {
        let found = cos.store.open(at).await?;
        found.map(|(record, body)| (record, Some(body)))
    })
}

/// The place of a version, or of the current one.
pub(crate) fn at<'a>(bucket: &'a str, key: &'a str, version_id: Option<&'a VersionId>) -> At<'a> {
    match version_id {
        None => At::current(bucket, key),
        Some(version_id) => At::version(bucket, key, version_id),
    }
}

/// The error for an object or a version that does not exist.
pub(crate) fn missing(version: Option<&str>) -> Error {
    match version {
        None => error::NO_SUCH_KEY.into(),
        Some(_) => error::NO_SUCH_VERSION.into(),
    }
}

/// The error for a delete marker. Follows: COS reference, section 7.2.
pub(crate) fn hidden(marker: &ObjectRecord) -> Error {
    let mut error = Error::from(error::NO_SUCH_KEY);
    let header = |name, text: &str| {
        let value = http::HeaderValue::from_str(text).expect("ids are ASCII");
        (http::HeaderName::from_static(name), value)
    };
    error.headers.push(header("x-cos-delete-marker", "true"));
    error
        .headers
        .push(header("x-cos-version-id", &marker.version_id.0));
    error
}

/// The object that a completed upload has become, if it still exists.
pub(crate) async fn completed(
    cos: &Inner,
    upload: &UploadAt,
) -> Result<Option<ObjectRecord>, Error> {
    const BATCH: usize = 100;
    let mut from = Start::Key(Bound::Included(upload.key.as_str()));
    loop {
        let versions = cos.store.scan_versions(&upload.bucket, from, BATCH).await?;
        let mut same_key = versions
            .iter()
            .take_while(|record| record.key == upload.key);
        let found = same_key.find(|record| record.upload_id.as_deref() == Some(&upload.id));
        if found.is_some() {
            return Ok(found.cloned());
        }
        match versions.last() {
            Some(last) if last.key == upload.key && versions.len() == BATCH => {
                from = Start::Older(&upload.key, last.sequence);
            }
            _ => return Ok(None),
        }
    }
}
