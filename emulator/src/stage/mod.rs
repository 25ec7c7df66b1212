//! One running emulator: the three services behind one front door, and the only place where they meet.
//!
//! [`settings`] says what a stage is made of, [`front_door`] which service a request is for, [`outside`] what programs need
//! to know to use it, [`unsettled`] what would be lost if it ended now, [`state`] what it begins with and what is kept of it; `courier` carries what the services tell each other. A
//! stage that is dropped takes its processes and
//! temporary folders with it; [`Stage::stop`] does the same and waits for it.

pub mod front_door;
pub mod outside;
pub mod python;
pub mod settings;
pub mod state;
pub mod unsettled;

mod courier;
mod routes;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::DropGuard;

pub use outside::Outside;
pub use settings::{Settings, StoreChoice, Time};

use crate::admin::{Admin, Facts, Forget, Parts};
use courier::{Courier, Postbox};
use front_door::AdminDoor;
use routes::Routes;

use crate::mps::request::{EditRequest, WorkflowRequest};
use crate::mps::{self, Binding, EventType, Mps, edit_event, workflow_event};
use crate::scf::{self, Called, Scf};
use crate::stub::{Outbound, Stubs};
use backlot_base::clock::{Clock, Hold};
use backlot_base::context::Context;
use backlot_base::fault::Switch;
use backlot_base::journal::{Journal, Lane, What};
use backlot_base::seed::Seed;
use backlot_base::signal::{InvokeWanted, TaskFinished};
use backlot_cos as cos;
use backlot_cos::event::Trigger;
use backlot_cos::store::{self, Kind, Store, StoreSettings};
use backlot_cos::{Below, Cos, Domains, Stored, Upload};
use backlot_http::auth::{Acting, Credentials, Keyring, Principal};
use backlot_http::host_pattern::NotAHost;
use backlot_http::{Authority, Emulated, HostPattern, Server, authority};

/// One running emulator.
#[derive(Debug)]
pub struct Stage {
    context: Context,
    cos: Cos,
    scf: Scf,
    outbound: Outbound,
    admin: Admin,
    courier: Courier,
    server: Server,
    owner: Credentials,
    certificate: PathBuf,
    _carrying: DropGuard,
    // Removed last, when nothing writes to it any more.
    _folder: TempDir,
}

