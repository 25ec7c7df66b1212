//! Whether a bucket keeps versions, and the ids of versions. Follows: COS reference, section 7.2.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::StatusCode;
use serde_json::Value;

use crate::Inner;
use crate::detach::detach_on_drop;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use crate::store::{BucketRecord, VersionId};
use backlot_base::xml::Element;
use backlot_http::Body;

/// The member of a bucket's record that holds the status.
const FIELD: &str = "versioning";

/// Whether a bucket keeps versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Versioning {
    /// Versioning was never enabled.
    Unset,
    /// Every upload is a version of its own.
    Enabled,
    /// Versioning was enabled; new objects have no version id.
    Suspended,
}

impl Versioning {
    pub(crate) fn of(bucket: &BucketRecord) -> Self {
        match bucket.extra.get(FIELD).and_then(Value::as_str) {
            Some("Enabled") => Self::Enabled,
            Some("Suspended") => Self::Suspended,
            _ => Self::Unset,
        }
    }
}

/// The id of a version: base64 of the distance of its sequence number from the greatest one, in decimal.
pub(crate) fn version_id_of(sequence: u64) -> VersionId {
    VersionId(STANDARD_NO_PAD.encode((u64::MAX - sequence).to_string()))
}

/// The sequence number of a version id.
pub(crate) fn sequence_of(version_id: &str) -> Option<u64> {
    let text = String::from_utf8(STANDARD_NO_PAD.decode(version_id).ok()?).ok()?;
    Some(u64::MAX - text.parse::<u64>().ok()?)
}

/// The last sequence number of each key, for keys whose next version may be given the same time.
#[derive(Debug, Default)]
pub(crate) struct Sequences {
    // A plain mutex: it is held for a look-up.
    last: Mutex<HashMap<(String, String), u64>>,
}

/// The number of keys beyond which those are forgotten whose numbers are in the past.
const REMEMBERED: usize = 4096;

impl Sequences {
    /// The first number from `wanted` on that was not given to the key before.
    pub(crate) fn next(&self, bucket: &str, key: &str, wanted: u64, now: u64) -> u64 {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() > REMEMBERED {
            last.retain(|_, sequence| *sequence >= now);
        }
        let entry = last.entry((bucket.to_owned(), key.to_owned()));
        let sequence = entry.or_default();
        *sequence = wanted.max(*sequence + 1);
        *sequence
    }
}

/// PUT Bucket versioning.
pub(crate) async fn put(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    body: Body,
    bucket: &str,
) -> Result<Reply, Error> {
    cos.bucket(bucket).await?;
    let configuration = request.document(body, &["VersioningConfiguration"]).await?;
    let status = match configuration.text_of("Status") {
        Some(status @ ("Enabled" | "Suspended")) => status.to_owned(),
        _ => return Err(error::MALFORMED_XML.into()),
    };
    let (this, bucket) = (cos.this(), bucket.to_owned());
    detach_on_drop(async move {
        let _lock = this.key_locks.lock(&bucket, "").await;
        let mut record = Arc::unwrap_or_clone(this.bucket(&bucket).await?);
        record.extra.insert(FIELD.to_owned(), status.into());
        if !this.store.update_bucket(record).await? {
            return Err(error::NO_SUCH_BUCKET.into());
        }
        Ok(Reply::empty(StatusCode::OK))
    })
    .await
}

/// GET Bucket versioning.
pub(crate) async fn get(cos: &Inner, bucket: &str) -> Result<Reply, Error> {
    let status = match Versioning::of(&*cos.bucket(bucket).await?) {
        Versioning::Unset => None,
        Versioning::Enabled => Some("Enabled"),
        Versioning::Suspended => Some("Suspended"),
    };
    let mut body = Element::new("VersioningConfiguration");
    if let Some(status) = status {
        body = body.field("Status", status);
    }
    // The layout of the samples: no XML declaration if versioning was never set.
    Ok(Reply::xml(if status.is_some() {
        body.to_document()
    } else {
        body.to_fragment()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_the_service() {
        // Published with the date 2020-04-10T09:36:35Z.
        let id = "MTg0NDUxNTc1NjIzMTQ1MDAwODg";
        let sequence = sequence_of(id).unwrap();
        assert_eq!(sequence / 1_000_000, 1_586_511_395);
        assert_eq!(version_id_of(sequence), VersionId(id.into()));
        assert_eq!(sequence_of("null"), None);
        assert_eq!(sequence_of("MTg"), Some(u64::MAX - 18));
    }

    #[test]
    fn a_key_never_gets_the_same_time_twice() {
        let sequences = Sequences::default();
        let next = |key, wanted| sequences.next("b-1", key, wanted, 10);
        assert_eq!(
            [next("k", 10), next("k", 10), next("l", 10), next("k", 20)],
            [10, 11, 10, 20]
        );
    }
}
