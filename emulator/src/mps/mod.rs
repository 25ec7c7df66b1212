//! MPS, where events are born.
//!
//! A request says what shall be made of which source; the mock engine makes up what media processing would have found; the
//! builders write that down as a notification, in one of two profiles. [`service`] creates tasks and takes them through
//! their [`lifecycle`] on the clock; what it needs of COS and SCF is the trait [`host::Host`]. The actions of the Cloud API
//! are in [`api`] and act on the handle [`Mps`].
//!
//! Nothing here looks at real media. Everything but the numbering of tasks is a pure function of the request, the source
//! and the seed.

pub mod service;

pub mod host;
pub mod lifecycle;
pub mod object;
pub mod settings;
pub mod task;
pub mod tasks;

pub mod api;
pub mod request;
pub mod trigger;
pub mod workflow;

pub mod profile;
pub mod switches;

pub mod edit_event;
pub mod notification;
pub mod schedule_event;
pub mod workflow_event;

mod meta_data;
mod processed;
mod result;
mod storage;

pub mod catalogue;
pub mod schema;

pub mod definitions;
pub mod engine;
pub mod path;
pub mod template;

pub mod failure;
pub mod seconds;
pub mod timeline;

pub mod placeholder;
pub mod sample;
pub mod sample_change;
mod send;

pub use definitions::Presets;
pub use host::{BindRefused, Delivery, Host, HostError, Turn};
pub use notification::{EventType, Notification};
pub use object::{OutputObject, SourceObject};
pub use profile::Profile;
pub use request::{EditRequest, InvalidRequest, WorkflowRequest};
pub use send::{SendError, Sent};
pub use service::{Error, Mps};
pub use settings::{SessionWindow, Settings};
pub use task::{Job, TaskRequest};
pub use tasks::TableError;
pub use trigger::{Binding, BindingRule, Bindings};
pub use workflow::Workflow;
