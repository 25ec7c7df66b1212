//! The kinds of findings: what a run shows about a user's function that no claim asked for.

/// The function still worked when its answer was there.
pub const WORKED_AFTER_ANSWER: &str = "worked-after-answer";
/// The process ended before it had asked for an event.
pub const ENDED_BEFORE_READY: &str = "ended-before-ready";
/// The answer is larger than SCF accepts.
pub const ANSWER_TOO_LARGE: &str = "answer-too-large";
/// An asynchronous event is larger than SCF accepts: it is lost.
pub const EVENT_TOO_LARGE: &str = "event-too-large";
/// The code names `/tmp`, which its instances share here and do not share on the platform.
pub const SHARED_TMP: &str = "shared-tmp";

/// The function had more memory than it may have, where the limit is not enforced.
pub const MEMORY_EXCEEDED: &str = "memory-exceeded";

/// All kinds.
pub const KINDS: [&str; 6] = [
    WORKED_AFTER_ANSWER,
    ENDED_BEFORE_READY,
    ANSWER_TOO_LARGE,
    EVENT_TOO_LARGE,
    SHARED_TMP,
    MEMORY_EXCEEDED,
];
