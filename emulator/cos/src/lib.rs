//! COS: buckets and objects behind the XML API, where archives end.
//!
//! A request goes through [`Cos::serve`] (`journey.rs`): its [`address`] and [`operation`] are read, its signature is verified,
//! the plan of faults is asked, [`access`] decides whether it may be done, and one file for each operation does the rest.
//! Rules ([`condition`], [`listing`], [`names`]) know no wire; the [`store`] knows no rules. What changes an object happens
//! under a lock for its key, and goes on if the client leaves in the middle (`apart.rs`), so that object, journal and signal
//! never part.
//!
//! What an object's coming or going means to others is left to them: they are told through a [`Listener`].
//! Follows: COS reference.

pub mod request;

pub mod access;

pub mod bucket;
pub mod list;
pub mod object;

pub mod dump;
pub mod event;

mod s3;

mod detach;
mod key_locks;
pub mod names;

pub mod store;

use std::fmt;
use std::sync::{Arc, Weak};

use backlot_base::clock::Hold;
use backlot_base::context::Context;
use backlot_base::signal::ObjectChanged;
use backlot_http::auth::Keyring;

pub use dump::contents::Below;
pub use dump::local::{Stored, Upload};
pub use dump::state::StateError;
pub use request::address::Domains;
pub use request::error::Error;

use bucket::config::lifecycle::Keeper;
use bucket::versioning;
use key_locks::Stripes;
use request::identity::Identities;
use store::Store;

/// A running COS; clones are the same one.
#[derive(Clone, Debug)]
pub struct Cos {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    this: Weak<Inner>,
    context: Context,
    keyring: Keyring,
    store: Arc<Store>,
    settings: Settings,
    listener: Listener,
    identities: Identities,
    stripes: Stripes,
    lifecycle: Keeper,
    births: versioning::Births,
}

/// What is meant, as opposed to what happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether signatures count.
    pub auth: Auth,
    /// The region of buckets that are created through a host that names none.
    pub region: String,
    /// The account's APPID: buckets that end in it are ours.
    pub appid: String,
    /// The account's number, shown as the owner of buckets.
    pub uin: String,
    /// Hosts beside those of the platform.
    pub domains: Domains,
    /// Bytes of a simple upload, of a part and of a copy at most.
    pub max_object: u64,
    /// Bytes of a part at least, unless it is the last one.
    pub min_part: u64,
    /// Storage classes that uploads may ask for.
    pub storage_classes: Vec<String>,
}

/// Whether signatures count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// What is not signed, or wrongly, is refused.
    Verify,
    /// Everybody may do everything; a right signature still tells who it is.
    Skip,
}

/// Who is told about objects that come and go, in the order of changes of each key.
#[derive(Clone)]
pub struct Listener(Arc<Tell>);

type Tell = dyn Fn(ObjectChanged, &Hold) + Send + Sync;

impl Listener {
    /// Calls `tell` for every change. It must not wait; with the hold it can take another one for what it starts.
    pub fn new(tell: impl Fn(ObjectChanged, &Hold) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// Nobody.
    pub fn none() -> Self {
        Self::new(|_, _| ())
    }

    fn tell(&self, changed: ObjectChanged, hold: &Hold) {
        (self.0)(changed, hold);
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Listener")
    }
}

impl Default for Settings {
    /// The account of the documentation's examples.
    fn default() -> Self {
        let classes = [
            "STANDARD",
            "STANDARD_IA",
            "INTELLIGENT_TIERING",
            "ARCHIVE",
            "DEEP_ARCHIVE",
            "MAZ_STANDARD",
            "MAZ_STANDARD_IA",
            "MAZ_INTELLIGENT_TIERING",
        ];
        Self {
            auth: Auth::Verify,
            region: "ap-guangzhou".to_owned(),
            appid: "1250000000".to_owned(),
            uin: "100000000001".to_owned(),
            domains: Domains::default(),
            max_object: 5 << 30,
            min_part: 1 << 20,
            storage_classes: classes.map(str::to_owned).into(),
        }
    }
}

impl Cos {
    /// A service over `store`, for the callers of `keyring`. Must be called where tasks can be spawned.
    pub fn new(
        context: Context,
        keyring: Keyring,
        store: Arc<Store>,
        settings: Settings,
        listener: Listener,
    ) -> Self {
        let inner = Arc::new_cyclic(|this| Inner {
            this: Weak::clone(this),
            lifecycle: Keeper::start(Weak::clone(this), &context.clock, store.kind()),
            context,
            keyring,
            store,
            settings,
            listener,
            identities: Identities::default(),
            stripes: Stripes::default(),
            births: versioning::Births::default(),
        });
        Self { inner }
    }
}

impl Inner {
    /// Keeps the clock while an object changes.
    fn hold_for_change(&self) -> Hold {
        self.context.clock.hold("a change of a COS object")
    }

    /// A handle for tasks that outlive a request.
    fn this(&self) -> Arc<Self> {
        self.this
            .upgrade()
            .expect("whoever calls holds the service")
    }
}

/// The record of an object of which nothing is known but its key.
fn draft(key: &str) -> store::ObjectRecord {
    store::ObjectRecord {
        key: key.to_owned(),
        version_id: store::VersionId::default(),
        sequence: 0,
        object_type: store::ObjectType::Normal,
        size: 0,
        etag: String::new(),
        crc64: 0,
        last_modified: jiff::Timestamp::UNIX_EPOCH,
        storage_class: "STANDARD".to_owned(),
        headers: Vec::new(),
        metadata: Vec::new(),
        tags: Vec::new(),
        encryption: None,
        restore: None,
        upload_id: None,
        extra: serde_json::Map::new(),
    }
}
