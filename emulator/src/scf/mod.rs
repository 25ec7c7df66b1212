//! SCF: takes events, runs functions on them, and decides what becomes of those that fail.
//!
//! In the order in which an event passes through:
//!
//! - [`Scf`]: the service, in whose `functions` what runs is made to agree with what the [`registry`] says. Events come in at
//!   `intake`, unless `refusal` has something against them, and from an earlier process by `resume`; `ending` ends them; `books` knows which version of a function an event is for, and `deployment` what of it runs now.
//! - `pool`: one task for each version; by the rules of `concurrency` and `queue` it lets attempts run, wait and be
//!   retried. Versions of one function have a reserved `share` together.
//! - `instances`: a task behind each `slot` for an instance; runs one `attempt_run` after the other.
//! - `instance`: one process, started by a `launcher`, that talks to its `runtime_api`; what both sides have told each
//!   other is in `exchange`, what it prints is in `output`. Between its answer and the next event it is frozen
//!   (`after_answer`); what it does at that moment is read from the system (`process_tree`, `wait_state`).
//! - [`shim`]: what stands between the runtime API and an ordinary handler.
//! - [`package`]: code as a zip, and what is unpacked of it.
//! - [`Status`] and `outcome`: what an attempt comes to; [`DeadLetter`]: what is left of an event that was given up.
//! - [`log`]: the journal as SCF's log lines; `history`: what became of each event, for the [`api`].
//! - [`triggers`]: what makes functions run without a call; [`surroundings`]: what other services do for that.
//!
//! Follows: SCF reference.

pub mod api;
mod books;
mod code_objects;
mod code_zip;
mod ending;
mod event_invoke;
mod functions;
mod intake;
mod refusal;
pub mod registry;
mod resume;
mod service;

mod accepted;
mod account;
mod function;
mod function_key;
mod invocation;

mod concurrency;
mod queue;
mod queue_file;
mod share;

mod after_answer;
mod assignment;
mod attempt_run;
mod canceling;
mod idle_life;
mod instances;
mod pool;
mod slot;

mod credentials;
mod deployment;
mod environment;
mod exchange;
mod function_runtime;
mod instance;
mod launcher;
mod output;
pub mod package;
mod patience;
mod process_tree;
mod runtime;
mod runtime_api;
mod runtime_guard;
mod shared_tmp;
pub mod shim;
mod turns;
mod wait_state;
mod waiting;

mod began;
mod dead_letter;
mod failure_lines;
mod history;
mod local_time;
pub mod log;
mod outcome;
mod status;
mod status_names;
mod strays;

pub mod surroundings;
pub mod triggers;

pub use accepted::{Accepted, By, Called, InvokeError};
pub use account::Account;
pub use books::Missing;
pub use code_objects::CodeObjects;
pub use code_zip::CodeZipError;
pub use dead_letter::DeadLetter;
pub use failure_lines::failure_lines;
pub use function::{Code, Function, InvalidFunction, Mistake};
pub use function_key::FunctionKey;
pub use functions::{ChangeError, CreateError, ReloadError, UpdateError};
pub use instances::RECLAIMED;
pub use invocation::Reply;
pub use launcher::{BoxFuture, Embedded, InProcess, RuntimeClient, RuntimeError, entrance};
pub use output::Printer;
pub use queue::AsyncRetries;
pub use queue_file::{QueueFile, QueueFileError};
pub use service::Scf;
pub use status::{RetryClass, Status};
pub use strays::{Stray, kill_strays};
pub use waiting::Waiting;
