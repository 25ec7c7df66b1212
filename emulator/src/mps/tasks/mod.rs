//! The tasks of the service: from their creation to their end, and seven days beyond.
//!
//! `life` takes a task through its states on the clock, unless a client ends it by `abort`; `resume` goes on with tasks of an
//! earlier run; `slots` says which one may be processed next; `table` keeps what
//! has become of each, in a `database`, as `row`s. `detail` is how the API tells of a task.

mod abort;
mod database;
mod detail;
mod life;
mod resume;
mod row;
mod slots;
mod table;

pub use abort::AbortRefused;
pub use database::TableError;
pub use life::Created;
pub use row::{Entry, Page, Query, Row, Status, written};
pub use slots::Slots;
pub use table::{KEPT_HOURS, TaskTable};

pub(super) use detail::unfinished;
