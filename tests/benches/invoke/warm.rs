//! Warm invocations each second, by callers that each wait for one answer after the other.

use std::sync::Arc;
use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::scf::Function;
use backlot::stage::Stage;
use backlot_tests::measure::{median, per_second, say};
use bytes::Bytes;

use crate::bare::Bare;
use crate::{Effort, event, stage, this_program};

pub(crate) async fn measure(effort: Effort) {
    say("warm                               callers        /s   of bare");
    for callers in [1, 16] {
        let bare = bare(effort, callers).await;
        say(&format!(
            "{:<32} {callers:>9} {bare:>9.0}",
            "bare invoke loop"
        ));
        for (what, freeze) in [("up", false), ("up --freeze", true)] {
            // A frozen instance is looked at after each answer, which takes its time.
            let calls = if freeze {
                effort.calls / 10
            } else {
                effort.calls
            };
            let rate = emulated(Effort { calls, ..effort }, callers, freeze).await;
            let ratio = rate / bare;
            say(&format!(
                "{what:<32} {callers:>9} {rate:>9.0} {ratio:>8.2}x"
            ));
        }
    }
}

async fn bare(effort: Effort, callers: usize) -> f64 {
    let mut processes = Vec::new();
    for _ in 0..callers {
        processes.push(Arc::new(Bare::start().await));
    }
    let event = event();
    let mut rates = Vec::new();
    // The first round warms up.
    for _ in 0..=effort.rounds {
        let calls = processes.iter().map(|process| {
            let (process, event) = (Arc::clone(process), event.clone());
            async move {
                for _ in 0..effort.calls / callers {
                    assert_eq!(process.call(event.clone()).await, event);
                }
            }
        });
        rates.push(round(effort, calls).await);
    }
    for process in processes {
        let process = Arc::into_inner(process).expect("nobody else has it");
        process.stop();
    }
    rates.remove(0);
    median(rates)
}

async fn emulated(effort: Effort, callers: usize, freeze: bool) -> f64 {
    let stage = Arc::new(
        stage(vec![Function {
            instances: callers,
            freeze,
            ..Function::command("echo", [this_program()], std::env::temp_dir())
        }])
        .await,
    );
    let event = event();
    let mut rates = Vec::new();
    for _ in 0..=effort.rounds {
        let calls = (0..callers).map(|_| {
            let (stage, event) = (Arc::clone(&stage), event.clone());
            async move {
                for _ in 0..effort.calls / callers {
                    assert_eq!(call(&stage, event.clone()).await, event);
                }
            }
        });
        rates.push(round(effort, calls).await);
    }
    let stage = Arc::into_inner(stage).expect("nobody else has it");
    stage.stop().await;
    rates.remove(0);
    median(rates)
}

async fn call(stage: &Stage, event: Bytes) -> Bytes {
    let called = stage.call("echo", event).await;
    called.reply.expect("the event is accepted").ret_msg
}

/// Lets all callers run at the same time; calls each second.
async fn round(
    effort: Effort,
    callers: impl Iterator<Item = impl Future<Output = ()> + Send + 'static>,
) -> f64 {
    let watch = Clock::real().stopwatch();
    let callers: Vec<_> = callers.map(tokio::spawn).collect();
    for caller in callers {
        caller.await.expect("no caller panics");
    }
    per_second(effort.calls, watch.elapsed().max(Duration::from_nanos(1)))
}
