//! Initiate Multipart Upload.

use crate::bucket::versioning::Versioning;
use crate::detach::detach_on_drop;
use crate::object::put::described;
use crate::object::{encryption, lookup};
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use crate::store::{At, UploadAt, UploadRecord};
use crate::{Inner, names};
use backlot_base::xml::Element;

/// Begins an upload.
pub(crate) async fn serve(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    names::check_new_key(key)?;
    let found = cos.bucket(bucket).await?;
    let mut described = described(key, &request.head.headers, &cos.settings.storage_classes)?;
    cos.encrypt(bucket, &mut described).await?;
    if described.forbids_overwrite && Versioning::of(&found) == Versioning::Unset {
        let current = cos.store.object(At::current(bucket, key)).await?;
        if current.is_some() {
            return Err(error::FILE_ALREADY_EXISTS.into());
        }
    }
    let now = cos.context.clock.now();
    let id = new_id(cos, request, bucket, key).await?;
    let upload = UploadRecord {
        id: id.clone(),
        initiated: now,
        forbids_overwrite: described.forbids_overwrite,
        object: described.to_record(key),
    };
    let (this, owned, turn) = (cos.this(), bucket.to_owned(), key.to_owned());
    let record = upload.object.clone();
    detach_on_drop(async move {
        let _lock = this.key_locks.lock(&owned, &turn).await;
        if !this.store.begin_upload(owned, upload).await? {
            return Err(error::NO_SUCH_BUCKET.into());
        }
        Ok(())
    })
    .await?;
    let result = Element::new("InitiateMultipartUploadResult")
        .field("Bucket", bucket)
        .field("Key", key)
        .field("UploadId", id);
    encryption::echo(Reply::xml(result.to_fragment()), record.encryption.as_ref())
}

/// An upload id: ten digits of seconds and 64 hexadecimal digits, so that ids sort by time.
async fn new_id(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
    key: &str,
) -> Result<String, Error> {
    let seconds = cos.context.clock.now().as_second();
    let mut count = 0_u32;
    loop {
        let count_text = count.to_string();
        let purpose = ["cos-upload", bucket, key, &request.request_id, &count_text];
        let id = format!("{seconds:010}{}", cos.context.seed.draw(&purpose).hex(64));
        let at = UploadAt {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            id: id.clone(),
        };
        // An earlier run with this seed may have left an upload with this id.
        let is_taken =
            cos.store.upload(&at).await?.is_some() || lookup::completed(cos, &at).await?.is_some();
        if !is_taken {
            return Ok(id);
        }
        count += 1;
    }
}
