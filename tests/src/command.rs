//! The command as a user runs it: arguments, folder, variables; exit code, stdout, stderr.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// A command line to be run.
#[derive(Debug)]
pub struct CommandLine {
    command: Command,
    input: Vec<u8>,
}

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Ended {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// All of stdout.
    pub stdout: String,
    /// All of stderr.
    pub stderr: String,
}

/// A program that runs. It is killed on drop, so that nothing is left of a test that fails.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// The first line that it printed.
    pub first: String,
}

impl Running {
    /// Its number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Processor time that it has used so far, in steps of ten milliseconds. Linux only.
    pub fn processor_time(&self) -> Duration {
        let stat = self.system_says("stat");
        // The name of the program comes before them and may hold anything.
        let (_, fields) = stat.rsplit_once(')').expect("a name in parentheses");
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks = ticks.map(|ticks| ticks.parse::<u64>().expect("a number of ticks"));
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }

    /// MiB of memory that it has in use. Linux only.
    pub fn resident_memory(&self) -> u64 {
        let status = self.system_says("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        kib.expect("a size in kB") / 1024
    }

    fn system_says(&self, what: &str) -> String {
        let path = format!("/proc/{}/{what}", self.pid());
        std::fs::read_to_string(path).expect("the system tells about processes")
    }

    /// The next line that it prints, without its end; empty when it prints no more.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("it prints text");
        line.truncate(line.trim_end().len());
        line
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        let mut stdout = std::mem::take(&mut self.first);
        self.stdout
            .read_to_string(&mut stdout)
            .expect("it prints text");
        let mut stderr = String::new();
        let mut pipe = self.child.stderr.take().expect("stderr is a pipe");
        pipe.read_to_string(&mut stderr).expect("it prints text");
        let status = self.child.wait().expect("the program ends");
        Ended {
            code: status.code(),
            stdout,
            stderr,
        }
    }

    /// Sends it a signal, by name.
    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = CommandLine::new("kill", Path::new("/"))
            .args(&format!("-{name} {pid}"))
            .run();
        assert_eq!(sent.code, Some(0), "{sent:?}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl CommandLine {
    /// Runs `program` in `folder`, with nothing of the tests' own environment that could change what it does.
    #[expect(
        clippy::disallowed_methods,
        reason = "tests start the program under test"
    )]
    pub fn new(program: &str, folder: &Path) -> Self {
        let mut command = Command::new(program);
        command.current_dir(folder).env_remove("CI");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BACKLOT_")) {
            command.env_remove(name);
        }
        Self {
            command,
            input: Vec::new(),
        }
    }

    /// Adds arguments, split at blanks.
    #[must_use]
    pub fn args(mut self, arguments: &str) -> Self {
        self.command.args(arguments.split_whitespace());
        self
    }

    /// Adds one argument as it is.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Gives it something to read.
    #[must_use]
    pub fn input(mut self, bytes: &[u8]) -> Self {
        self.input = bytes.to_vec();
        self
    }

    /// Starts it and returns as soon as it has printed its first line.
    #[track_caller]
    pub fn start(mut self) -> Running {
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("stdout is a pipe");
        let mut running = Running {
            child,
            stdout: BufReader::new(stdout),
            first: String::new(),
        };
        let line = running.line();
        if line.is_empty() {
            let ended = running.end();
            panic!("the program ended without a line: {ended:?}");
        }
        running.first = line;
        running
    }

    /// Runs it to its end.
    #[track_caller]
    pub fn run(mut self) -> Ended {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("stdin is a pipe");
        // A program that does not read its input closes the pipe, which is its right.
        drop(stdin.write_all(&self.input));
        drop(stdin);
        let output = child.wait_with_output().expect("the program ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program prints text");
        Ended {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// Starts a program with these variables and no others, and leaves it running.
///
/// # Panics
///
/// If the program does not start.
#[expect(
    clippy::disallowed_methods,
    reason = "benchmarks start the function themselves"
)]
pub fn start(program: &str, variables: &[(&str, &str)]) -> std::process::Child {
    let mut command = Command::new(program);
    command.env_clear().envs(variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command.spawn().expect("the program starts")
}
