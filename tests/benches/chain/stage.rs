//! The chain itself: a stage on real time, the real handler process, one store.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::base::seed::Seed;
use backlot::cos::store::{Durability, Kind};
use backlot::journal::{CosRecord, Lane, ScfRecord, What};
use backlot::mps::Profile;
use backlot::mps::sample::{EventKind, event as sample};
use backlot::signal::{FunctionTarget, InvokeWanted};
use backlot::stage::{Settings, Stage, StoreChoice, Time};
use bytes::Bytes;

use crate::{Figures, HANDLER};
use backlot_tests::measure::{ROUNDS, median, per_second, percentile};

/// Events of one burst.
const BURST: usize = 600;
/// Events that are sent one at a time.
const SINGLE: usize = 200;

/// A typical event.
pub(crate) fn event() -> Bytes {
    let at = Clock::virtual_default().now();
    Bytes::from(sample(EventKind::Edit, Profile::Modern, Seed(1), at).to_string())
}

/// Events that differ in their task's id only, so that each has an object of its own.
fn events(first: usize, count: usize, template: &Bytes) -> Vec<Bytes> {
    let text = std::str::from_utf8(template).expect("an event is text");
    let numbered =
        |number: usize| text.replacen("EditMediaTask-", &format!("EditMediaTask-{number:06}"), 2);
    (first..first + count)
        .map(|number| Bytes::from(numbered(number)))
        .collect()
}

pub(crate) async fn measure(
    template: &Bytes,
    kind: Kind,
    durability: Durability,
    instances: usize,
) -> Figures {
    let stage = Arc::new(start(kind, durability, instances).await);
    let mut sent = 0;
    let mut take = |count: usize| {
        sent += count;
        events(sent - count, count, template)
    };
    burst(&stage, take(instances * 20)).await;
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        rates.push(burst(&stage, take(BURST)).await);
    }
    let before = stage.journal().appended().len();
    for event in take(SINGLE) {
        burst(&stage, vec![event]).await;
    }
    let mut latencies = latencies(&stage, before);
    assert_eq!(latencies.len(), SINGLE, "every event is archived");
    let stage = Arc::into_inner(stage).expect("nobody else holds the stage");
    stage.stop().await;
    Figures {
        rate: median(rates),
        p50: percentile(&mut latencies, 0.5),
        p99: percentile(&mut latencies, 0.99),
    }
}

async fn start(kind: Kind, durability: Durability, instances: usize) -> Stage {
    let mut config = backlot_tests::config_with(HANDLER);
    let archive = config
        .functions
        .get_mut("archive")
        .expect("the defaults have it");
    archive.instances = Some(u32::try_from(instances).expect("a few"));
    let mut settings = Settings::from_config(&config).expect("the defaults are valid");
    settings.time = Time::Real;
    settings.store = StoreChoice::temporary(kind);
    settings.store.durability = durability;
    Stage::start(settings).await.expect("a stage starts")
}

/// Queues all events and waits until the last one is done; events per second.
async fn burst(stage: &Stage, events: Vec<Bytes>) -> f64 {
    let count = events.len();
    let me = stage.clock().hold("the benchmark");
    let watch = stage.clock().stopwatch();
    for event in events {
        stage.invoke(InvokeWanted {
            target: FunctionTarget::named("archive"),
            source: "MPS_TRIGGER".to_owned(),
            event,
            hold: me.another("an event"),
        });
    }
    drop(me.until_idle().await);
    per_second(count, watch.elapsed())
}

/// From delivery to the archived object, in real time, for every event that was sent since.
fn latencies(stage: &Stage, since: usize) -> Vec<Duration> {
    let mut queued: HashMap<Lane, Duration> = HashMap::new();
    let mut latencies = Vec::new();
    for record in stage.journal().appended().into_iter().skip(since) {
        match record.what {
            What::Scf(ScfRecord::InvocationQueued { .. }) => {
                queued.insert(record.lane, record.real);
            }
            What::Cos(CosRecord::ObjectCreated { .. }) => {
                let began = queued.get(&record.lane);
                latencies.extend(began.map(|&began| record.real.saturating_sub(began)));
            }
            _ => {}
        }
    }
    latencies
}
