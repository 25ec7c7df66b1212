//! Requests of the Cloud API: the second reader of the request types, beside that of scenarios.
//!
//! What the API checks when a task is submitted is checked here: what is required, ranges, enums and types. Definitions and
//! objects that do not exist are accepted, and make sub-tasks fail. What the emulator does not support is refused with
//! `UnsupportedOperation` and the path of the parameter, never accepted silently.
//!
//! Follows: mps.md sections 10.4, 10.5 and 11.1.

mod ai;
mod edit_media;
mod input;
mod media;
mod notify;
mod output;
mod process_media;
mod refuse;
mod terms;

pub use edit_media::edit_media;
pub use input::input_info;
pub use process_media::process_media;
pub use terms::Terms;

use crate::mps::task::TaskRequest;

/// A task that a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What is to be done.
    pub request: TaskRequest,
    /// When, and who hears of it.
    pub terms: Terms,
}
