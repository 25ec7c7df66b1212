//! What one thread waits for, from what the system says about its system call.

use std::path::Path;
use std::time::Duration;

/// What a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WaitState {
    /// It runs, or is about to.
    Busy,
    /// It waits for other threads, or in an event loop.
    Untimed,
    /// It waits for one other thing, such as the other end of a connection.
    Io,
    /// It waits, but not for longer than this.
    Until(Duration),
    /// It waits for a time that cannot be seen from outside.
    Timed,
}

/// The numbers of the system calls that can wait for a time.
#[cfg(target_arch = "x86_64")]
mod number {
    pub(super) const EPOLL_WAIT: &[u64] = &[232, 281];
    pub(super) const EPOLL_PWAIT2: u64 = 441;
    pub(super) const POLL: u64 = 7;
    pub(super) const PPOLL: u64 = 271;
    pub(super) const SELECT: &[u64] = &[23, 270];
    pub(super) const SLEEP: &[u64] = &[35, 230];
    pub(super) const FUTEX: u64 = 202;
}

/// As above; this machine has the generic numbers, without the oldest calls.
#[cfg(not(target_arch = "x86_64"))]
mod number {
    pub(super) const EPOLL_WAIT: &[u64] = &[22];
    pub(super) const EPOLL_PWAIT2: u64 = 441;
    pub(super) const POLL: u64 = u64::MAX;
    pub(super) const PPOLL: u64 = 73;
    pub(super) const SELECT: &[u64] = &[72];
    pub(super) const SLEEP: &[u64] = &[101, 115];
    pub(super) const FUTEX: u64 = 98;
}

/// The part of a futex operation that says what is done.
const FUTEX_COMMAND: u64 = 0x7f;
const FUTEX_WAIT: u64 = 0;
const FUTEX_WAIT_BITSET: u64 = 9;

impl WaitState {
    /// What the thread does whose folder below `/proc` this is. A thread that is gone, or that this process may not look
    /// at, waits for nothing.
    pub(super) fn of(thread: &Path) -> Self {
        let Ok(line) = std::fs::read_to_string(thread.join("syscall")) else {
            return Self::Untimed;
        };
        match Self::parse(&line) {
            Self::Io if is_served_by_disk(thread) => Self::Busy,
            state => state,
        }
    }

    /// `running`, or `-1 <stack> <position>`, or `<number> <six arguments> <stack> <position>`.
    fn parse(line: &str) -> Self {
        let mut words = line.split_whitespace();
        let Some(number) = words.next().and_then(|word| word.parse::<u64>().ok()) else {
            return Self::Busy;
        };
        let arguments: Vec<u64> = words
            .filter_map(|word| u64::from_str_radix(word.trim_start_matches("0x"), 16).ok())
            .collect();
        let argument = |index: usize| arguments.get(index).copied().unwrap_or_default();
        let by_pointer = |index: usize| match argument(index) {
            0 => Self::Untimed,
            _ => Self::Timed,
        };
        match number {
            number if number::EPOLL_WAIT.contains(&number) => Self::for_millis(argument(3)),
            number::POLL => Self::for_millis(argument(2)),
            number::EPOLL_PWAIT2 => by_pointer(3),
            number::PPOLL => by_pointer(2),
            number if number::SELECT.contains(&number) => by_pointer(4),
            number if number::SLEEP.contains(&number) => Self::Timed,
            number::FUTEX => match argument(1) & FUTEX_COMMAND {
                FUTEX_WAIT | FUTEX_WAIT_BITSET => by_pointer(3),
                _ => Self::Untimed,
            },
            _ => Self::Io,
        }
    }

    /// The time limit of a call in milliseconds, a C `int` of which negative values mean none.
    fn for_millis(argument: u64) -> Self {
        // The register may be extended by sign or by zeros.
        let low = u32::try_from(argument & u64::from(u32::MAX)).expect("it was cut to 32 bits");
        match u64::try_from(low.cast_signed()) {
            Ok(millis) => Self::Until(Duration::from_millis(millis)),
            Err(_) => Self::Untimed,
        }
    }
}

/// Whether a thread waits for a disk, or for its own memory: that ends by itself.
fn is_served_by_disk(thread: &Path) -> bool {
    let stat = std::fs::read_to_string(thread.join("stat")).unwrap_or_default();
    // The name of the program comes before it and may hold anything.
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| rest.starts_with('D'))
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn system_calls_tell_what_a_thread_waits_for() {
        for (line, expected) in [
            ("running\n", WaitState::Busy),
            ("-1 0x7fff 0x7fff\n", WaitState::Busy),
            (
                "281 0xe 0x7f 0x400 0x7530 0x0 0x8 0x7f 0x7f\n",
                WaitState::Until(Duration::from_secs(30)),
            ),
            (
                "281 0x9 0x7e 0x400 0xffffffff 0x0 0x8 0x7e 0x7e\n",
                WaitState::Untimed,
            ),
            (
                "7 0x9 0x1 0xffffffffffffffff 0x0 0x0 0x0 0x7e 0x7e",
                WaitState::Untimed,
            ),
            (
                "7 0x9 0x1 0x3 0x0 0x0 0x0 0x7e 0x7e",
                WaitState::Until(Duration::from_millis(3)),
            ),
            (
                "202 0x22 0x189 0x0 0x0 0x0 0xffffffff 0x7e 0x7e",
                WaitState::Untimed,
            ),
            (
                "202 0x22 0x189 0x0 0x7f 0x0 0xffffffff 0x7e 0x7e",
                WaitState::Timed,
            ),
            ("230 0x0 0x0 0x7f 0x7f 0x0 0x0 0x7f 0x7f", WaitState::Timed),
            ("45 0x3 0x7f 0x1000 0x0 0x0 0x0 0x7f 0x7f", WaitState::Io),
        ] {
            assert_eq!(WaitState::parse(line), expected, "{line}");
        }
    }
}