/// Why a stage did not start, or could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The front door's address cannot be used.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// No temporary folder can be made.
    #[error("no temporary folder can be made")]
    Folder(#[source] io::Error),
    /// The store does not open.
    #[error("the object store does not open")]
    Store(#[source] store::StoreError),
    /// There is no local authority.
    #[error("the local certificate authority cannot be used")]
    Authority(#[from] authority::Error),
    /// A host of one's own is none.
    #[error(transparent)]
    Host(#[from] NotAHost),
    /// A function is not one that SCF would take.
    #[error(transparent)]
    Function(#[from] scf::InvalidFunction),
    /// COS refused.
    #[error(transparent)]
    Cos(#[from] cos::Error),
    /// A function cannot be created.
    #[error(transparent)]
    Create(#[from] scf::CreateError),
    /// A trigger names a type of event that MPS does not have.
    #[error(transparent)]
    EventType(#[from] mps::notification::UnknownEventType),
    /// A trigger is taken.
    #[error(transparent)]
    Bound(#[from] mps::trigger::AlreadyBound),
    /// MPS refuses a task.
    #[error(transparent)]
    Task(#[from] mps::Error),
}

impl Stage {
    /// Opens the store, starts the services and the front door, and creates buckets, functions and triggers.
    #[expect(
        clippy::too_many_lines,
        reason = "the order in which things start is read in one place"
    )]
    pub async fn start(settings: Settings) -> Result<Self, Error> {
        let clock = settings.time.clock();
        let switch = Switch::new(Arc::clone(&settings.faults));
        let context = Context {
            journal: Journal::limited(&clock, settings.journal),
            clock,
            seed: settings.seed,
            faults: Arc::new(switch.clone()),
        };
        let folder = tempfile::tempdir().map_err(Error::Folder)?;
        let store = open_store(&settings.store, folder.path())?;
        let kind = store.kind();
        let keyring = Keyring::default();
        let owner = owner(&context, &keyring);
        let account = &settings.account;
        let cos_settings = cos_settings(account, settings.domains);
        let domains = cos_settings.domains.clone();
        say_what_never_happens(&context, &settings.cos_triggers);
        let postbox = Postbox::new(Routes {
            triggers: settings.cos_triggers,
            workflows: settings.workflows,
            region: account.region.clone(),
            shape: settings.cos_events,
            seed: settings.seed,
        });
        let listener = postbox.listener();
        let cos = Cos::new(
            context.clone(),
            keyring.clone(),
            store,
            cos_settings,
            listener,
        );
        // One that is there from an earlier run stays as it is. All at once, so that they share one wait for the disk.
        let buckets = settings.buckets.iter();
        try_join_all(buckets.map(|bucket| cos.create_bucket(bucket, &account.region))).await?;
        let stubs = Stubs::new(settings.stubs);
        let outbound = Outbound::new(context.clone(), keyring.clone(), stubs, settings.egress);
        let emulated = emulated(&outbound, &domains)?;
        let (authority, certificate) =
            local_authority(&context, &emulated, &settings.store, folder.path())?;
        let opening = AdminDoor::default();
        let desk = front_door::Desk {
            context: context.clone(),
            outbound: outbound.clone(),
            cos: cos.clone(),
            domains,
            cloud_api: front_door::cloud_api(&context, &keyring, &account.uin),
            admin: Arc::clone(&opening),
        };
        let server = front_door::open(settings.listen, authority, desk).await?;
        let python = python::write(folder.path()).map_err(Error::Folder)?;
        let mut platform = front_door::variables(server.address(), Some(&certificate));
        platform.extend(python::variables(&python, &certificate));
        let scf = Scf::start(context.clone(), keyring, settings.account.clone(), platform);
        let facts = Facts {
            address: server.address(),
            account: settings.account.clone(),
            seed: settings.seed,
            is_virtual: settings.time != Time::Real,
            store: kind,
            data: settings.store.folder.clone().map(absolute),
            ca_bundle: Some(absolute(certificate.clone())),
            python: Some(python),
            buckets: settings.buckets.clone(),
            started: context.clock.now(),
        };
        for function in settings.functions {
            scf.create_function(function)?;
        }
        let mps = with_bindings(&context, &settings.triggers)?;
        let started = What::StageStarted {
            seed: settings.seed.0,
            store: kind.to_string(),
        };
        context.record(Lane::Stage, started);
        let (courier, carrying) =
            Courier::start(&context, &cos, &scf, mps, postbox, settings.chain_limit);
        let forgetful = courier.clone();
        let parts = Parts {
            context: context.clone(),
            cos: cos.clone(),
            scf: scf.clone(),
            outbound: outbound.clone(),
            switch,
            forget: Forget::new(move || forgetful.forget()),
        };
        let admin = Admin::new(parts, facts);
        let admin = opening.get_or_init(|| admin).clone();
        Ok(Self {
            context,
            cos,
            scf,
            outbound,
            admin,
            courier,
            server,
            owner,
            certificate,
            _carrying: carrying,
            _folder: folder,
        })
    }

    /// The stage's clock.
    pub fn clock(&self) -> &Clock {
        &self.context.clock
    }

    /// The stage's journal.
    pub fn journal(&self) -> &Journal {
        &self.context.journal
    }

    /// Where the front door listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Serves one more connection at the front door, which did not come through its listener. See [`Server::attend`].
    pub async fn attend<S>(&self, stream: S, peer: SocketAddr)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.server.attend(stream, peer).await;
    }

    /// Where the certificate of the local authority is, for clients that speak TLS.
    pub fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// The keys of the account's owner.
    pub fn owner(&self) -> &Credentials {
        &self.owner
    }

    /// The surface for whoever runs the emulator.
    pub fn admin(&self) -> &Admin {
        &self.admin
    }

    /// What programs need to know to use this stage.
    pub fn outside(&self) -> Outside {
        let facts = self.admin.facts();
        Outside {
            address: facts.address,
            account: facts.account.clone(),
            owner: self.owner.clone(),
            ca_bundle: facts.ca_bundle.clone(),
            python: facts.python.clone(),
        }
    }

    /// The function that takes a type of MPS event.
    pub fn bound_to(&self, event_type: EventType) -> Option<String> {
        let mps = self.courier.mps();
        let first = mps.bindings().bound_to(event_type).next();
        first.map(|binding| binding.function.clone())
    }

    /// MPS finishes a workflow task now: its outputs are written and its trigger delivers the event.
    pub async fn finish_workflow(
        &self,
        request: &WorkflowRequest,
        hold: Hold,
    ) -> Result<(), Error> {
        let source = self.courier.look_up(&request.source()).await?;
        let created = self.created(|now| workflow_event::timeline(source.as_ref(), now).finishes);
        let finished =
            self.courier
                .mps()
                .finish_workflow(request, source.as_ref(), created, hold)?;
        self.deliver(finished).await
    }

    /// MPS finishes an edit task now: its output is written and its trigger delivers the event.
    pub async fn finish_edit(&self, request: &EditRequest, hold: Hold) -> Result<(), Error> {
        let mut sources = Vec::new();
        for file in &request.files {
            sources.push(self.courier.look_up(&file.source).await?);
        }
        let created = self.created(|now| edit_event::timeline(request, &sources, now).finishes);
        let finished = self
            .courier
            .mps()
            .finish_edit(request, &sources, created, hold)?;
        self.deliver(finished).await
    }

    /// Carries what MPS has to say: outputs to COS, the event to the functions that are bound to its type.
    pub async fn deliver(&self, finished: TaskFinished) -> Result<(), Error> {
        self.courier.deliver(finished).await
    }

    /// Queues an event for a function. That SCF refuses an event is part of what happens, and in the journal.
    pub fn invoke(&self, wanted: InvokeWanted) {
        self.courier.invoke(wanted);
    }

    /// Gives a function one event and waits for its answer.
    pub async fn call(&self, function: &str, event: Bytes) -> Called {
        let wanted = InvokeWanted {
            function: function.to_owned(),
            source: "OTHERS".to_owned(),
            event,
            hold: self.clock().hold("a synchronous call"),
        };
        self.scf.invoke_sync(wanted).await
    }

    /// Writes an object from inside; recorded in `lane`.
    pub async fn put_object(&self, lane: Lane, upload: Upload) -> Result<(), Error> {
        self.cos.put_object(lane, upload).await?;
        Ok(())
    }

    /// Removes an object from inside; recorded in `lane`.
    pub async fn delete_object(&self, lane: Lane, bucket: &str, key: &str) -> Result<(), Error> {
        Ok(self.cos.delete_object(lane, bucket, key).await?)
    }

    /// Every object of every bucket, by bucket and key.
    pub async fn objects(&self) -> Result<Vec<Stored>, Error> {
        Ok(self.cos.all_objects().await?)
    }

    /// Versions and delete markers that are not what clients see at first.
    pub async fn below(&self) -> Result<Vec<Below>, Error> {
        Ok(self.cos.below().await?)
    }

    /// Stops what is under way, the instances, the front door and the stores, and returns when all are gone.
    pub async fn stop(self) {
        self.courier.stop().await;
        self.scf.stop().await;
        // Whoever follows the journal has seen the end of it, and would keep the front door open.
        self.admin.close();
        self.outbound.close();
        self.server.stop().await;
    }

    /// When a task that finishes now was created. `finished` says when one created at a given time would be finished.
    fn created(&self, finished: impl Fn(Timestamp) -> Timestamp) -> Timestamp {
        let now = self.clock().now();
        let lasts = finished(now).duration_since(now);
        now.saturating_sub(lasts).unwrap_or(Timestamp::MIN)
    }
}

/// The COS of an account, with hosts of its own in the spelling in which they are compared.
fn cos_settings(account: &scf::Account, domains: BTreeMap<String, String>) -> cos::Settings {
    let custom = domains
        .into_iter()
        .map(|(host, bucket)| (host.to_ascii_lowercase(), bucket));
    cos::Settings {
        region: account.region.clone(),
        appid: account.app_id.to_string(),
        uin: account.uin.clone(),
        domains: Domains {
            custom: custom.collect(),
            ..Domains::default()
        },
        ..cos::Settings::default()
    }
}

/// The hosts that are answered here beside those of the platform.
fn emulated(outbound: &Outbound, domains: &Domains) -> Result<Emulated, Error> {
    let own = domains.custom.keys().map(|host| host.parse());
    let own = own.collect::<Result<Vec<HostPattern>, _>>()?;
    Ok(Emulated::with(outbound.hosts().into_iter().chain(own)))
}

/// An MPS whose events go to these functions, by type.
fn with_bindings(context: &Context, triggers: &BTreeMap<String, String>) -> Result<Mps, Error> {
    let mut mps = Mps::new(context.clone(), mps::Settings::default());
    for (event_type, function) in triggers {
        let event_type: EventType = event_type.parse()?;
        mps.bindings_mut()
            .bind(Binding::new(event_type, function))?;
    }
    Ok(mps)
}

/// Writes down triggers that wait for what does not happen here.
fn say_what_never_happens(context: &Context, triggers: &[Trigger]) {
    for trigger in triggers {
        let events = trigger.events.iter();
        for (event, why) in events.filter_map(|event| Some((event, event.idle_because()?))) {
            let unsupported = What::Unsupported {
                service: "cos".to_owned(),
                feature: format!("trigger {event}"),
                subject: trigger.bucket.clone(),
                text: why.to_owned(),
            };
            context.record(Lane::Stage, unsupported);
        }
    }
}

/// Opens the store in its folder, or in `temporary` if it has none.
fn open_store(choice: &StoreChoice, temporary: &Path) -> Result<Arc<dyn Store>, Error> {
    let folder = choice.folder.as_deref().unwrap_or(temporary);
    let path = match choice.kind {
        Kind::Sqlite => folder.join("cos.sqlite"),
        Kind::Fs => folder.join("cos"),
        Kind::Memory => PathBuf::new(),
    };
    let settings = StoreSettings {
        kind: choice.kind,
        path,
        durability: choice.durability,
    };
    store::open(&settings).map_err(Error::Store)
}

/// The authority that vouches for the emulated hosts, and where its certificate is: the same for every run on one data
/// folder, a new one for a stage that leaves nothing behind.
fn local_authority(
    context: &Context,
    emulated: &Emulated,
    choice: &StoreChoice,
    temporary: &Path,
) -> Result<(Authority, PathBuf), Error> {
    let (authority, folder) = match &choice.folder {
        Some(folder) => (
            Authority::open(&context.clock, folder, emulated)?,
            folder.as_path(),
        ),
        None => (Authority::in_memory(&context.clock, emulated)?, temporary),
    };
    let certificate = authority.write_certificate(folder)?;
    Ok((authority, certificate))
}

/// Issues the keys of the account's owner.
fn owner(context: &Context, keyring: &Keyring) -> Credentials {
    let credentials = owner_keys(context.seed);
    let principal = Principal::new("owner", None);
    principal.act(Acting {
        lane: Lane::Stage,
        attempt: 0,
    });
    keyring.issue(credentials.clone(), principal);
    credentials
}

/// The keys of the owner of a stage with this seed. They are good for nothing but such a stage.
pub fn owner_keys(seed: Seed) -> Credentials {
    let draw = |what| seed.draw(&["owner", what]).hex(32);
    Credentials {
        secret_id: format!("AKIDBACKLOT{}", draw("id").to_uppercase()),
        secret_key: draw("key"),
        token: None,
    }
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}
