//! The start of an instance for an attempt.

use super::AttemptRun;
use super::end::{AttemptEnd, NOTE_ON_CHILDREN, ended_before_ready};
use super::records::{Begun, started};
use crate::scf::instance::Init;
use crate::scf::outcome::AttemptOutcome;
use crate::scf::status::Status;
use backlot_http::auth::Acting;

impl AttemptRun<'_> {
    /// Starts an instance and waits until it is ready; the attempt's end if it does not become so.
    ///
    /// One that is started ahead is warm when the attempt begins: its start is no part of the attempt, and neither is what it
    /// prints before it is ready.
    pub(super) async fn start(&mut self, is_ahead: bool) -> Option<AttemptEnd> {
        let acting = Acting {
            lane: self.lane(),
            attempt: self.attempt.number,
        };
        let name = self.slot.announce(acting.lane);
        if !is_ahead {
            started(&self.runtime.context, &self.attempt, Begun::Cold(&name));
        }
        if !self.runtime.context.clock.is_virtual() {
            // Those of an instance that has ended come before those of the new one.
            self.record_lines();
        }
        let source = &self.attempt.invocation.source;
        let instance = match self.slot.start(name.clone(), acting, source).await {
            Ok(instance) => instance,
            Err(error) => {
                if is_ahead {
                    started(&self.runtime.context, &self.attempt, Begun::Cold(&name));
                }
                return Some(AttemptEnd::of_start(self.id(), &error));
            }
        };
        let init_timeout = self.runtime.function.init_timeout;
        let init = instance.init(&self.runtime).await;
        if matches!(init, Init::Ready) {
            if is_ahead {
                instance.forget_output();
            }
            return None;
        }
        if is_ahead {
            started(&self.runtime.context, &self.attempt, Begun::Cold(&name));
        }
        let note = instance.has_left_children().then_some(NOTE_ON_CHILDREN);
        let has_spoken = instance.has_spoken();
        let is_out_of_memory = instance.is_out_of_memory();
        self.printed.append(instance.kill().await);
        if is_out_of_memory {
            return Some(self.recycled(Status::MEMORY_LIMIT, ""));
        }
        let id = self.id();
        Some(match init {
            Init::NotLoaded(reason) => AttemptEnd {
                stop: Some("its code did not load".into()),
                ..AttemptEnd::of(AttemptOutcome::not_loaded(id, &reason))
            },
            Init::Exited(reason) => AttemptEnd {
                note,
                why: Some(ended_before_ready(
                    &self.runtime.function,
                    &reason,
                    has_spoken,
                )),
                stop: Some(reason.clone()),
                ..AttemptEnd::of(AttemptOutcome::ended_early(id, &reason))
            },
            Init::TimedOut | Init::Ready => AttemptEnd {
                charge: Some(init_timeout),
                stop: Some("initialization timed out".into()),
                ..AttemptEnd::of(AttemptOutcome::not_ready(id, init_timeout))
            },
        })
    }
}
