//! The services around SCF: changes of objects in COS and tasks of MPS set off triggers.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::outbox::{Outbox, Pending, Queue, Rank};
use super::routes::RouteTable;
use crate::mps::{Binding, Bindings, EventType};
use crate::scf::surroundings::{
    BindError, CosRule, EventRoute, EventSource, Fired, Surroundings, SurroundingsError,
};
use backlot_base::clock::Hold;
use backlot_base::context::Context;
use backlot_base::journal::Lane;
use backlot_base::signal::FunctionTarget;
use backlot_cos::Cos;
use backlot_cos::event::{EventPattern, Trigger};

/// The services around the SCF of a stage.
#[derive(Debug)]
pub struct ScfSurroundings {
    context: Context,
    cos: Cos,
    bindings: Bindings,
    routes: Arc<RouteTable>,
    queue: Queue,
}

impl ScfSurroundings {
    /// Routes of COS go through the outbox, those of MPS are among `bindings`.
    pub fn new(context: &Context, cos: &Cos, bindings: &Bindings, outbox: &Outbox) -> Self {
        Self {
            context: context.clone(),
            cos: cos.clone(),
            bindings: bindings.clone(),
            routes: Arc::clone(&outbox.routes),
            queue: Arc::clone(&outbox.queue),
        }
    }

    fn bind_cos(&self, rule: &CosRule, target: &FunctionTarget) -> Result<(), BindError> {
        let wanted = trigger(rule, target)?;
        self.routes.change(|routes| {
            let mut triggers = routes.triggers.iter();
            let rival = triggers.find_map(|other| Some((other, wanted.conflict(other)?)));
            if let Some((other, conflict)) = rival {
                return Err(BindError::Overlaps(format!(
                    "the trigger overlaps with one of `{}` on the bucket `{}`: COS answers {}",
                    other.target,
                    other.bucket,
                    conflict.code(),
                )));
            }
            routes.triggers.push(wanted.clone());
            Ok(())
        })?;
        self.record_idle(&wanted);
        Ok(())
    }

    /// Records that a trigger waits for events that the emulator never makes.
    fn record_idle(&self, trigger: &Trigger) {
        let events = trigger.events.iter();
        for (event, why) in events.filter_map(|event| Some((event, event.idle_because()?))) {
            let feature = format!("trigger {event}");
            let bucket = &trigger.bucket;
            self.context
                .record_unsupported(Lane::Stage, "cos", &feature, bucket, why);
        }
    }
}

impl Surroundings for ScfSurroundings {
    fn bind(&self, route: &EventRoute<'_>) -> Result<(), BindError> {
        match route.source {
            // Choice: a trigger that is not in force is in nobody's way.
            EventSource::Cos(rule) if !route.is_enabled => trigger(rule, route.target).map(drop),
            EventSource::Cos(rule) => self.bind_cos(rule, route.target),
            EventSource::Mps(event_type) => {
                let binding = binding(event_type, route)?;
                let bound = self.bindings.bind(binding);
                bound.map_err(|taken| BindError::Taken(taken.to_string()))
            }
        }
    }

    fn unbind(&self, route: &EventRoute<'_>) {
        match route.source {
            EventSource::Cos(rule) => {
                if let Ok(gone) = trigger(rule, route.target) {
                    self.routes
                        .change(|routes| routes.triggers.retain(|trigger| *trigger != gone));
                }
            }
            EventSource::Mps(event_type) => {
                if let Ok(binding) = binding(event_type, route) {
                    self.bindings.unbind(&binding);
                }
            }
        }
    }

    fn has_bucket<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<bool, SurroundingsError>> {
        async move {
            let buckets = self.cos.buckets().await.map_err(SurroundingsError::new)?;
            Ok(buckets.iter().any(|bucket| bucket.name == name))
        }
        .boxed()
    }

    fn deliver(&self, fired: Fired, hold: Hold) {
        // What the scenario or a client does at a time comes first.
        let order = (Lane::Stage, Rank::Fired);
        self.queue.put(order, Pending::Fired(fired), hold);
    }
}

fn trigger(rule: &CosRule, target: &FunctionTarget) -> Result<Trigger, BindError> {
    let events = rule.events.iter().map(|event| event.parse());
    let events: Result<Vec<EventPattern>, _> = events.collect();
    Ok(Trigger {
        bucket: rule.bucket.clone(),
        events: events.map_err(|unknown| BindError::Unknown(unknown.to_string()))?,
        prefix: rule.prefix.clone(),
        suffix: rule.suffix.clone(),
        target: target.clone(),
    })
}

fn binding(event_type: &str, route: &EventRoute<'_>) -> Result<Binding, BindError> {
    let event_type: Result<EventType, _> = event_type.parse();
    Ok(Binding {
        event_type: event_type.map_err(|unknown| BindError::Unknown(unknown.to_string()))?,
        target: route.target.clone(),
        is_enabled: route.is_enabled,
    })
}
