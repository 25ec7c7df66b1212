//! How many files and sockets this process may open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Enough for thousands of connections. Commands inherit the limit, and some close every file up to it when they start, so
/// more would make them slow.
const WANTED: u64 = 8192;

/// Raises the limit from what a shell usually sets (1024), as far as the system lets an ordinary user.
pub(super) fn allow_many() {
    let limit = getrlimit(Resource::Nofile);
    let Some(current) = limit.current else {
        return;
    };
    let most = limit.maximum.unwrap_or(WANTED).min(WANTED);
    if current >= most {
        return;
    }
    let wanted = Rlimit {
        current: Some(most),
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, wanted) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}
