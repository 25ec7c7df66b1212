//! One running emulator: the services behind one front door.
//!
//! [`settings`] says what a stage is made of, `start` builds it, [`front_door`] routes requests to services, and
//! [`client_env`] has the variables with which programs use it. [`data_folder`] opens the store, [`state`] imports and exports buckets, and [`in_flight`]
//! tells which events would be lost if the stage ended now. The services themselves are [`crate::services`], and what
//! passes between them is [`crate::events`].
//!
//! A stage that is dropped takes its processes and temporary folders with it; [`Stage::stop`] also waits until they are
//! gone.

pub mod client_env;
pub mod data_folder;
pub mod front_door;
pub mod in_flight;
pub mod python;
pub mod secrets;
pub mod settings;
pub mod state;
pub mod tree;

mod error;
mod start;
mod starts;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::DropGuard;

pub use client_env::ClientEnv;
pub use error::Error;
pub use secrets::Secrets;
pub use settings::{Settings, StoreChoice, Time};

use crate::admin::Admin;
use crate::events::invoke::{queue_event, queue_event_on};
use crate::mps::{EventType, TaskRequest};
use crate::scf::Called;
use crate::services::{Services, StageInfo};
use backlot_base::clock::{Clock, Hold};
use backlot_base::journal::{Journal, Lane};
use backlot_base::scratch::Scratch;
use backlot_base::seed::Seed;
use backlot_base::signal::{FunctionTarget, InvokeWanted, StartWanted};
use backlot_cos::{Noncurrent, Stored, Upload};
use backlot_http::Server;
use backlot_http::auth::Credentials;

/// One running emulator.
#[derive(Debug)]
pub struct Stage {
    services: Arc<Services>,
    admin: Admin,
    server: Server,
    owner: Credentials,
    certificate: PathBuf,
    _carrying: DropGuard,
    // Removed last, when nothing writes to it any more.
    _folder: Scratch,
}

impl Stage {
    /// The stage's clock.
    pub fn clock(&self) -> &Clock {
        &self.services.context.clock
    }

    /// The stage's journal.
    pub fn journal(&self) -> &Journal {
        &self.services.context.journal
    }

    /// What the stage was started with.
    pub fn info(&self) -> &StageInfo {
        &self.services.info
    }

    /// The running services.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The address of the front door.
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

    /// The path of the local authority's certificate, for clients that speak TLS.
    pub fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// The keys of the account's owner.
    pub fn owner(&self) -> &Credentials {
        &self.owner
    }

    /// The operator's API.
    pub fn admin(&self) -> &Admin {
        &self.admin
    }

    /// The environment of programs that use this stage.
    pub fn client_env(&self) -> ClientEnv {
        let info = self.info();
        ClientEnv {
            address: info.address,
            account: info.account.clone(),
            owner: self.owner.clone(),
            ca_bundle: info.ca_bundle.clone(),
            python: info.python.clone(),
        }
    }

    /// The function that is bound to a type of MPS event.
    pub fn bound_to(&self, event_type: EventType) -> Option<FunctionTarget> {
        self.services.mps.bound_to(event_type).into_iter().next()
    }

    /// What runs on the records of a log topic.
    pub fn bound_to_logs(&self, topic: &str) -> Vec<FunctionTarget> {
        self.services.scf.bound_to_logs(topic)
    }

    /// MPS finishes a task now: its outputs are written and its trigger delivers the event.
    pub async fn finish(&self, request: TaskRequest, hold: Hold) -> Result<(), Error> {
        Ok(self.services.mps.finish_now(request, hold).await?)
    }

    /// Queues an event for a function. That SCF refuses an event is part of what happens, and in the journal.
    pub fn invoke(&self, wanted: InvokeWanted) {
        queue_event(&self.services.scf, wanted);
    }

    /// Like [`Stage::invoke`]; `start` says which instance the event is to have.
    pub fn invoke_on(&self, wanted: InvokeWanted, start: StartWanted) {
        queue_event_on(&self.services.scf, wanted, start);
    }

    /// Gives a function one event and waits for its answer.
    pub async fn call(&self, function: &str, event: Bytes) -> Called {
        let wanted = InvokeWanted {
            target: FunctionTarget::named(function),
            source: "OTHERS".to_owned(),
            event,
            hold: self.clock().hold("a synchronous call"),
        };
        self.services.scf.invoke_sync(wanted).await
    }

    /// Writes an object from inside; recorded in `lane`.
    pub async fn put_object(&self, lane: Lane, upload: Upload) -> Result<(), Error> {
        self.services.cos.put_object(lane, upload).await?;
        Ok(())
    }

    /// Removes an object from inside; recorded in `lane`.
    pub async fn delete_object(&self, lane: Lane, bucket: &str, key: &str) -> Result<(), Error> {
        Ok(self.services.cos.delete_object(lane, bucket, key).await?)
    }

    /// Every object of every bucket, by bucket and key.
    pub async fn objects(&self) -> Result<Vec<Stored>, Error> {
        Ok(self.services.cos.all_objects().await?)
    }

    /// Noncurrent versions and delete markers.
    pub async fn below(&self) -> Result<Vec<Noncurrent>, Error> {
        Ok(self.services.cos.noncurrent().await?)
    }

    /// Stops what is under way, the instances, the front door and the stores, and returns when all are gone.
    pub async fn stop(self) {
        self.admin.begin_to_stop();
        self.services.events.stop().await;
        self.services.mps.stop().await;
        self.services.scf.stop().await;
        // Readers that follow the journal have seen its end, and would keep the front door open.
        self.admin.close();
        self.services.outbound.close();
        self.server.stop().await;
    }
}

/// The keys of the owner of a stage whose secrets are drawn from this seed. They work only there.
pub fn owner_keys(secrets: Seed) -> Credentials {
    let draw = |what| secrets.draw(&["owner", what]).hex(32);
    Credentials {
        secret_id: format!("AKIDBACKLOT{}", draw("id").to_uppercase()),
        secret_key: draw("key"),
        token: None,
    }
}
