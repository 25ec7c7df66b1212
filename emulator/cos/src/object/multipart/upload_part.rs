//! Upload Part, and storing a part.

use http::StatusCode;

use super::{at, number};
use crate::Inner;
use crate::detach::detach_on_drop;
use crate::object::encryption;
use crate::object::put::{check_length, check_traffic_limit, receive};
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use crate::store::{PartRecord, Staged, UploadAt};
use backlot_base::digest::Digests;
use backlot_http::Body;

/// Stores the body as a part.
pub(crate) async fn serve(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    body: Body,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let (at, number) = (at(request, bucket, key), number(request)?);
    check_length(&request.head.headers, cos.settings.max_object)?;
    check_traffic_limit(request.header("x-cos-traffic-limit"))?;
    let Some(upload) = cos.store.upload(&at).await? else {
        cos.bucket(&at.bucket).await?;
        return Err(error::NO_SUCH_UPLOAD.into());
    };
    encryption::check_key(&request.head.headers, &upload.object)?;
    let (staged, digests) = receive(cos, request, body, cos.settings.max_object).await?;
    let part = keep(cos, at, number, staged, &digests).await?;
    let reply = Reply::empty(StatusCode::OK)
        .header("etag", part.etag.as_bytes())?
        .header("x-cos-hash-crc64ecma", part.crc64.to_string().as_bytes())?;
    encryption::echo(reply, upload.object.encryption.as_ref())
}

/// Makes a staged body a part, in place of the part with this number.
pub(crate) async fn keep(
    cos: &Inner,
    at: UploadAt,
    number: u32,
    staged: Staged,
    digests: &Digests,
) -> Result<PartRecord, Error> {
    let part = PartRecord {
        number,
        size: digests.size,
        etag: digests.etag(),
        crc64: digests.crc64,
        last_modified: cos.context.clock.now(),
    };
    let (this, kept, hold) = (cos.this(), part.clone(), cos.hold_for_change());
    detach_on_drop(async move {
        let _hold = hold;
        let _lock = this.key_locks.lock(&at.bucket, &at.key).await;
        if !staged.commit_part(at, kept).await? {
            return Err(error::NO_SUCH_UPLOAD.into());
        }
        Ok(())
    })
    .await?;
    Ok(part)
}
