//! What makes functions run without a call: the triggers of SCF.
//!
//! [`Trigger`] is one of them as data, `description` reads and writes what sets it off, and `book` has the rules for all of
//! them; `difference` says how they differ from the configuration, which is `kept` in the registry. `cron` reads when a timer fires, `events` writes its event, and `service` waits for it: it is what [`Scf`] does
//! with triggers, which are kept on its `desk`. [`cls`] writes the events of log topics. What makes other services send events are the
//! [`Surroundings`](super::surroundings::Surroundings).
//!
//! Follows: SCF reference, section 14.
//!
//! [`Scf`]: super::Scf

mod service;

mod book;
mod desk;
mod difference;
mod kept;
mod trigger;

mod alarm;
pub mod cls;
mod cron;
mod description;
mod events;

pub use book::TriggerError;
pub use cron::{Cron, InvalidCron};
pub use description::{InvalidTrigger, KINDS, cos_trigger_name};
pub use desk::DEFAULT_ZONE;
pub(super) use desk::TriggerDesk;
pub use events::TIMER;
pub use service::RestoreError;
pub use trigger::{MAX_TRIGGERS, Source, Trigger, TriggerId};
