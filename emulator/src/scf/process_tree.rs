//! What a process and its descendants are doing: whether they rest, and what they wait for.
//!
//! The system says so in `/proc`, thread by thread. There is no event for "all threads wait", so a caller has to look more
//! than once. Where there is no `/proc`, nothing is seen: every process seems to rest.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::wait_state::WaitState;

/// The unit in which the system counts the time of processes.
const TICK: Duration = Duration::from_millis(10);

/// A process with all its descendants.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProcessTree {
    root: u32,
}

/// What the processes of a tree did at one moment.
#[derive(Debug, Default)]
pub(super) struct Look {
    processes: Vec<Seen>,
    sockets: usize,
}

/// The processes of a tree at an earlier moment, to tell what has been added since.
#[derive(Debug, Default)]
pub(super) struct Census {
    processes: Vec<Seen>,
    unknown_sockets: usize,
}

/// What is in a tree that was not there at the census.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Added {
    /// The names of processes, in alphabetical order.
    pub(super) processes: Vec<String>,
    /// Whether there is a thread that waits for a time.
    pub(super) has_timed_thread: bool,
    /// How many threads wait for the other end of a connection.
    pub(super) io_threads: usize,
    /// Whether there is a socket whose other end is not known.
    pub(super) has_unknown_socket: bool,
}

#[derive(Debug)]
struct Seen {
    id: u32,
    name: String,
    threads: Vec<(u32, WaitState)>,
}

impl ProcessTree {
    /// The tree below a process, and the process itself.
    pub(super) fn of(root: u32) -> Self {
        Self { root }
    }

    /// The numbers of its processes.
    pub(super) fn ids(self) -> Vec<u32> {
        let (mut ids, mut open) = (Vec::new(), vec![self.root]);
        while let Some(id) = open.pop() {
            let threads = threads_of(&PathBuf::from(format!("/proc/{id}")));
            open.extend(threads.iter().flat_map(|(_, folder)| children_of(folder)));
            ids.push(id);
        }
        ids
    }

    /// The most memory that each of its processes has had, together, in bytes; `None` if the system does not tell.
    pub(super) fn peak_memory(self) -> Option<u64> {
        let peaks = self.ids().into_iter().filter_map(peak_of);
        peaks.reduce(u64::saturating_add)
    }

    /// How long its processes have run on a processor, together. The system counts in hundredths of a second.
    pub(super) fn processor_time(self) -> Duration {
        self.ids().into_iter().map(processor_time_of).sum()
    }

    /// What its processes do now.
    pub(super) fn look(self) -> Look {
        let (mut processes, mut sockets) = (Vec::new(), 0);
        let mut open = vec![self.root];
        while let Some(id) = open.pop() {
            let folder = PathBuf::from(format!("/proc/{id}"));
            let mut threads = Vec::new();
            for (thread, folder) in threads_of(&folder) {
                threads.push((thread, WaitState::of(&folder)));
                open.extend(children_of(&folder));
            }
            if !threads.is_empty() {
                sockets += sockets_of(&folder);
                let name = std::fs::read_to_string(folder.join("comm")).unwrap_or_default();
                let name = name.trim_end().to_owned();
                processes.push(Seen { id, name, threads });
            }
        }
        Look { processes, sockets }
    }
}

impl Look {
    /// Whether a thread runs, or is about to.
    pub(super) fn is_busy(&self) -> bool {
        self.states().any(|state| state == WaitState::Busy)
    }

    /// When the first timer of an event loop is due, as far as that can be seen.
    pub(super) fn due(&self) -> Option<Duration> {
        let due = self.states().filter_map(|state| match state {
            WaitState::Until(due) => Some(due),
            _ => None,
        });
        due.min()
    }

    /// What was not there at an earlier look; `known_sockets` is the number of those whose other end is known.
    pub(super) fn added(&self, before: &Census, known_sockets: usize) -> Added {
        let mut names: Vec<&str> = before.names_without(&self.ids());
        let unknown = self.sockets.saturating_sub(known_sockets);
        let mut added = Added {
            has_unknown_socket: unknown > before.unknown_sockets,
            ..Added::default()
        };
        for process in &self.processes {
            if let Some(known) = before.processes.iter().find(|seen| seen.id == process.id) {
                let known: HashSet<u32> = known.threads.iter().map(|(id, _)| *id).collect();
                let new = process.threads.iter().filter(|(id, _)| !known.contains(id));
                for (_, state) in new {
                    match state {
                        WaitState::Timed => added.has_timed_thread = true,
                        WaitState::Io | WaitState::Until(_) => added.io_threads += 1,
                        WaitState::Busy | WaitState::Untimed => {}
                    }
                }
            } else if let Some(place) = names.iter().position(|name| *name == process.name) {
                // The same program was there before: a shell that starts `curl` for every call.
                names.swap_remove(place);
            } else {
                added.processes.push(process.name.clone());
            }
        }
        added.processes.sort();
        added
    }

