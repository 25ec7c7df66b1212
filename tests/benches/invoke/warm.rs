//! Warm invocations each second, by callers that each wait for one answer after the other.
//!
//! What is compared is measured in turns, round by round, as the machine may be faster or slower a minute later.

use std::sync::Arc;
use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::scf::Function;
use backlot::stage::Stage;
use backlot_tests::measure::{median, per_second, say};
use bytes::Bytes;

use crate::bare::Bare;
use crate::{Effort, event, stage, this_program};

/// The names of the rows beside the bare loop: without and with instances that are frozen between events.
pub(crate) const ROWS: [&str; 2] = ["up", "up --freeze"];

/// What takes the calls.
enum Subject {
    Bare(Vec<Arc<Bare>>),
    Emulated(Arc<Stage>),
}

/// A row of the table.
struct Row {
    name: &'static str,
    subject: Subject,
    /// Calls of one round.
    calls: usize,
    rates: Vec<f64>,
}

pub(crate) async fn measure(effort: &Effort) {
    say("warm                               callers        /s   of bare");
    for callers in [1, 16] {
        let mut rows = rows(effort, callers).await;
        // The first round warms up.
        for _ in 0..=effort.rounds {
            for row in &mut rows {
                let rate = round(&row.subject, row.calls, callers).await;
                row.rates.push(rate);
            }
        }
        let bare = rows[0].rates.clone();
        for row in rows {
            say(&row.line(callers, &bare));
            row.subject.stop().await;
        }
    }
}

/// The bare loop first, and what is wanted of the others.
async fn rows(effort: &Effort, callers: usize) -> Vec<Row> {
    let row = |name, calls, subject| Row {
        name,
        subject,
        calls,
        rates: Vec::new(),
    };
    let calls = effort.calls;
    let mut rows = vec![row("bare invoke loop", calls, Subject::bare(callers).await)];
    // A frozen instance is looked at after each answer, which takes its time.
    for (name, freeze, calls) in [(ROWS[0], false, calls), (ROWS[1], true, calls / 10)] {
        if effort.is_wanted(name) {
            rows.push(row(name, calls, Subject::emulated(callers, freeze).await));
        }
    }
    rows
}

impl Row {
    fn line(&self, callers: usize, bare: &[f64]) -> String {
        let rates = self.rates[1..].to_vec();
        let ratios = self.rates.iter().zip(bare).skip(1);
        let ratio = median(ratios.map(|(own, bare)| own / bare).collect());
        let (name, rate) = (self.name, median(rates));
        let ratio = match self.subject {
            Subject::Bare(_) => String::new(),
            Subject::Emulated(_) => format!(" {ratio:>8.2}x"),
        };
        format!("{name:<32} {callers:>9} {rate:>9.0}{ratio}")
    }
}

impl Subject {
    async fn bare(callers: usize) -> Self {
        let mut processes = Vec::new();
        for _ in 0..callers {
            processes.push(Arc::new(Bare::start().await));
        }
        Self::Bare(processes)
    }

    async fn emulated(callers: usize, freeze: bool) -> Self {
        let function = Function {
            instances: callers,
            freeze,
            ..Function::command("echo", [this_program()], std::env::temp_dir())
        };
        Self::Emulated(Arc::new(stage(vec![function]).await))
    }

    async fn stop(self) {
        match self {
            Self::Bare(processes) => {
                for process in processes {
                    let process = Arc::into_inner(process).expect("all callers have ended");
                    process.stop();
                }
            }
            Self::Emulated(stage) => {
                let stage = Arc::into_inner(stage).expect("all callers have ended");
                stage.stop().await;
            }
        }
    }
}

/// Lets all callers run at the same time; calls each second.
async fn round(subject: &Subject, calls: usize, callers: usize) -> f64 {
    let watch = Clock::real().stopwatch();
    let event = event();
    let each = calls / callers;
    let calling: Vec<_> = match subject {
        Subject::Bare(processes) => {
            let processes = processes.iter().map(Arc::clone);
            let calling = processes.map(|process| call_bare(process, event.clone(), each));
            calling.map(tokio::spawn).collect()
        }
        Subject::Emulated(stage) => {
            let stages = (0..callers).map(|_| Arc::clone(stage));
            let calling = stages.map(|stage| call(stage, event.clone(), each));
            calling.map(tokio::spawn).collect()
        }
    };
    for caller in calling {
        caller.await.expect("no caller panics");
    }
    per_second(calls, watch.elapsed().max(Duration::from_nanos(1)))
}

async fn call_bare(process: Arc<Bare>, event: Bytes, times: usize) {
    for _ in 0..times {
        assert_eq!(process.call(event.clone()).await, event);
    }
}

async fn call(stage: Arc<Stage>, event: Bytes, times: usize) {
    for _ in 0..times {
        let called = stage.call("echo", event.clone()).await;
        let reply = called.reply.expect("the event is accepted");
        assert_eq!(reply.ret_msg, event);
    }
}
