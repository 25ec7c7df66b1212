//! PUT Object - Copy, and Upload Part - Copy. Follows: COS reference, sections 5.6 and 5.9.

mod object;
mod part;
mod source;

pub(crate) use object::serve as object;
pub(crate) use part::serve as part;

use std::ops::Range;

use futures_util::TryStreamExt as _;

use crate::Inner;
use crate::object::body_writer::HashingWriter;
use crate::request::error::Error;
use crate::store::{Body, Staged, StoreError};
use backlot_base::digest::Digests;

/// Copies a range of a body into a body of its own, chunk by chunk.
async fn transfer(
    cos: &Inner,
    body: Box<dyn Body>,
    range: Range<u64>,
) -> Result<(Staged, Digests), Error> {
    // The source was stored, so its size was allowed.
    let mut writer = HashingWriter::new(cos, u64::MAX).await?;
    let mut stream = body.stream(range);
    loop {
        let chunk = stream
            .try_next()
            .await
            .map_err(|error| StoreError::Damaged {
                what: "the source of a copy".to_owned(),
                why: error.to_string(),
            })?;
        let Some(chunk) = chunk else {
            return writer.finish().await;
        };
        writer.write(chunk).await?;
    }
}
