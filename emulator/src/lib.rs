//! backlot emulates Tencent Cloud's media-callback chain on one machine: MPS finishes a task, its trigger invokes an SCF
//! function, and what the function writes is archived in COS.
//!
//! ```text
//!  client, scenario step, upload                      the function (its own process, any language)
//!        │                                                  ▲ runtime API: next, response, error
//!        ▼                                                  │
//!     http ──► mps ── task ──► event ──► scf ── queue ──► instances
//!        │      │ outputs                                   │ signed requests, through the front door
//!        ▼      ▼                                           ▼
//!     cos ◄───────────────────────────────────────────── archived object
//! ```
//!
//! Imports go down this list only, and the services do not import one another: what passes between them is a
//! [`signal`] or a narrow trait, and is carried by [`events`]. To read the code, begin with [`stage`] and then follow one
//! service along the flow; each folder's `mod.rs` is its cover page. `docs/glossary.md` explains the words.
//!
//! A stage can be used without the command:
//!
//! ```rust,ignore
#![doc = include_str!("../doc/stage.rs")]
//! ```

pub mod cli;

pub mod scenario;

pub mod stage;

pub mod admin;

pub mod services;

pub mod events;

pub mod config;

pub mod mps;
pub mod scf;
pub mod sts;
pub mod stub;

pub use backlot_cos as cos;
pub use backlot_http as http;

pub use backlot_base as base;
pub use backlot_base::{context, fault, journal, signal};
