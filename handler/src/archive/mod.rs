//! Archive first: store the bytes as received, prove that they are stored, and only then speak of success.
//!
//! Nothing is ever overwritten. When an object of the key is there already, because the event was delivered twice or
//! because the answer to an earlier try was lost, it is compared with the event: the same bytes are a success, any
//! others an error. In a bucket with versioning `x-cos-forbid-overwrite` has no effect; there, storing twice makes two
//! versions with the same bytes.

mod retry;

use bytes::Bytes;
use http::StatusCode;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::clock::{self, Deadline};
use crate::cos::{self, Client, Object, Put};
use crate::credentials::Credentials;
use crate::digest::Digest;
use crate::event::Event;
use crate::key::key;

pub use retry::Retry;

/// The longest value of one metadata header; bytes. COS takes two kilobytes of metadata altogether.
const LONGEST_VALUE: usize = 256;

/// What a metadata value shows percent-encoded, besides everything that is not ASCII.
const HIDDEN: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// The bucket in which events are kept.
#[derive(Debug)]
pub struct Archive {
    client: Client,
    prefix: String,
    retry: Retry,
}

/// One event to be kept.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// What it is.
    pub event: &'a Event,
    /// Its bytes as received.
    pub body: &'a Bytes,
    /// Their checksums.
    pub digest: &'a Digest,
    /// Of the invocation that brought it.
    pub request_id: &'a str,
}

/// Proof that an event is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where.
    pub key: String,
    /// Whether it was there before.
    pub already: bool,
    /// How many tries it took.
    pub tries: u32,
}

/// Why an event is not known to be kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// COS refused, or failed at every try.
    #[error("failed to store `{key}` ({})", counted(*tries))]
    NotStored {
        /// The key that was tried.
        key: String,
        /// How often.
        tries: u32,
        /// What the last try came to.
        #[source]
        source: cos::Error,
    },
    /// The function's time limit came too close.
    #[error("ran out of time before `{key}` was stored ({})", counted(*tries))]
    OutOfTime {
        /// The key that was tried.
        key: String,
        /// How often.
        tries: u32,
        /// What the last try came to, if there was one.
        #[source]
        source: Option<cos::Error>,
    },
    /// COS says that it stored something else than it was sent.
    #[error("COS stored `{key}` differently: {difference}")]
    StoredDifferently {
        /// The object in doubt.
        key: String,
        /// What does not agree.
        difference: Difference,
    },
    /// The key is taken by other bytes.
    #[error("refusing to overwrite different bytes in `{key}`: {difference}")]
    TakenByOthers {
        /// The object that is there.
        key: String,
        /// What does not agree.
        difference: Difference,
    },
}

/// One property of an object that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{property} is {}, not {expected}", found.as_deref().unwrap_or("not given"))]
pub struct Difference {
    /// `ETag`, `x-cos-hash-crc64ecma` or `Content-Length`.
    pub property: &'static str,
    /// What COS says.
    pub found: Option<String>,
    /// What the event has.
    pub expected: String,
}

/// How one try failed.
enum Trouble {
    /// Another try may help.
    Passing(cos::Error),
    /// It will not.
    Final(Error),
}

impl Archive {
    /// An archive that keeps events under keys beginning with `prefix`.
    pub fn new(client: Client, prefix: String, retry: Retry) -> Self {
        Self {
            client,
            prefix,
            retry,
        }
    }

    /// Stores an event, or finds that it is stored; gives up in time for that to be reported before `deadline`.
    pub async fn keep(
        &self,
        entry: &Entry<'_>,
        credentials: &Credentials,
        deadline: Deadline,
    ) -> Result<Kept, Error> {
        let key = key(&self.prefix, entry.event, entry.digest);
        let mut last = None;
        let mut tries = 0;
        loop {
            tries += 1;
            let limit = self.retry.limit(tries, deadline.left());
            if limit.is_zero() {
                return Err(Error::OutOfTime {
                    key,
                    tries: tries - 1,
                    source: last,
                });
            }
            let work = self.attempt(&key, entry, credentials, tries);
            let result = clock::within(limit, work).await.unwrap_or_else(|_| {
                let host = self.client.host().to_owned();
                Err(Trouble::Passing(cos::Error::TooSlow { host, limit }))
            });
            let source = match result {
                Ok(already) => {
                    return Ok(Kept {
                        key,
                        already,
                        tries,
                    });
                }
                Err(Trouble::Final(error)) => return Err(error),
                Err(Trouble::Passing(source)) => source,
            };
            let pause = self.retry.pause(entry.request_id, tries);
            let is_last = tries >= self.retry.tries;
            let left = deadline.left();
            if left.is_zero() || (!is_last && pause >= left) {
                let source = Some(source);
                return Err(Error::OutOfTime { key, tries, source });
            }
            if is_last {
                return Err(Error::NotStored { key, tries, source });
            }
            clock::pause(pause).await;
            last = Some(source);
        }
    }

