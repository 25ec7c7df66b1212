//! An event on an instance that is ready: it is given to it, and what that comes to.

use std::sync::atomic::Ordering;

use super::AttemptRun;
use super::end::{AttemptEnd, NOTE_ON_CHILDREN};
use super::records::{Begun, started};
use crate::scf::assignment::{Assignment, End, Push};
use crate::scf::function::Function;
use crate::scf::instance::Run;
use crate::scf::outcome::AttemptOutcome;
use crate::scf::status::Status;
use backlot_base::journal::{NoticeRecord, finding};

const MEGABYTE: u64 = 1024 * 1024;

impl AttemptRun<'_> {
    /// Gives the event to the instance and waits until that has come to an end.
    pub(super) async fn dispatch(&mut self, is_begun: bool) -> Run {
        let assignment = Assignment {
            lane: self.lane(),
            attempt: self.attempt.number,
            request_id: self.attempt.header(),
            event: self.attempt.invocation.event.clone(),
            is_begun,
        };
        let Self {
            slot,
            runtime,
            attempt,
            hold,
            began,
            process,
            ..
        } = self;
        let early = |answer| {
            let duration = runtime.context.clock.now().duration_since(*began);
            let hold = hold.as_ref().expect("the clock is not waited for");
            attempt.answer_early(answer, duration.try_into().unwrap_or_default(), hold);
        };
        let instance = slot.instance();
        let id = instance.process_id().unwrap_or_default();
        process.store(id, Ordering::Relaxed);
        let run = instance.run(runtime, assignment, early).await;
        // From here on the number may belong to another process.
        process.store(0, Ordering::Relaxed);
        if let Some(memory) = instance.memory(runtime) {
            self.memory_bytes = Some(memory.bytes);
            if memory.is_news {
                self.warn_of_memory(memory.bytes);
            }
        }
        run
    }

    /// Says that the platform would have ended the attempt.
    fn warn_of_memory(&self, bytes: u64) {
        let Function {
            name, memory_mb, ..
        } = &self.runtime.function;
        let used = bytes.div_ceil(MEGABYTE);
        let finding = NoticeRecord::Finding {
            function: name.clone(),
            kind: finding::MEMORY_EXCEEDED.to_owned(),
            hosts: String::new(),
            text: format!(
                "`{name}` had {used} MB of memory, more than its {memory_mb} MB: SCF ends such an attempt with status 434; \
                 raise `memory`, or let it keep less at a time"
            ),
        };
        self.runtime.context.record(self.lane(), finding);
    }

    /// A planned fault kills the instance that has just been given the event.
    pub(super) async fn kill(&mut self, is_begun: bool) {
        self.printed.append(self.slot.instance().kill().await);
        if !is_begun {
            started(
                &self.runtime.context,
                &self.attempt,
                Begun::Warm(&self.slot.name()),
            );
        }
    }

    /// What a run comes to.
    pub(super) async fn end_of(&mut self, run: Run, is_begun: bool) -> AttemptEnd {
        match run {
            Run::Ended(End { push, printed }) => {
                self.printed.append(printed);
                AttemptEnd::of(match push {
                    Push::Response(body) => AttemptOutcome::answered(body),
                    Push::Error(body) => AttemptOutcome::reported(self.id(), &body),
                    Push::TooLarge => AttemptOutcome::answer_too_large(self.id()),
                })
            }
            Run::TimedOut(missed) => {
                self.printed.append(self.slot.instance().kill().await);
                let timeout = self.runtime.function.timeout;
                AttemptEnd {
                    charge: Some(timeout),
                    stop: Some("timed out".into()),
                    ..AttemptEnd::of(AttemptOutcome::timed_out(self.id(), timeout, missed))
                }
            }
            Run::Exited {
                reason,
                is_fetched,
                has_left_children,
            } => {
                if !is_fetched && !is_begun {
                    started(
                        &self.runtime.context,
                        &self.attempt,
                        Begun::Warm(&self.slot.name()),
                    );
                }
                let is_out_of_memory = self.slot.instance().is_out_of_memory();
                self.printed.append(self.slot.instance().kill().await);
                if is_out_of_memory {
                    return self.recycled(Status::MEMORY_LIMIT, "");
                }
                AttemptEnd {
                    stop: Some(reason),
                    note: has_left_children.then_some(NOTE_ON_CHILDREN),
                    ..AttemptEnd::of(AttemptOutcome::exited(self.id()))
                }
            }
        }
    }
}
