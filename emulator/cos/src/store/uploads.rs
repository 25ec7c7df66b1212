//! Uploads in parts: what is between the beginning of an upload and its object.

use std::ops::Bound;

use super::{ObjectRecord, PartRecord, Pending, UploadRecord};

/// The part of a store that keeps uploads. The caller promises what [`super::Store`] says.
pub trait Uploads {
    /// Adds an upload; `false` if its bucket is not there.
    fn begin_upload(&self, bucket: String, upload: UploadRecord) -> Pending<'_, bool>;

    /// The record of an upload.
    fn upload(&self, at: UploadAt) -> Pending<'_, Option<UploadRecord>>;

    /// At most `limit` uploads of a bucket in byte order of keys, then of ids, beginning at `from`: a key with an id.
    fn scan_uploads<'a>(
        &'a self,
        bucket: &'a str,
        from: Bound<(&'a str, &'a str)>,
        limit: usize,
    ) -> Pending<'a, Vec<UploadRecord>>;

    /// At most `limit` parts of an upload whose numbers are greater than `after`, in order.
    fn parts(&self, at: UploadAt, after: u32, limit: usize) -> Pending<'_, Vec<PartRecord>>;

    /// Makes the parts of these numbers, in this order, the body of an object, ends the upload and forgets its other parts,
    /// in one step. `false`, and nothing changes, if bucket, upload or one of the parts is not there.
    ///
    /// No byte goes through this process: a part costs the same whether it is small or large, or is copied by the system.
    fn complete_upload(
        &self,
        at: UploadAt,
        parts: Vec<u32>,
        record: ObjectRecord,
    ) -> Pending<'_, bool>;

    /// Forgets an upload and its parts; `false` if it was not there.
    fn abort_upload(&self, at: UploadAt) -> Pending<'_, bool>;
}

/// Which upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadAt {
    /// The bucket's full name.
    pub bucket: String,
    /// The key of the object to be.
    pub key: String,
    /// The upload's id.
    pub id: String,
}
