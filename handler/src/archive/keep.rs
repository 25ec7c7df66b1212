//! Tries until an event is kept, cannot be kept, or time is up.

use bytes::Bytes;
use http::StatusCode;

use super::metadata::{content_type, metadata};
use super::verify::{difference, difference_of_existing};
use super::{Error, Retry};
use crate::clock::{self, Deadline};
use crate::cos::{self, Client, Put};
use crate::credentials::Credentials;
use crate::digest::Digest;
use crate::event::Event;
use crate::key::key;

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
    /// The request id of its invocation.
    pub request_id: &'a str,
}

/// Proof that an event is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its key.
    pub key: String,
    /// Whether it was there before.
    pub already: bool,
    /// How many tries it took.
    pub tries: u32,
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
        match difference_of_existing(&object, entry.digest) {
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
