//! What an instance does between its answer and the next event: nothing that lasts.
//!
//! The platform may freeze an instance as soon as it has taken the result. What the process still does until then depends
//! on the machine, so the moment has to be one that is the same in every run. Choice: it is the first moment at which the
//! process has nothing to do at once. Until then its calls to the front door wait, unserved; what they are for is
//! reported. Timers that are due soon may fire, so that a process that is about to end has ended before its next event.
//!
//! There is no event for "a process rests", so this looks again after a short time, which grows. On a busy machine a process may
//! not get its turn for long, so time is measured with [`Patience`], and a process that runs, or is about to, has all its time to
//! ask for the next event.
//!
//! Follows: SCF reference, section 2 (idle, freezing) and 3.6.

use std::time::Duration;

use super::exchange::Exchange;
use super::launcher::Process;
use super::output::Output;
use super::patience::Patience;
use super::process_tree::{Added, ProcessTree};
use super::turns::several_turns;
use backlot_base::clock::Clock;
use backlot_http::auth::Gate;

/// How long a process that computes may run on a processor after its answer, and how long a call may be open.
const WORKING: Duration = Duration::from_secs(1);
/// How long a process that computes may go on at most, in real time, if it rarely gets a processor.
const STARVING: Duration = Duration::from_secs(30);
/// How long a process that does nothing may take to ask for the next event, and how far ahead a timer is waited for, in real time.
const WAITING: Duration = Duration::from_millis(100);
/// The time to the second look, in real time. The first comes when the process asks for an event.
const FIRST_LOOK: Duration = Duration::from_micros(250);
/// The longest time between two looks, in real time.
const LAST_LOOK: Duration = Duration::from_millis(16);

/// The parts of an instance that has answered.
pub(super) struct Answered<'a> {
    pub(super) clock: &'a Clock,
    pub(super) process: &'a mut dyn Process,
    pub(super) output: &'a Output,
    pub(super) exchange: &'a Exchange,
    pub(super) gate: &'a Gate,
    pub(super) tree: ProcessTree,
}

/// How an instance came to rest.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// Its first process ended; how.
    Ended(String),
    /// It waits, and this is still open.
    Still(Open),
}

/// What was still open when an instance came to rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Open {
    /// The hosts of calls that were open when the answer came, or that came after it.
    pub(super) calls: Vec<String>,
    /// The names of processes that were started and still run.
    pub(super) processes: Vec<String>,
    /// Whether a thread computes or sleeps. Timers of event loops are not told from those that keep connections alive.
    pub(super) has_work: bool,
}

