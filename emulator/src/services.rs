//! The running services of one stage, which the front door and the operator's API share: what they are, and what is done
//! to all of them together.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use bytes::Bytes;
use futures_util::Stream;
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncSeek, AsyncWrite};
use tokio::sync::Mutex;

use crate::events::EventBus;
use crate::mps::{Mps, TableError};
use crate::scf::{Account, Scf};
use crate::stub::Outbound;
use backlot_base::context::Context;
use backlot_base::fault::{Rule, Switch};
use backlot_base::journal::{HttpRecord, Lane, StageRecord};
use backlot_base::registry::{Registry, RegistryError, SavedRegistry};
use backlot_base::seed::Seed;
use backlot_cos::store::Kind;
use backlot_cos::{Cos, StateError};
use backlot_http::exchange::authority;
use backlot_http::{Request, Sender};

/// The services of a stage. Nothing in them holds the front door, so they end with the stage.
#[derive(Debug)]
pub struct Services {
    /// Clock, seed, journal and faults.
    pub context: Context,
    /// Objects.
    pub cos: Cos,
    /// Functions.
    pub scf: Scf,
    /// Media tasks.
    pub mps: Mps,
    /// What passes between the services.
    pub events: EventBus,
    /// Calls to other hosts: stubs and egress.
    pub outbound: Outbound,
    /// The plan of faults, which can be replaced.
    pub faults: Switch,
    /// What calls of the APIs have made.
    pub registry: Registry,
    /// What the stage was started with.
    pub info: StageInfo,
    /// Held while everything is replaced: one reset or load at a time.
    pub(crate) replacing: Mutex<()>,
}

/// What there is to know about a stage from its start on.
#[derive(Clone, Debug)]
pub struct StageInfo {
    /// Where the front door listens.
    pub address: SocketAddr,
    /// The account that owns everything.
    pub account: Account,
    /// The source of chance.
    pub seed: Seed,
    /// The file with what the keys are drawn from, which only the user can read; `None` if they are drawn from the seed.
    pub keys_file: Option<PathBuf>,
    /// Whether time is virtual: it jumps when all work is done.
    pub is_virtual: bool,
    /// What keeps objects.
    pub store: Kind,
    /// The folder of the data, if it outlives the stage.
    pub data: Option<PathBuf>,
    /// Certificates that clients have to trust, if the stage has any.
    pub ca_bundle: Option<PathBuf>,
    /// What comes first in `PYTHONPATH`, to make Python programs trust the certificates.
    pub python: Option<PathBuf>,
    /// Buckets that exist from the start.
    pub buckets: Vec<String>,
    /// Fault rules that are in force from the start.
    pub faults: Vec<Rule>,
    /// When it started, by its own clock.
    pub started: Timestamp,
}

/// Why not everything was put back to the start.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// The store failed.
    #[error(transparent)]
    Cos(#[from] backlot_cos::Error),
    /// What calls of the APIs have made could not be removed.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The tasks of MPS could not be forgotten.
    #[error(transparent)]
    Tasks(#[from] TableError),
}

impl Services {
    /// Puts everything back to the start: objects, buckets, queues, tasks, dead letters, faults, functions as they are
    /// configured, and an empty journal. Time goes on. Returns when it is done. If the store fails, buckets and objects are as
    /// they were.
    pub async fn reset(&self) -> Result<(), ResetError> {
        let _replacing = self.replacing.lock().await;
        let _hold = self.context.clock.hold("a reset");
        self.registry.clear()?;
        self.mps.definitions().reload()?;
        // What could still write objects or make functions run ends first: tasks, then what they have told already, then the
        // functions, and at last what these have done while they ended.
        self.mps.reset()?;
        self.events.reset();
        self.scf.reset().await;
        self.mps.reset()?;
        self.events.reset();
        let region = &self.info.account.region;
        self.cos.reset(&self.info.buckets, region).await?;
        self.faults.replace(self.info.faults.clone());
        self.outbound.reset();
        let journal = &self.context.journal;
        journal.clear();
        journal.append(Lane::Stage, StageRecord::Reset);
        Ok(())
    }

    /// Records that a request of a browser was refused.
    pub(crate) fn record_page(&self, request: &Request) {
        let origin = match Sender::of(request.headers()) {
            Sender::Program => return,
            Sender::Person => "none".to_owned(),
            Sender::Page { origin, .. } => origin,
        };
        let refused = HttpRecord::PageRefused {
            origin,
            host: authority(request).to_owned(),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
        };
        self.context.record(Lane::Stage, refused);
    }

    /// All buckets and objects, and what calls of the APIs have made, as a saved state. If something fails, the last item is
    /// the error.
    pub fn saved(
        &self,
    ) -> Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>, StateError> {
        Ok(self.cos.saved(Some(self.others()?)))
    }

    /// Writes what [`Services::saved`] has, and returns the number of objects.
    pub async fn save<O>(&self, output: &mut O) -> Result<u64, StateError>
    where
        O: AsyncWrite + Unpin + Send + ?Sized,
    {
        let others = self.others()?;
        self.cos.save_with(output, Some(others)).await
    }

    /// Replaces all buckets and objects by a saved state in one step, and returns the number of its objects. Then functions
    /// begin anew as they were saved, unless the state is of a version that saved objects only. If it is damaged, nothing has
    /// changed.
    pub async fn load<I>(&self, input: I) -> Result<u64, StateError>
    where
        I: AsyncRead + AsyncSeek + Unpin + Send,
    {
        let _replacing = self.replacing.lock().await;
        let loaded = self.cos.load_with(input, |others| {
            let saved: Result<SavedRegistry, _> = serde_json::from_value(others.clone());
            let saved = saved.map_err(|error| error.to_string())?;
            saved.check().map_err(|error| error.to_string())
        });
        let loaded = loaded.await?;
        if let Some(others) = loaded.others {
            let failed = |error: &dyn std::error::Error| StateError::Others(error.to_string());
            let saved = serde_json::from_value(others).map_err(|error| failed(&error))?;
            self.registry.load(saved).map_err(|error| failed(&error))?;
            self.scf.reload().await.map_err(|error| failed(&error))?;
            let definitions = self.mps.definitions().reload();
            definitions.map_err(|error| failed(&error))?;
        }
        Ok(loaded.objects)
    }

    /// What is saved beside buckets and objects.
    fn others(&self) -> Result<serde_json::Value, StateError> {
        let saved = self.registry.save(&self.scf.packages());
        let saved = saved.map_err(|error| StateError::Others(error.to_string()))?;
        let value = serde_json::to_value(saved);
        value.map_err(|error| StateError::Others(error.to_string()))
    }
}
