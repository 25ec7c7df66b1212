//! `?accelerate`: whether hosts of global acceleration answer for a bucket.
//!
//! Deviates: they are no faster. Follows: COS reference, sections 1.1 and 4.3.

use crate::Inner;
use crate::request::error::{self, Error};

/// Refuses a request over an acceleration host for a bucket without acceleration.
pub(crate) async fn check_enabled(cos: &Inner, bucket: &str) -> Result<(), Error> {
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
