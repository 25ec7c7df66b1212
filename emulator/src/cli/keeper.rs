//! What ends with the emulator, also if it is killed: the processes of functions, and its temporary folders.
//!
//! A process of its own waits until the emulator has ended: it reads from a pipe that the emulator holds open. The
//! emulator itself cannot do anything about `kill -9`, and a signal on the death of a parent does not reach what a function
//! has started.

use std::ffi::OsString;
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ExitCode, Stdio};

use super::{notice, tell};
use crate::scf::{Stray, kill_strays};
use backlot_base::scratch;
use backlot_base::words::count;

/// The first argument of the process that waits.
pub(super) const WORD: &str = "keep-watch";

/// Watches over what has to end with this process. On drop it is told that there is nothing left to do.
#[derive(Debug)]
pub(super) struct Keeper {
    watch: Option<Child>,
}

impl Keeper {
    /// Starts the process that waits. If that cannot be done, the emulator works without it.
    pub(super) fn start() -> Self {
        let watch = match watch() {
            Ok(watch) => Some(watch),
            Err(error) => {
                tracing::warn!(%error, "functions will outlive this process if it is killed");
                None
            }
        };
        Self { watch }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let strays = kill_strays(std::process::id());
        for line in lines(&strays, "functions had left running") {
            notice(&line);
        }
        if let Some(watch) = &mut self.watch {
            // It would find nothing.
            let killed = watch.kill().and_then(|()| watch.wait());
            if let Err(error) = killed {
                tracing::debug!(%error, "the process that watches could not be ended");
            }
        }
    }
}

/// Waits for the end of an emulator and clears up after it. Its number is the only one of the `arguments`.
pub(super) fn keep_watch(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let number = arguments.next();
    let number = number.and_then(|number| number.to_str()?.parse().ok());
    let Some(number) = number else {
        return ExitCode::FAILURE;
    };
    // Nothing is ever written: the end comes when the emulator ends.
    let mut nothing = Vec::new();
    drop(std::io::stdin().read_to_end(&mut nothing));
    let whose = "the functions of an emulator that was killed had left running";
    for line in lines(&kill_strays(number), whose) {
        tell(&line);
    }
    // What cannot be removed is tried again at the next start.
    drop(scratch::remove_abandoned());
    ExitCode::SUCCESS
}

#[expect(
    clippy::disallowed_methods,
    reason = "this starts the process that watches"
)]
fn watch() -> std::io::Result<Child> {
    std::process::Command::new(std::env::current_exe()?)
        .arg(WORD)
        .arg(std::process::id().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        // A key that interrupts the emulator is not for it.
        .process_group(0)
        .spawn()
}

/// What was left behind, in words.
fn lines(strays: &[Stray], whose: &str) -> Vec<String> {
    let (killed, alive): (Vec<_>, Vec<_>) = strays.iter().partition(|stray| stray.error.is_none());
    let described = [("killed", killed), ("could not kill", alive)]
        .into_iter()
        .filter(|(_, strays)| !strays.is_empty())
        .map(|(done, strays)| {
            let what = count(strays.len(), "process", "processes");
            format!("{done} {what} that {whose}: {}", names(&strays))
        });
    described.collect()
}

fn names(strays: &[&Stray]) -> String {
    let names = strays.iter().map(|stray| match &stray.error {
        None => format!("`{}` ({})", stray.name, stray.id),
        Some(error) => format!("`{}` ({}, {error})", stray.name, stray.id),
    });
    names.collect::<Vec<_>>().join(", ")
}
