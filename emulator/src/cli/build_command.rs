//! `build:` of a function: a command that makes its code.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

use super::exit::CommandError;
use super::{notice, tell};
use crate::config::FunctionConfig;
use backlot_base::clock::Clock;

/// How long a build may take, in real time.
const LIMIT: Duration = Duration::from_secs(600);
/// How much of what it printed is shown if it fails: the end, in bytes.
const SHOWN: u64 = 64 * 1024;

/// A command of the shell, and the folder in which it runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BuildCommand {
    command: String,
    folder: PathBuf,
}

/// A build that runs. Dropping it kills what is left of it.
struct Running {
    child: Child,
    group: Option<Pid>,
}

impl BuildCommand {
    /// The command of a function, if it has one. It runs in the folder of the code; for code that is a zip, in that of the
    /// zip.
    pub(super) fn of(function: &FunctionConfig) -> Option<Self> {
        let command = function.build.clone()?;
        let code = function.code.as_deref().unwrap_or(Path::new("."));
        let code = std::path::absolute(code).unwrap_or_else(|_| code.to_owned());
        let is_zip = code.extension().is_some_and(|ending| ending == "zip");
        let folder = match code.parent() {
            Some(above) if is_zip => above.to_owned(),
            _ => code,
        };
        Some(Self { command, folder })
    }

    /// The folder in which it runs.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs it for the function `name`. If it fails, what it printed is shown.
    pub(super) async fn run(&self, name: &str) -> Result<(), CommandError> {
        let command = &self.command;
        notice(&format!("building function `{name}`: {command}"));
        let failed = |why: String| {
            let folder = self.folder.display();
            CommandError::environment(format!(
                "function `{name}` cannot be built: `{command}` in `{folder}` {why}"
            ))
            .hint(format!("`functions.{name}.build` is that command"))
        };
        let ran = self.run_in_group().await;
        let (why, printed) = ran.map_err(|error| failed(format!("cannot be run: {error}")))?;
        let Some(why) = why else {
            return Ok(());
        };
        let printed = printed.trim_end();
        if !printed.is_empty() {
            tell(printed);
        }
        Err(failed(why))
    }

    /// Why it failed, if it did, and the end of what it printed.
    async fn run_in_group(&self) -> io::Result<(Option<String>, String)> {
        let mut output = tempfile::tempfile()?;
        let mut running = self.start(&output)?;
        let waiting = Clock::real().within(LIMIT, running.child.wait()).await;
        let why = match waiting {
            Ok(status) => {
                // It has ended; the number of its group may belong to others from now on.
                running.group = None;
                let status = status?;
                (!status.success()).then(|| match status.code() {
                    Some(code) => format!("exited with code {code}"),
                    None => format!("ended: {status}"),
                })
            }
            Err(_elapsed) => Some(format!(
                "was stopped after {} minutes",
                LIMIT.as_secs() / 60
            )),
        };
        let printed = match &why {
            Some(_) => end_of(&mut output)?,
            None => String::new(),
        };
        Ok((why, printed))
    }

    fn start(&self, output: &File) -> io::Result<Running> {
        #[expect(clippy::disallowed_methods, reason = "this starts a build")]
        let mut command = tokio::process::Command::new("sh");
        command
            .args(["-c", &self.command])
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output.try_clone()?)
            .process_group(0)
            .kill_on_drop(true);
        let child = command.spawn()?;
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let group = id.and_then(Pid::from_raw);
        Ok(Running { child, group })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = self.group.take()
            && let Err(error) = kill_process_group(group, Signal::KILL)
        {
            tracing::debug!(%error, "a build had ended when it was to be stopped");
        }
    }
}

/// The last part of a file, as text.
fn end_of(file: &mut File) -> io::Result<String> {
    let size = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(size.saturating_sub(SHOWN)))?;
    let mut end = Vec::new();
    file.take(SHOWN).read_to_end(&mut end)?;
    Ok(String::from_utf8_lossy(&end).into_owned())
}
