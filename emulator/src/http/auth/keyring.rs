//! The keys that the emulator has given out, and on whose behalf each of them acts.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::journal::Lane;

/// A secret id with its key, and a token if it is temporary.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Public part; starts with `AKID` on the real platform.
    pub secret_id: String,
    /// Never shown, not even in debug output.
    pub secret_key: String,
    /// What `x-cos-security-token` or `X-TC-Token` must say.
    pub token: Option<String>,
}

/// What a caller is doing right now; its requests are recorded there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acting {
    /// The thread of events.
    pub lane: Lane,
    /// The attempt under way, from 1; 0 if none.
    pub attempt: u32,
}

/// Somebody who may sign requests.
#[derive(Clone, Debug)]
pub struct Principal {
    /// For people: `owner`, or the name of an instance.
    pub name: String,
    /// The function on whose behalf it acts, if it is an instance.
    pub function: Option<String>,
    // A plain mutex around a small copyable value.
    acting: Arc<Mutex<Acting>>,
}

/// A key that was given out.
#[derive(Clone, Debug)]
pub struct Key {
    /// The secret.
    pub credentials: Credentials,
    /// Who holds it.
    pub principal: Principal,
}

/// All keys of one stage. Clones are the same keyring.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    // Read for every request, written when an instance starts or stops.
    keys: Arc<RwLock<HashMap<String, Key>>>,
}

impl Keyring {
    /// Makes `credentials` valid for `principal`.
    pub fn issue(&self, credentials: Credentials, principal: Principal) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.insert(
            credentials.secret_id.clone(),
            Key {
                credentials,
                principal,
            },
        );
    }

    /// Makes a secret id unknown.
    pub fn revoke(&self, secret_id: &str) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.remove(secret_id);
    }

    /// The key with this secret id.
    pub fn find(&self, secret_id: &str) -> Option<Key> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(secret_id).cloned()
    }
}

impl Principal {
    /// Somebody whose requests belong to the stage at first.
    pub fn new(name: impl Into<String>, function: Option<String>) -> Self {
        let acting = Acting {
            lane: Lane::Stage,
            attempt: 0,
        };
        Self {
            name: name.into(),
            function,
            acting: Arc::new(Mutex::new(acting)),
        }
    }

    /// What the principal is doing now.
    pub fn acting(&self) -> Acting {
        *self.acting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what the principal is doing from now on.
    pub fn act(&self, acting: Acting) {
        *self.acting.lock().unwrap_or_else(PoisonError::into_inner) = acting;
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Credentials({})", self.secret_id)
    }
}
