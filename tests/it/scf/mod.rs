//! SCF: real processes and in-process functions behind the real runtime API.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails like the test")]

mod after_answer;
mod api;
mod api_rig;
mod async_events;
mod attempts;
mod changes;
mod checklist_credentials;
mod checklist_instances;
mod checklist_queue;
mod checklist_triggers;
mod cold;
mod cron;
mod determinism;
mod early_answer;
mod environment;
mod event_invoke;
mod faults;
mod instance_life;
mod lifetime;
mod logs;
mod many_instances;
mod memory;
mod output;
mod package;
mod queue;
mod rig;
mod rude;
mod runtime_api;
mod share;
mod sync;
mod terminate;
mod trigger_stage;
mod triggers;
mod vectors;