    /// One try: put, verify, and if the key is taken, compare. Tells whether the object was there already.
    async fn attempt(
        &self,
        key: &str,
        entry: &Entry<'_>,
        credentials: &Credentials,
        tries: u32,
    ) -> Result<bool, Trouble> {
        let trouble = |error: cos::Error| {
            if error.is_passing() {
                Trouble::Passing(error)
            } else {
                Trouble::Final(Error::NotStored {
                    key: key.to_owned(),
                    tries,
                    source: error,
                })
            }
        };
        let put = Put {
            key,
            body: entry.body.clone(),
            digest: entry.digest,
            content_type: content_type(entry.event),
            metadata: &metadata(entry),
            is_retry: tries > 1,
        };
        let taken = match self.client.put(&put, credentials).await {
            Ok(object) => {
                return match difference(&object, entry.digest) {
                    None => Ok(false),
                    Some(difference) => Err(Trouble::Final(Error::StoredDifferently {
                        key: key.to_owned(),
                        difference,
                    })),
                };
            }
            Err(error)
                if error
                    .refusal()
                    .is_some_and(cos::Refusal::is_existing_object) =>
            {
                error
            }
            Err(error) => return Err(trouble(error)),
        };
        let object = match self.client.head(key, credentials).await {
            Ok(object) => object,
            // It was there a moment ago: either it is being removed, or it is not yet visible everywhere.
            Err(error) if is_absence(&error) => return Err(Trouble::Passing(taken)),
            Err(error) => return Err(trouble(error)),
        };
        let size = Difference {
            property: "Content-Length",
            found: object.size.map(|size| size.to_string()),
            expected: entry.digest.size.to_string(),
        };
        let size = (object.size != Some(entry.digest.size)).then_some(size);
        match size.or_else(|| difference(&object, entry.digest)) {
            None => Ok(true),
            Some(difference) => Err(Trouble::Final(Error::TakenByOthers {
                key: key.to_owned(),
                difference,
            })),
        }
    }
}

fn is_absence(error: &cos::Error) -> bool {
    error
        .refusal()
        .is_some_and(|refusal| refusal.status == StatusCode::NOT_FOUND)
}

/// The first checksum that does not prove what it should. A checksum that is missing proves nothing.
/// Follows: COS, "Checksums".
fn difference(object: &Object, digest: &Digest) -> Option<Difference> {
    let crc64 = Difference {
        property: "x-cos-hash-crc64ecma",
        found: object.crc64.map(|crc64| crc64.to_string()),
        expected: digest.crc64.to_string(),
    };
    let etag = Difference {
        property: "ETag",
        found: object.etag.clone(),
        expected: digest.md5_hex(),
    };
    let differs = |claim: &Difference| claim.found.as_ref() != Some(&claim.expected);
    if differs(&crc64) {
        return Some(crc64);
    }
    (!object.has_managed_key && differs(&etag)).then_some(etag)
}

fn content_type(event: &Event) -> &'static str {
    match event {
        Event::Mps(_) | Event::Unrecognized => "application/json",
        Event::NotJson => "application/octet-stream",
    }
}

/// Follows: COS, "PUT Object", `x-cos-meta-*`.
fn metadata(entry: &Entry<'_>) -> Vec<(&'static str, String)> {
    let notification = entry.event.notification();
    let values = [
        ("event-type", Some(entry.event.kind())),
        ("task-id", notification.map(|told| told.task_id.as_str())),
        (
            "status",
            notification.and_then(|told| told.status.as_deref()),
        ),
        ("request-id", Some(entry.request_id)),
    ];
    values
        .into_iter()
        .filter_map(|(name, value)| Some((name, header_safe(value?))))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// What a header can carry and every client reads alike: visible ASCII, the rest percent-encoded, of bounded length.
fn header_safe(text: &str) -> String {
    let mut value = String::new();
    for character in text.chars() {
        let mut bytes = [0; 4];
        let piece = utf8_percent_encode(character.encode_utf8(&mut bytes), HIDDEN).to_string();
        if value.len() + piece.len() > LONGEST_VALUE {
            break;
        }
        value.push_str(&piece);
    }
    value
}

fn counted(tries: u32) -> String {
    match tries {
        1 => "1 try".to_owned(),
        tries => format!("{tries} tries"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(body: &[u8]) -> Object {
        let digest = Digest::of(body);
        Object {
            etag: Some(digest.md5_hex()),
            crc64: Some(digest.crc64),
            size: Some(digest.size),
            has_managed_key: false,
        }
    }

    #[test]
    fn both_checksums_have_to_agree() {
        let digest = Digest::of(b"one");
        assert_eq!(difference(&stored(b"one"), &digest), None);
        let wrong_etag = Object {
            etag: stored(b"two").etag,
            ..stored(b"one")
        };
        assert_eq!(difference(&wrong_etag, &digest).unwrap().property, "ETag");
        let no_crc = Object {
            crc64: None,
            ..stored(b"one")
        };
        assert_eq!(
            difference(&no_crc, &digest).unwrap().to_string(),
            format!("x-cos-hash-crc64ecma is not given, not {}", digest.crc64)
        );
    }

    #[test]
    fn the_etag_proves_nothing_under_a_managed_key() {
        let object = Object {
            etag: Some("0".repeat(32)),
            has_managed_key: true,
            ..stored(b"one")
        };
        assert_eq!(difference(&object, &Digest::of(b"one")), None);
        assert!(difference(&object, &Digest::of(b"two")).is_some());
    }

    #[test]
    fn metadata_is_safe_in_a_header_and_bounded() {
        assert_eq!(header_safe("245****6-a"), "245****6-a");
        assert_eq!(header_safe("a b\r\nc%é"), "a%20b%0D%0Ac%25%C3%A9");
        assert_eq!(header_safe(&"é".repeat(100)).len(), 252);
        assert_eq!(header_safe(&"x".repeat(1000)).len(), LONGEST_VALUE);
    }
}