    /// The processes of this look, to be compared with later ones.
    pub(super) fn census(self, known_sockets: usize) -> Census {
        Census {
            unknown_sockets: self.sockets.saturating_sub(known_sockets),
            processes: self.processes,
        }
    }

    fn ids(&self) -> HashSet<u32> {
        self.processes.iter().map(|process| process.id).collect()
    }

    fn states(&self) -> impl Iterator<Item = WaitState> {
        let threads = self.processes.iter().flat_map(|process| &process.threads);
        threads.map(|(_, state)| *state)
    }
}

impl Census {
    /// The names of the processes that are not among `ids`.
    fn names_without(&self, ids: &HashSet<u32>) -> Vec<&str> {
        let gone = self.processes.iter();
        let gone = gone.filter(|process| !ids.contains(&process.id));
        gone.map(|process| process.name.as_str()).collect()
    }
}

/// The most memory that a process has had, in bytes.
fn peak_of(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = peak.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// How long a process has run on a processor; nothing if it is gone.
fn processor_time_of(id: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    ticks_of(&stat) * TICK
}

/// The time that a process has run, from its line of `/proc`: for itself, and within the system.
fn ticks_of(stat: &str) -> u32 {
    // The name, in parentheses, may hold anything; the state follows.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut fields = after_name.split_whitespace().skip(11);
    let mut next = || {
        fields
            .next()
            .and_then(|field| field.parse().ok())
            .unwrap_or(0_u32)
    };
    next().saturating_add(next())
}

/// The threads of a process, each with its folder; none if the process is gone.
fn threads_of(process: &Path) -> Vec<(u32, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(process.join("task")) else {
        return Vec::new();
    };
    let threads = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        let id = entry.file_name().to_str()?.parse().ok()?;
        Some((id, entry.path()))
    });
    threads.collect()
}

/// The processes that a thread has started and that are still there.
fn children_of(thread: &Path) -> Vec<u32> {
    let listed = std::fs::read_to_string(thread.join("children")).unwrap_or_default();
    let children = listed.split_whitespace();
    children.filter_map(|child| child.parse().ok()).collect()
}

/// How many sockets a process has open.
fn sockets_of(process: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(process.join("fd")) else {
        return 0;
    };
    let links = entries.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    links
        .filter(|link| link.to_string_lossy().starts_with("socket:"))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(id: u32, name: &str, threads: &[(u32, WaitState)]) -> Seen {
        Seen {
            id,
            name: name.into(),
            threads: threads.to_vec(),
        }
    }

    #[test]
    fn the_time_of_a_process_is_read_after_its_name() {
        let stat = "7 (a) b) (c)) S 1 7 7 0 -1 4194560 100 0 0 0 12 5 0 0 20 0 1 0 100 0 0";
        assert_eq!(ticks_of(stat), 17);
        assert_eq!(ticks_of(""), 0);
    }

    #[test]
    fn a_program_that_is_started_for_every_call_is_nothing_new() {
        let rests = WaitState::Untimed;
        let census = Census {
            processes: vec![
                seen(1, "bash", &[(1, rests)]),
                seen(2, "curl", &[(2, rests)]),
            ],
            unknown_sockets: 1,
        };
        let look = Look {
            processes: vec![
                seen(1, "bash", &[(1, rests)]),
                seen(3, "curl", &[(3, WaitState::Timed)]),
                seen(4, "sleep", &[(4, WaitState::Timed)]),
            ],
            sockets: 3,
        };
        let expected = Added {
            processes: vec!["sleep".into()],
            ..Added::default()
        };
        assert_eq!(look.added(&census, 2), expected);
        assert!(look.added(&census, 1).has_unknown_socket);
    }

    #[test]
    fn a_new_thread_that_waits_for_a_time_is_told_from_those_before() {
        let census = Census {
            processes: vec![seen(
                1,
                "go",
                &[(1, WaitState::Untimed), (2, WaitState::Timed)],
            )],
            unknown_sockets: 0,
        };
        let with = |state| Look {
            processes: vec![seen(
                1,
                "go",
                &[(1, WaitState::Untimed), (2, WaitState::Timed), (3, state)],
            )],
            sockets: 0,
        };
        assert!(with(WaitState::Timed).added(&census, 0).has_timed_thread);
        assert_eq!(with(WaitState::Io).added(&census, 0).io_threads, 1);
        assert_eq!(with(WaitState::Untimed).added(&census, 0), Added::default());
        assert!(with(WaitState::Busy).is_busy());
        let due = Duration::from_millis(3);
        assert_eq!(with(WaitState::Until(due)).due(), Some(due));
    }
}
