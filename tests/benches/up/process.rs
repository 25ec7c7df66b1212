//! A program that is started to be measured.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use backlot::base::clock::{Clock, Stopwatch};
use rustix::process::{Pid, Signal, kill_process};

/// It runs, and it prints its address at the end of its first line. Killed on drop.
pub(crate) struct Process {
    child: Child,
    watch: Stopwatch,
}

/// What a process occupies, in KiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occupied {
    /// `VmRSS`: with pages of the program's file, which the system shares and takes back as it likes.
    pub(crate) resident: u64,
    /// `RssAnon`: what is its own.
    pub(crate) anonymous: u64,
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the door to what is measured"
)]
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// How long a program takes that ends by itself.
pub(crate) fn to_the_end(clock: &Clock, program: &str) -> Duration {
    let watch = clock.stopwatch();
    let ended = command(Path::new(program)).status();
    assert!(
        ended.is_ok_and(|status| status.success()),
        "`{program}` ends well"
    );
    watch.elapsed()
}

impl Process {
    /// Starts a program in a folder.
    pub(crate) fn start(clock: &Clock, program: &Path, arguments: &[&str], folder: &Path) -> Self {
        let watch = clock.stopwatch();
        let mut command = command(program);
        command
            .args(arguments)
            .current_dir(folder)
            .stdout(Stdio::piped());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BACKLOT_")) {
            command.env_remove(name);
        }
        let child = command.spawn().expect("the program starts");
        Self { child, watch }
    }

    /// Reads the first line: how long it took, and where the program listens.
    pub(crate) fn until_ready(&self) -> (Duration, SocketAddr) {
        let stdout = self.child.stdout.as_ref().expect("stdout is a pipe");
        let stdout = rustix::io::dup(stdout).expect("a pipe has more than one end");
        let mut line = String::new();
        let read = BufReader::new(std::fs::File::from(stdout)).read_line(&mut line);
        let took = self.watch.elapsed();
        read.expect("the program prints text");
        let address = line.trim_end().rsplit('/').next();
        let address = address.and_then(|text| text.parse().ok());
        (took, address.expect("the program says where it listens"))
    }

    /// Since its start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.watch.elapsed()
    }

    /// What it occupies now.
    pub(crate) fn occupies(&self) -> Occupied {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("the system tells about processes");
        let value = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next());
            number.and_then(|number| number.parse().ok())
        };
        Occupied {
            resident: value("VmRSS:").expect("a resident size"),
            anonymous: value("RssAnon:").expect("an anonymous part"),
        }
    }

    /// Ends it in order.
    pub(crate) fn end(mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process has a number"), Signal::TERM).expect("it runs");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already, unless something here failed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
