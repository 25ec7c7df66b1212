//! `?accelerate`: whether hosts of global acceleration answer for a bucket, and for which operations.
//!
//! Deviates: they are no faster. Follows: COS reference, sections 0.1, 1.1 and 4.3.

use crate::Inner;
use crate::request::error::{self, Error};
use crate::request::operation::Operation;

/// Whether acceleration hosts answer for an operation: uploads and downloads only, not copies, lists, removals and
/// configurations. Choice: HEAD Bucket too, with which some tools begin.
fn carries(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::GetObject
            | Operation::HeadObject
            | Operation::OptionsObject
            | Operation::PutObject
            | Operation::PostObject
            | Operation::AppendObject
            | Operation::InitiateMultipartUpload
            | Operation::UploadPart
            | Operation::CompleteMultipartUpload
            | Operation::AbortMultipartUpload
            | Operation::ListParts
            | Operation::ListMultipartUploads
            | Operation::HeadBucket
    )
}

/// Refuses a request over an acceleration host that is not for a transfer, or for a bucket without acceleration.
pub(crate) async fn check(cos: &Inner, operation: Operation, bucket: &str) -> Result<(), Error> {
    if !carries(operation) {
        return Err(error::ACTION_ACCELERATE_NOT_SUPPORTED.into());
    }
    // That the bucket does not exist is answered by the operation.
    if bucket.is_empty() || cos.store.bucket(bucket).await?.is_none() {
        return Ok(());
    }
    let configuration = cos.configuration(bucket, "accelerate").await?;
    let status = configuration
        .as_ref()
        .and_then(|configuration| configuration.text_of("Status"));
    if status.map(str::trim) == Some("Enabled") {
        return Ok(());
    }
    Err(error::BUCKET_ACCELERATE_NOT_ENABLED.into())
}
