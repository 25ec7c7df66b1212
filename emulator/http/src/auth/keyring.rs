//! The keys that the emulator has issued, and the principal of each.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;

use super::gate::Gate;
use backlot_base::journal::Lane;

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

/// What a principal is doing right now: the lane in which its requests are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acting {
    /// The lane of the journal.
    pub lane: Lane,
    /// The attempt under way, from 1; 0 if none.
    pub attempt: u32,
}

/// A caller that may sign requests.
#[derive(Clone, Debug)]
pub struct Principal {
    /// For people: `owner`, or the name of an instance.
    pub name: String,
    /// The function on whose behalf it acts, if it is an instance.
    pub function: Option<String>,
    /// The identity that permissions are checked for.
    pub standing: Standing,
    /// Whether its calls are served.
    pub gate: Gate,
    // A plain mutex around a small copyable value.
    acting: Arc<Mutex<Acting>>,
}

/// The identity of a principal in terms of access management (CAM).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// The account that owns the stage's buckets. Choice: the run role of a function acts as it, unless it is told otherwise.
    #[default]
    Owner,
    /// A user of that account, who may do what policies and grants allow.
    User {
        /// The user's number, for example `100000000011`.
        uin: String,
        /// The policy that is attached to the user, as JSON text.
        policy: Option<Arc<str>>,
    },
    /// A user of another account.
    Stranger {
        /// The number of the other account.
        owner: String,
        /// The number of the user; the account's number if it is the account itself.
        uin: String,
    },
}

/// A key that was issued.
#[derive(Clone, Debug)]
pub struct Key {
    /// Secret id, secret key and token.
    pub credentials: Credentials,
    /// The principal that signs with it.
    pub principal: Principal,
    /// The first moment at which the key is not valid any more, by the client's clock.
    pub expires: Option<Timestamp>,
    /// The policy of the session, as JSON text: the key may do no more than it allows.
    pub policy: Option<Arc<str>>,
}

/// All keys of one stage. Clones are the same keyring.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    // Read for every request, written when an instance starts or stops.
    keys: Arc<RwLock<HashMap<String, Arc<Key>>>>,
    // Of proxy users. Kept apart from the keys, because a password gives access to nothing.
    passwords: Arc<RwLock<HashMap<String, Principal>>>,
}

impl Keyring {
    /// Makes `credentials` valid for `principal`.
    pub fn issue(&self, credentials: Credentials, principal: Principal) {
        self.add(Key {
            credentials,
            principal,
            expires: None,
            policy: None,
        });
    }

    /// Makes a key valid within its own limits. A key that has expired stays known, so that its holder is told why.
    pub fn add(&self, key: Key) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.insert(key.credentials.secret_id.clone(), Arc::new(key));
    }

    /// Makes a secret id unknown.
    pub fn revoke(&self, secret_id: &str) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.remove(secret_id);
    }

    /// Makes calls through the proxy with this password those of `principal`.
    pub fn lend_password(&self, password: impl Into<String>, principal: Principal) {
        let passwords = self.passwords.write();
        let mut passwords = passwords.unwrap_or_else(PoisonError::into_inner);
        passwords.insert(password.into(), principal);
    }

    /// Makes a password unknown.
    pub fn take_password(&self, password: &str) {
        let passwords = self.passwords.write();
        let mut passwords = passwords.unwrap_or_else(PoisonError::into_inner);
        passwords.remove(password);
    }

    /// The principal whose calls through the proxy have this password.
    pub fn holder_of(&self, password: &str) -> Option<Principal> {
        let passwords = self.passwords.read();
        let passwords = passwords.unwrap_or_else(PoisonError::into_inner);
        passwords.get(password).cloned()
    }

    /// The key with this secret id.
    pub fn find(&self, secret_id: &str) -> Option<Arc<Key>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(secret_id).cloned()
    }
}

impl Principal {
    /// A principal whose requests belong to the stage's lane until [`Principal::act`] says otherwise.
    pub fn new(name: impl Into<String>, function: Option<String>) -> Self {
        let acting = Acting {
            lane: Lane::Stage,
            attempt: 0,
        };
        Self {
            name: name.into(),
            function,
            standing: Standing::Owner,
            gate: Gate::default(),
            acting: Arc::new(Mutex::new(acting)),
        }
    }

    /// The principal under another name. Both share what they are doing: [`Principal::act`] on one is seen by the other.
    #[must_use]
    pub fn renamed(&self, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..self.clone()
        }
    }

    /// The principal with other permissions.
    #[must_use]
    pub fn with_standing(mut self, standing: Standing) -> Self {
        self.standing = standing;
        self
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
