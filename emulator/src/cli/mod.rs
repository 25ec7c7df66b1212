//! The command line: what can be typed, and one file for each verb. Definition only; verbs turn what was typed into
//! settings and call the library.

pub mod exit;

mod build;
mod completion;
mod event;
mod invoke;
mod review;
mod test;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use exit::{Exit, Stop};

/// Tencent Cloud's media-callback chain on one machine: MPS finishes a task, an SCF function archives the callback in COS
#[derive(Debug, Parser)]
#[command(
    name = "backlot",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,

    /// When to use color
    #[arg(
        long,
        value_enum,
        default_value_t,
        global = true,
        env = "BACKLOT_COLOR"
    )]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run scenarios and compare them with their snapshots
    Test(test::Test),
    /// Print an MPS event
    Event(event::Event),
    /// Give one event to one function and print its answer
    Invoke(invoke::Invoke),
    /// Make outcomes under review the new snapshots
    Accept(review::Accept),
    /// Throw outcomes under review away
    Reject(review::Reject),
    /// Print a completion script for a shell
    Completion(completion::Completion),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Color {
    /// When the output is a terminal and `NO_COLOR` is not set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Reads the command line, does what it says, and decides the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help to stdout and mistakes to stderr; a closed pipe is no reason to fail.
            drop(error.print());
            let is_mistake = error.use_stderr();
            return if is_mistake {
                Exit::Usage
            } else {
                Exit::Passed
            }
            .into();
        }
    };
    cli.color.choose();
    let exit = match cli.verb.run() {
        Ok(exit) => exit,
        Err(stop) => {
            drop(writeln!(anstream::stderr(), "{stop}"));
            stop.exit
        }
    };
    exit.into()
}

impl Verb {
    fn run(self) -> Result<Exit, Stop> {
        match self {
            Self::Test(verb) => on_runtime(verb.run()),
            Self::Event(verb) => verb.run(),
            Self::Invoke(verb) => on_runtime(verb.run()),
            Self::Accept(verb) => verb.run(),
            Self::Reject(verb) => verb.run(),
            Self::Completion(verb) => verb.run(),
        }
    }
}

impl Color {
    fn choose(self) {
        match self {
            Self::Auto => {}
            Self::Always => anstream::ColorChoice::Always.write_global(),
            Self::Never => anstream::ColorChoice::Never.write_global(),
        }
    }
}

/// Does asynchronous work until it is done or the user interrupts; interrupted work is dropped, which cleans up.
fn on_runtime(work: impl Future<Output = Result<Exit, Stop>>) -> Result<Exit, Stop> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Stop::environment(format!("no runtime could be started: {error}")))?;
    runtime.block_on(async {
        tokio::select! {
            done = work => done,
            interrupted = interrupted() => interrupted,
        }
    })
}

/// Waits for the user or the system to say that it is enough.
async fn interrupted() -> Result<Exit, Stop> {
    let listen = |kind| {
        signal(kind)
            .map_err(|error| Stop::environment(format!("signals cannot be received: {error}")))
    };
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(Exit::Interrupted)
}

/// Prints data on stdout. A closed pipe ends quietly.
fn print(text: &str) -> Result<(), Stop> {
    let mut out = anstream::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Stop::environment(
            format!("stdout cannot be written: {error}"),
        )),
        _ => Ok(()),
    }
}

/// Tells the user something on stderr. Nobody to tell is no reason to fail.
fn tell(text: &str) {
    drop(writeln!(anstream::stderr(), "{text}"));
}
