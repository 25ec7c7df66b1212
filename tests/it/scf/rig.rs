//! SCF without the rest of a stage.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use backlot::base::clock::{Clock, DEFAULT_START, Hold};
use backlot::base::seed::Seed;
use backlot::context::Context;
use backlot::fault::Rules;
use backlot::http::auth::Keyring;
use backlot::journal::{Journal, Lane, NoticeRecord, Record, ScfRecord, What};
use backlot::scf::{Account, Called, Function, InvokeError, Reply, Scf};
use backlot::signal::{FunctionTarget, InvokeWanted, StartWanted};
use bytes::Bytes;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// In real time; a test that takes longer hangs.
const WATCHDOG: Duration = Duration::from_secs(60);

/// A service with its context.
pub(super) struct Rig {
    pub(super) clock: Clock,
    pub(super) journal: Journal,
    pub(super) keyring: Keyring,
    pub(super) scf: Scf,
}

impl Rig {
    pub(super) fn new(functions: impl IntoIterator<Item = Function>) -> Self {
        Self::with_faults(functions, None)
    }

    pub(super) fn with_faults(
        functions: impl IntoIterator<Item = Function>,
        faults: Option<Rules>,
    ) -> Self {
        Self::on(Clock::virtual_default(), functions, faults)
    }

    pub(super) fn on(
        clock: Clock,
        functions: impl IntoIterator<Item = Function>,
        faults: Option<Rules>,
    ) -> Self {
        let mut context = Context::new(&clock, Seed(7));
        if let Some(rules) = faults {
            context.faults = Arc::new(rules);
        }
        let journal = context.journal.clone();
        let keyring = Keyring::default();
        let account = Account {
            app_id: 1_250_000_000,
            uin: "100000000001".into(),
            region: "ap-guangzhou".into(),
        };
        let extra = vec![("HTTP_PROXY".into(), "http://127.0.0.1:4680".into())];
        let scf = Scf::start(context, keyring.clone(), account, extra);
        for function in functions {
            scf.create_function(function).unwrap();
        }
        Self {
            clock,
            journal,
            keyring,
            scf,
        }
    }

    /// Queues events in this order and waits until all is quiet.
    pub(super) async fn play(&self, function: &str, events: &[&str]) {
        let scenario = self.clock.hold("the scenario");
        for event in events {
            self.queue(
                function,
                Bytes::copy_from_slice(event.as_bytes()),
                &scenario,
            )
            .unwrap();
        }
        self.quiet(scenario).await;
    }

    pub(super) fn queue(
        &self,
        function: &str,
        event: Bytes,
        scenario: &Hold,
    ) -> Result<u32, InvokeError> {
        self.scf.invoke_async(InvokeWanted {
            target: FunctionTarget::named(function),
            source: "MPS_TRIGGER".into(),
            event,
            hold: scenario.another("an event on its way"),
        })
    }

    /// Queues an event that is to have such an instance, and waits until all is quiet.
    pub(super) async fn play_on(&self, function: &str, event: &str, start: StartWanted) {
        let scenario = self.clock.hold("the scenario");
        let wanted = InvokeWanted {
            target: FunctionTarget::named(function),
            source: "MPS_TRIGGER".into(),
            event: Bytes::copy_from_slice(event.as_bytes()),
            hold: scenario.another("an event on its way"),
        };
        self.scf.invoke_async_on(wanted, start).unwrap();
        self.quiet(scenario).await;
    }

    /// Whether each attempt of an invocation started cold.
    pub(super) fn starts(&self, number: u32) -> Vec<bool> {
        let lane = self.lane(number).into_iter();
        let starts = lane.filter_map(|record| match record.what {
            What::Scf(ScfRecord::AttemptStarted { cold, .. }) => Some(cold),
            _ => None,
        });
        starts.collect()
    }

    /// Waits until nothing is under way and nothing waits for a time.
    pub(super) async fn quiet(&self, scenario: Hold) {
        let idle = self.clock.within(WATCHDOG, scenario.until_idle()).await;
        let Ok(hold) = idle else {
            let busy = self.clock.busy();
            panic!("still busy: {busy:?}\n{:#?}", self.journal.ordered());
        };
        drop(hold);
    }

    pub(super) async fn call(&self, function: &str, event: impl Into<Bytes>) -> Called {
        let wanted = InvokeWanted {
            target: FunctionTarget::named(function),
            source: "OTHERS".into(),
            event: event.into(),
            hold: self.clock.hold("a caller"),
        };
        let called = self.clock.within(WATCHDOG, self.scf.invoke_sync(wanted));
        called.await.expect("the function ends in time")
    }

