//! COS: buckets and objects behind the XML API.
//!
//! A request goes through [`Cos::serve`] (`request/pipeline.rs`): its [`address`](request::address) and
//! [`operation`](request::operation) are read, its signature is verified, the plan of faults is asked, [`access`] decides
//! whether it is allowed, and one file for each operation of [`object`], [`bucket`] and [`list`] does the rest. Rules
//! ([`object::precondition`], [`list::page`], [`names`]) know no wire; the [`store`] knows no rules. An object changes under a
//! lock for its key, and the change goes on if the client leaves (`detach.rs`), so that object, journal and signal agree.
//!
//! Other services hear of changes through a [`Listener`]. [`dump`] is for the program that runs the emulator.
//! Follows: COS reference.

pub mod request;

pub mod access;

pub mod bucket;
pub mod list;
pub mod object;
mod select;

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

pub use dump::contents::Noncurrent;
pub use dump::local::{Stored, Upload};
pub use dump::state::{Loaded, StateError};
pub use names::NameLimit;
pub use request::address::Domains;
pub use request::default_host::OldBuckets;
pub use request::error::Error;

use bucket::config::lifecycle::Keeper;
use bucket::versioning;
use key_locks::KeyLocks;
use request::identity::Identities;
use store::Store;

/// A running COS. Clones share their state.
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
    key_locks: KeyLocks,
    lifecycle: Keeper,
    sequences: versioning::Sequences,
    reported: request::failure::Reported,
}

/// The settings of a COS; they do not change while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether signatures are required.
    pub auth: Auth,
    /// The region of buckets that are created through a host that names none.
    pub region: String,
    /// The account's APPID: buckets whose names end in it belong to the account.
    pub appid: String,
    /// The account's number, shown as the owner of buckets.
    pub uin: String,
    /// Custom hosts, beside those of the platform.
    pub domains: Domains,
    /// The buckets for which the rules of 2024-01-01 do not hold.
    pub old_buckets: OldBuckets,
    /// How long names of new buckets may be.
    pub name_limit: NameLimit,
    /// The maximal size of a simple upload, of a part and of a copy, in bytes.
    pub max_object: u64,
    /// The minimal size of a part that is not the last one, in bytes.
    pub min_part: u64,
    /// Storage classes that uploads may ask for.
    pub storage_classes: Vec<String>,
    /// Whether `If-Match` and its siblings are obeyed by requests that change an object; otherwise they are recorded as
    /// unsupported.
    pub conditional_writes: bool,
    /// Whether an object may be copied onto itself without replacing its metadata if its class or encryption changes.
    pub copy_in_place: bool,
}

/// Whether signatures are required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Wrong signatures are refused, and unsigned requests need a grant or a policy.
    Verify,
    /// Every request is allowed; a valid signature still identifies its caller.
    Skip,
}

/// A callback for changes of objects, called in the order of the changes of each key.
#[derive(Clone)]
pub struct Listener(Arc<Tell>);

type Tell = dyn Fn(ObjectChanged, &Hold) + Send + Sync;

impl Listener {
    /// Calls `tell` for every change. It must not wait; with the hold it can take another one for what it starts.
    pub fn new(tell: impl Fn(ObjectChanged, &Hold) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// A listener that ignores all changes.
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
            old_buckets: OldBuckets::None,
            name_limit: NameLimit::Label,
            max_object: 5 << 30,
            min_part: 1 << 20,
            storage_classes: classes.map(str::to_owned).into(),
            conditional_writes: false,
            copy_in_place: false,
        }
    }
}

impl Cos {
    /// A service over `store`, for the callers of `keyring`. Must be called within a tokio runtime.
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
            key_locks: KeyLocks::default(),
            sequences: versioning::Sequences::default(),
            reported: request::failure::Reported::default(),
        });
        Self { inner }
    }
}

impl Inner {
    /// Holds the clock while an object changes.
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

/// The record of an object of which only the key is known.
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
