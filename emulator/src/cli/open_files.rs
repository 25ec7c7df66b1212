//! How many files and sockets this process may open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Enough for thousands of connections. More would only make programs slow that close everything they might have
/// inherited, and commands started from here inherit the limit.
const WANTED: u64 = 8192;

/// Takes more than a shell usually gives (1024), as far as the system allows it without being asked.
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