    pub(super) async fn reply(&self, function: &str, event: impl Into<Bytes>) -> Reply {
        self.call(function, event).await.reply.unwrap()
    }

    /// Waits until an attempt of this invocation has begun.
    pub(super) async fn until_started(&self, number: u32) {
        let started = self.journal.wait_for(|record| {
            let is_start = record.lane == Lane::Invocation(number)
                && matches!(record.what, What::Scf(ScfRecord::AttemptStarted { .. }));
            is_start.then_some(())
        });
        let started = self.clock.within(WATCHDOG, started).await;
        started.expect("an attempt begins in time");
    }

    /// Waits until the process of an instance has stopped, which the system does thread by thread, soon after the signal.
    pub(super) async fn until_stopped(&self, pid: &str) {
        let pid = pid.parse().ok().and_then(Pid::from_raw).unwrap();
        let how = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
        let stopped = tokio::task::spawn_blocking(move || waitid(WaitId::Pid(pid), how));
        let stopped = self.clock.within(WATCHDOG, stopped).await;
        stopped.expect("it stops in time").unwrap().unwrap();
    }

    /// Everything in one lane, in order.
    pub(super) fn lane(&self, number: u32) -> Vec<Record> {
        let mut records = self.journal.ordered();
        records.retain(|record| record.lane == Lane::Invocation(number));
        records
    }

    /// Start, status, result and duration of each attempt of an invocation.
    pub(super) fn attempts(&self, number: u32) -> Vec<Finished> {
        let mut attempts = Vec::new();
        let mut started = 0;
        for record in self.lane(number) {
            match &record.what {
                What::Scf(ScfRecord::AttemptStarted { .. }) => started = seconds(&record),
                What::Scf(ScfRecord::AttemptFinished {
                    status,
                    result,
                    duration_ms,
                    ..
                }) => attempts.push(Finished {
                    started,
                    ended: seconds(&record),
                    status: *status,
                    result: result.as_text().unwrap().to_owned(),
                    duration_ms: *duration_ms,
                }),
                _ => {}
            }
        }
        attempts
    }

    /// The lines that an attempt printed.
    pub(super) fn lines(&self, number: u32, attempt: u32) -> Vec<String> {
        let lines = self
            .lane(number)
            .into_iter()
            .filter_map(|record| match record.what {
                What::Scf(ScfRecord::LogLine { attempt: of, text }) if of == attempt => Some(text),
                _ => None,
            });
        lines.collect()
    }

    pub(super) fn diagnostics(&self) -> Vec<String> {
        let texts = self
            .journal
            .ordered()
            .into_iter()
            .filter_map(|record| match record.what {
                What::Notice(NoticeRecord::Diagnostic { text }) => Some(text),
                _ => None,
            });
        texts.collect()
    }

    /// Instances that were started, in order, and why they stopped.
    pub(super) fn instances(&self) -> Vec<(String, Option<String>)> {
        let mut instances: Vec<(String, Option<String>)> = Vec::new();
        for record in self.journal.ordered() {
            match record.what {
                What::Scf(ScfRecord::InstanceStarted { instance, .. }) => {
                    instances.push((instance, None));
                }
                What::Scf(ScfRecord::InstanceStopped { instance, reason }) => {
                    let found = instances.iter_mut().find(|(name, _)| *name == instance);
                    found.expect("only what was started stops").1 = Some(reason);
                }
                _ => {}
            }
        }
        instances
    }
}

/// Seconds of virtual time since the start.
pub(super) fn seconds(record: &Record) -> i64 {
    record.at.as_second() - DEFAULT_START
}

/// One attempt that is over; times in virtual seconds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finished {
    pub(super) started: i64,
    pub(super) ended: i64,
    pub(super) status: u16,
    pub(super) result: String,
    pub(super) duration_ms: u64,
}

/// Where the small functions are.
pub(super) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("functions")
}

pub(super) fn python(name: &str, arguments: &[&str]) -> Function {
    let command = [&["python3"], arguments].concat();
    Function::command(name, command, folder())
}

/// A function that misbehaves as `kind` says, with short real limits and no retries.
pub(super) fn trouble(kind: &str) -> Function {
    Function {
        retry_num: 0,
        ..python(kind, &["trouble.py", kind])
    }
}