impl Answered<'_> {
    /// Waits until the process rests, within limits.
    pub(super) async fn until_rest(&mut self) -> Rest {
        let mut patience = Patience::new(self.clock);
        let (mut last_busy, mut had) = (Duration::ZERO, None);
        let mut pause = FIRST_LOOK;
        let mut limit = if self.exchange.is_asking() {
            FIRST_LOOK
        } else {
            WAITING
        };
        loop {
            if let Some(reason) = self.something_happens(&mut patience, limit).await {
                return Rest::Ended(reason);
            }
            let passed = patience.waited();
            let is_asking = self.exchange.is_asking();
            let glance = self.look(passed, passed.saturating_sub(last_busy), &mut had);
            limit = match glance {
                Glance::Rests(open) => {
                    // What the process has sent may not have been read yet.
                    several_turns().await;
                    if self.is_over(passed, &mut had) || !self.has_news(&open, is_asking) {
                        return Rest::Still(open);
                    }
                    FIRST_LOOK
                }
                Glance::Timer(due) => due + FIRST_LOOK,
                Glance::Works | Glance::Silent => {
                    if matches!(glance, Glance::Works) {
                        last_busy = passed;
                    }
                    pause = LAST_LOOK.min(pause * 2);
                    pause
                }
            };
        }
    }

    /// Waits until the process asks for an event, makes a call, or ends; returns how it ended. Not longer than `limit`.
    async fn something_happens(
        &mut self,
        patience: &mut Patience<'_>,
        limit: Duration,
    ) -> Option<String> {
        let (exchange, gate) = (self.exchange, self.gate);
        let (has_asked, has_knocked) = (exchange.is_asking(), !gate.late_calls().is_empty());
        let (process, output) = (&mut *self.process, self.output);
        let happening = async {
            tokio::select! {
                biased;
                reason = process.exited() => Some(reason),
                () = exchange.is_asked(), if !has_asked => None,
                () = gate.has_late_call(), if !has_knocked => None,
                never = output.pump() => match never {},
            }
        };
        patience.wait(limit, happening).await?
    }

    /// Whether a call has come, or is on its way, that was not there when the process came to rest; whether it has asked for the
    /// next event since; or whether it goes on because of what it was told.
    fn has_news(&self, open: &Open, was_asking: bool) -> bool {
        self.exchange.is_asking() != was_asking
            || self.gate.is_in_use()
            || self.gate.late_calls() != open.calls
            || self.tree.look().is_busy()
    }

    /// Whether the process has had all its time since it was found busy; it `had` so much then.
    fn has_worked(&self, passed: Duration, had: &mut Option<Duration>) -> bool {
        if passed < LAST_LOOK {
            return false;
        }
        let now = self.tree.processor_time();
        let had = *had.get_or_insert(now);
        passed >= STARVING || now.saturating_sub(had) >= WORKING
    }

    /// Whether nothing more is waited for: a call that waits for the clock, or a thread that computes, may be there for ever.
    fn is_over(&self, passed: Duration, had: &mut Option<Duration>) -> bool {
        passed >= WORKING && (self.gate.is_in_use() || self.has_worked(passed, had))
    }

    /// What the process does when so much time has `passed`, and it has been `quiet` for so long.
    fn look(&self, passed: Duration, quiet: Duration, had: &mut Option<Duration>) -> Glance {
        let look = self.tree.look();
        let calls = self.gate.late_calls();
        let added = self.exchange.added(&look);
        let is_due_soon = look.due().filter(|due| *due <= WAITING);
        let Added {
            processes,
            has_timed_thread,
            io_threads,
            has_unknown_socket,
        } = added;
        // What waits for the other end of a connection may be about to make a call that has not arrived.
        let has_more_calls = io_threads > self.gate.late_count();
        let may_call = has_more_calls || (has_unknown_socket && calls.is_empty());
        let is_silent = !self.exchange.is_asking() && calls.is_empty();
        let has_work = if look.is_busy() {
            if !self.has_worked(passed, had) {
                return Glance::Works;
            }
            true
        } else if self.gate.is_in_use() {
            if passed < WORKING {
                return Glance::Works;
            }
            true
        } else if passed < WAITING {
            match is_due_soon {
                Some(due) => return Glance::Timer(due.min(WAITING.saturating_sub(passed))),
                None if has_timed_thread || may_call => {
                    return Glance::Timer(LAST_LOOK.min(WAITING.saturating_sub(passed)));
                }
                None if is_silent => return Glance::Silent,
                None => false,
            }
        } else if is_silent && !has_timed_thread && quiet < WAITING && passed < STARVING {
            return Glance::Silent;
        } else {
            has_timed_thread || has_more_calls || !self.exchange.is_asking()
        };
        Glance::Rests(Open {
            calls,
            processes,
            has_work,
        })
    }
}

/// What one look came to.
enum Glance {
    Rests(Open),
    /// Something may happen when this has passed.
    Timer(Duration),
    /// It runs, or is about to.
    Works,
    /// It does nothing, and has not asked for the next event.
    Silent,
}

impl Open {
    /// Whether everything was done when the process came to rest.
    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// What was still open, in words, as the end of a sentence about `function`.
    pub(super) fn describe(&self, function: &str) -> String {
        let mut parts = Vec::new();
        if !self.calls.is_empty() {
            parts.push(format!("it called `{}`", self.calls.join("`, `")));
        }
        if !self.processes.is_empty() {
            parts.push(format!(
                "what it had started still ran: `{}`",
                self.processes.join("`, `")
            ));
        }
        if parts.is_empty() || (self.has_work && self.calls.is_empty() && self.processes.is_empty())
        {
            parts.push("a thread of it still ran or slept".to_owned());
        }
        format!(
            "`{function}` still worked after its answer: {}; the instance is frozen until its next event, and this work \
             with it",
            parts.join(", and ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_names_hosts_and_processes() {
        let open = Open {
            calls: vec!["a.example".into(), "b.example".into()],
            processes: vec!["sleep".into()],
            has_work: true,
        };
        let text = open.describe("archive");
        let expected = "`archive` still worked after its answer: it called `a.example`, `b.example`, and what it had started \
                        still ran: `sleep`; ";
        assert!(text.starts_with(expected), "{text}");
        let timer = Open {
            has_work: true,
            ..Open::default()
        };
        assert!(timer.describe("archive").contains("a thread of it still"));
        assert!(Open::default().is_nothing());
    }
}
