//! SCF: real processes and in-process functions behind the real runtime API.

mod attempts;
mod determinism;
mod environment;
mod faults;
mod output;
mod queue;
mod rig;
mod runtime_api;
mod sync;
