//! What the function answers: where the event is kept, and what it was. The members are always in this order.

use serde::Serialize;

use crate::archive::Kept;
use crate::digest::Digest;
use crate::event::Event;

/// The result of one invocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// Where the bytes are.
    pub archived: Archived,
    /// What they are.
    pub event: Summary,
    /// Whether they were there before.
    pub already: bool,
    /// How many tries it took.
    pub tries: u32,
}

/// An object of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Archived {
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Lower-case hexadecimal, as in the `ETag`.
    pub md5: String,
    /// Decimal, as in `x-cos-hash-crc64ecma`; text, because it does not fit into the numbers of many languages.
    pub crc64: String,
}

/// An event in three words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The event type of MPS, `unrecognized` or `not-json`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The task, if MPS speaks of one.
    pub task_id: Option<String>,
    /// Its status, if given.
    pub status: Option<String>,
}

impl Receipt {
    /// The receipt for an event that is kept in `bucket`.
    pub fn new(bucket: &str, kept: Kept, event: &Event, digest: &Digest) -> Self {
        Self {
            archived: Archived {
                bucket: bucket.to_owned(),
                key: kept.key,
                size: digest.size,
                md5: digest.md5_hex(),
                crc64: digest.crc64.to_string(),
            },
            event: Summary::of(event),
            already: kept.already,
            tries: kept.tries,
        }
    }
}

impl Summary {
    /// The words for `event`.
    pub fn of(event: &Event) -> Self {
        let notification = event.notification();
        Self {
            kind: event.kind().to_owned(),
            task_id: notification.map(|told| told.task_id.clone()),
            status: notification.and_then(|told| told.status.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_have_an_order() {
        let kept = Kept {
            key: "mps/not-json/15e2b0d3c33891eb.bin".to_owned(),
            already: true,
            tries: 2,
        };
        let receipt = Receipt::new("a-1", kept, &Event::NotJson, &Digest::of(b"123456789"));
        assert_eq!(
            serde_json::to_string(&receipt).unwrap(),
            r#"{"archived":{"bucket":"a-1","key":"mps/not-json/15e2b0d3c33891eb.bin","size":9,"md5":"25f9e794323b453885f5181f1b624d0b","crc64":"11051210869376104954"},"event":{"type":"not-json","taskId":null,"status":null},"already":true,"tries":2}"#
        );
    }
}
