//! The outside of MPS: sources and outputs are objects in COS, notifications go to functions of SCF.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use super::outbox::{Outbox, Pending, Queue, Rank};
use crate::mps::request::Source;
use crate::mps::{BindRefused, Delivery, Host, HostError, OutputObject, SourceObject, Turn};
use crate::scf::Scf;
use crate::scf::triggers::{self, Trigger, TriggerError, TriggerId};
use backlot_base::chains::Chains;
use backlot_base::clock::Hold;
use backlot_base::journal::Lane;
use backlot_base::signal::{FunctionTarget, InvokeWanted, StartWanted};
use backlot_cos::store::Octets;
use backlot_cos::{Cos, Upload};

/// The outside of MPS on a stage.
#[derive(Debug)]
pub struct MpsHost {
    cos: Cos,
    scf: Scf,
    queue: Queue,
    chains: Chains,
}

impl MpsHost {
    /// The outside on these services. Tasks get their turns from the bus that empties the outbox.
    pub fn new(cos: &Cos, scf: &Scf, outbox: &Outbox) -> Self {
        Self {
            cos: cos.clone(),
            scf: scf.clone(),
            queue: Arc::clone(&outbox.queue),
            chains: outbox.chains.clone(),
        }
    }
}

impl Host for MpsHost {
    fn source<'a>(
        &'a self,
        source: &'a Source,
    ) -> BoxFuture<'a, Result<Option<SourceObject>, HostError>> {
        async move {
            let found = self.cos.find_object(&source.bucket, &source.key).await;
            let found = found.map_err(HostError::new)?;
            Ok(found.map(|record| SourceObject {
                bucket: source.bucket.clone(),
                region: source.region.clone(),
                key: source.key.clone(),
                size: record.size,
                etag: record.etag.clone(),
                metadata: texts(&record.metadata),
            }))
        }
        .boxed()
    }

    fn has_bucket<'a>(&'a self, bucket: &'a str) -> BoxFuture<'a, Result<bool, HostError>> {
        async move {
            let found = self.cos.has_bucket(bucket).await;
            found.map_err(HostError::new)
        }
        .boxed()
    }

    fn may_go_on(&self, cause: Lane) -> Result<(), u32> {
        if self.chains.may_go_on(cause) {
            Ok(())
        } else {
            Err(self.chains.limit())
        }
    }

    fn follow(&self, cause: Lane, task: u32) {
        self.chains.follow(cause, Lane::Task(task));
    }

    fn write_output(
        &self,
        task: u32,
        output: OutputObject,
    ) -> BoxFuture<'_, Result<(), HostError>> {
        async move {
            let upload = Upload {
                bucket: output.bucket,
                key: output.key,
                body: output.body,
                content_type: None,
                metadata: output.metadata,
            };
            let written = self.cos.put_object(Lane::Task(task), upload).await;
            written.map(drop).map_err(HostError::new)
        }
        .boxed()
    }

    fn deliver(
        &self,
        task: u32,
        wanted: InvokeWanted,
        start: StartWanted,
    ) -> BoxFuture<'_, Delivery> {
        async move {
            let delivery = match self.scf.invoke_async_on(wanted, start) {
                Ok(invocation) => Delivery {
                    invocation,
                    refused: None,
                },
                // It is in the journal, too.
                Err(refused) => Delivery {
                    invocation: refused.number,
                    refused: Some(format!("refused with {}: {refused}", refused.status.0)),
                },
            };
            let began = Lane::Invocation(delivery.invocation);
            self.chains.follow(Lane::Task(task), began);
            delivery
        }
        .boxed()
    }

    fn bind(&self, event_type: &str, target: FunctionTarget) -> Result<String, BindRefused> {
        let refused = |error: TriggerError| BindRefused(error.to_string());
        let source = triggers::Source::Mps(event_type.to_owned());
        let trigger = Trigger::new(format!("{event_type}Event"), target, source);
        let bound = self.scf.create_trigger(trigger).map_err(refused)?;
        Ok(self.scf.trigger_resource(&bound))
    }

    fn unbind(&self, resource_id: &str, target: FunctionTarget) -> Result<(), BindRefused> {
        let id = TriggerId {
            target,
            kind: "mps",
            name: resource_id
                .rsplit('/')
                .next()
                .unwrap_or(resource_id)
                .to_owned(),
            source: None,
        };
        let removed = self.scf.delete_trigger(&id);
        removed
            .map(drop)
            .map_err(|error| BindRefused(error.to_string()))
    }

    fn turn(&self, lane: Lane, hold: Hold) -> BoxFuture<'_, Option<Turn>> {
        let (mine, turn) = oneshot::channel();
        self.queue
            .put((lane, Rank::Done), Pending::Turn(mine), hold);
        // A queue that is emptied by a reset drops the sender.
        async move { turn.await.ok() }.boxed()
    }
}

/// Metadata as text; values that are not UTF-8 are left out, because MPS reads them as text.
fn texts(metadata: &[(String, Octets)]) -> Vec<(String, String)> {
    let texts = metadata.iter().filter_map(|(name, value)| {
        let value = std::str::from_utf8(&value.0).ok()?;
        Some((name.clone(), value.to_owned()))
    });
    texts.collect()
}
