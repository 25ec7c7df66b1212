//! `backlot up --detach`: starts `backlot up` again, as a process in the background.

use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::process::Stdio;

use super::data::DataFolder;
use super::exit::{CommandError, Exit};
use super::{notice, print};

/// Starts the process and prints its ready line. Its stderr goes to a log file in the data folder.
#[expect(
    clippy::disallowed_methods,
    reason = "this starts the emulator in the background"
)]
pub(super) fn start(data: &DataFolder) -> Result<Exit, CommandError> {
    // An error about the folder is better printed here than in the log. The lock is released at once, for the process in the
    // background.
    drop(data.hold()?);
    let failed = |error: std::io::Error| {
        CommandError::environment(format!(
            "no process can be started in the background: {error}"
        ))
    };
    let (mut log, path) = data.log()?;
    let before = log.seek(SeekFrom::End(0)).map_err(failed)?;
    let arguments = std::env::args_os()
        .skip(1)
        .filter(|word| word != "--detach");
    let mut child = std::process::Command::new(std::env::current_exe().map_err(failed)?)
        .args(arguments)
        .arg("--detached")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log.try_clone().map_err(failed)?)
        .spawn()
        .map_err(failed)?;
    let stdout = child.stdout.take().expect("stdout is a pipe");
    let mut line = String::new();
    BufReader::new(stdout)
        .read_line(&mut line)
        .map_err(failed)?;
    if line.contains("ready") {
        print(&line)?;
        notice(&format!(
            "in the background as process {}, log in `{}`",
            child.id(),
            path.display()
        ));
        return Ok(Exit::Passed);
    }
    let status = child.wait().map_err(failed)?;
    let mut said = String::new();
    log.seek(SeekFrom::Start(before)).map_err(failed)?;
    log.read_to_string(&mut said).map_err(failed)?;
    let message = match said.trim() {
        "" => format!("the process in the background exited with {status}"),
        said => said.to_owned(),
    };
    let exit = match status.code() {
        Some(2) => Exit::Usage,
        _ => Exit::Environment,
    };
    Err(CommandError::new(exit, message))
}

/// Makes this process independent of the terminal from which it was started.
pub(super) fn leave_session() -> Result<(), CommandError> {
    rustix::process::setsid()
        .map_err(|error| CommandError::environment(format!("no session can be opened: {error}")))?;
    Ok(())
}
