//! Processes that functions have left behind: those that have left the group and the session of their instance, and so are
//! not killed with it.
//!
//! Every process of a function has the variable [`MARK`] with the number of the emulator, unless it took it away. Nothing
//! else leads from such a process to the emulator once its parents have ended.

use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

/// The variable that marks the processes of functions: the number of the emulator's process.
pub(super) const MARK: &str = "BACKLOT_PID";
/// How often to look, as a process may start others until it is killed.
const ROUNDS: usize = 10;

/// A process that was left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// Its number.
    pub id: u32,
    /// The name of its program.
    pub name: String,
    /// Why it could not be killed; `None` if it was.
    pub error: Option<String>,
}

/// Kills all processes that the functions of an emulator have left behind; `emulator` is the number of its process. Nothing
/// is found where there is no `/proc`.
pub fn kill_strays(emulator: u32) -> Vec<Stray> {
    let mark = format!("{MARK}={emulator}");
    let mut found: Vec<Stray> = Vec::new();
    for _ in 0..ROUNDS {
        let marked = marked(mark.as_bytes()).into_iter();
        let new: Vec<u32> = marked
            .filter(|id| found.iter().all(|stray| stray.id != *id))
            .collect();
        if new.is_empty() {
            break;
        }
        found.extend(new.into_iter().map(kill));
    }
    found
}

fn kill(id: u32) -> Stray {
    let name = std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
    let number = i32::try_from(id).ok().and_then(Pid::from_raw);
    let killed = number.map(|number| kill_process(number, Signal::KILL));
    Stray {
        id,
        name: name.trim_end().to_owned(),
        error: match killed {
            Some(Err(error)) if error != rustix::io::Errno::SRCH => Some(error.to_string()),
            _ => None,
        },
    }
}

/// The processes whose environment has this entry.
fn marked(entry: &[u8]) -> Vec<u32> {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let numbers = processes.filter_map(|process| process.ok()?.file_name().to_str()?.parse().ok());
    numbers
        .filter(|id: &u32| *id != std::process::id() && has_entry(*id, entry))
        .collect()
}

fn has_entry(id: u32, entry: &[u8]) -> bool {
    // Processes of others cannot be read, and none of them is a function's.
    let environment = std::fs::read(Path::new("/proc").join(id.to_string()).join("environ"));
    let environment = environment.unwrap_or_default();
    environment
        .split(|byte| *byte == 0)
        .any(|found| found == entry)
}
