//! The command line: what can be typed, and one file for each verb. Definition only; verbs turn what was typed into
//! settings and call the library.

pub mod exit;

mod background;
mod build;
mod build_command;
mod completion;
mod configuration;
mod data;
mod debugging;
mod doctor;
mod egress;
mod env;
mod event;
mod exec;
mod invoke;
mod keeper;
mod live;
mod logging;
mod logs;
mod man;
mod open_files;
mod opening;
mod place;
mod progress;
mod ready_signal;
mod reload;
mod remote;
mod replacement;
mod reset;
mod review;
mod send;
mod shell;
mod signals;
mod startable;
mod state;
mod status;
mod stop;
mod strict;
mod terminal;
mod test;
mod up;
mod variables;
mod wait;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::scf::entrance;
use backlot_base::scratch;
use backlot_base::words::count;
use exit::{CommandError, Exit};

/// Emulates Tencent Cloud's media-callback chain on one machine: MPS finishes a task, an SCF function archives the callback in
/// COS
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

    #[command(flatten)]
    verbosity: logging::Verbosity,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run scenarios and compare them with their snapshots
    Test(test::Test),
    /// Run the emulator until it is stopped
    Up(up::Up),
    /// Wait until the emulator serves requests
    Wait(wait::Wait),
    /// Show the running emulator's status
    Status(status::Status),
    /// Stop the running emulator
    Stop(stop::Stop),
    /// Run a command with an emulator of its own
    Exec(exec::Exec),
    /// Print environment variables that point programs to the running emulator
    Env(env::Env),
    /// Show function logs
    Logs(logs::Logs),
    /// Check that this machine and this project have what backlot needs
    Doctor(doctor::Doctor),
    /// Reset the running emulator to its initial state
    Reset(reset::Reset),
    /// Save or load all buckets and objects of the running emulator
    State(state::State),
    /// Print an MPS event
    Event(event::Event),
    /// Invoke one function with one event and print its answer
    Invoke(invoke::Invoke),
    /// Send an MPS event to the running emulator
    Send(send::Send),
    /// Accept pending snapshots (`*.snap.new`)
    Accept(review::Accept),
    /// Discard pending snapshots (`*.snap.new`)
    Reject(review::Reject),
    /// Print a completion script for a shell
    Completion(completion::Completion),
    /// Write manual pages
    Man(man::Man),
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

/// Reads the command line, runs its verb, and decides the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let (first, rest) = (arguments.get(1), arguments.iter().skip(2).cloned());
    match first.and_then(|first| first.to_str()) {
        // These two are started by the emulator itself, and have to be quick.
        Some(entrance::WORD) => return entrance::enter(rest),
        Some(keeper::WORD) => return keeper::keep_watch(rest),
        _ => entrance::offer(),
    }
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
    let is_file = matches!(&cli.verb, Verb::Up(up) if up.is_in_background());
    let ended = cli.verbosity.install(is_file).and_then(|()| cli.verb.run());
    let exit = ended.unwrap_or_else(|error| {
        tell(&error.to_string());
        error.exit
    });
    exit.into()
}

/// Removes temporary folders of emulators that were killed.
fn remove_leftovers() {
    match scratch::remove_abandoned() {
        Ok(0) => {}
        Ok(removed) => tracing::debug!(
            "{} of emulators that were killed",
            count(
                removed,
                "temporary folder was removed",
                "temporary folders were removed"
            )
        ),
        Err(error) => {
            tracing::debug!(%error, "temporary folders of emulators that were killed are not looked for");
        }
    }
}

impl Verb {
    /// Whether functions run in this process.
    fn runs_functions(&self) -> bool {
        match self {
            Self::Test(_) | Self::Exec(_) | Self::Invoke(_) => true,
            Self::Up(up) => up.is_emulator(),
            _ => false,
        }
    }

    fn run(self) -> Result<Exit, CommandError> {
        if matches!(self, Self::Test(_) | Self::Up(_) | Self::Exec(_)) {
            open_files::allow_many();
        }
        let _keeper = self.runs_functions().then(|| {
            remove_leftovers();
            keeper::Keeper::start()
        });
        match self {
            Self::Test(verb) => to_the_end(verb.run()),
            Self::Up(verb) => to_the_end(verb.run()),
            Self::Wait(verb) => on_runtime(verb.run()),
            Self::Status(verb) => on_runtime(verb.run()),
            Self::Stop(verb) => on_runtime(verb.run()),
            Self::Exec(verb) => to_the_end(verb.run()),
            Self::Env(verb) => on_runtime(verb.run()),
            Self::Logs(verb) => on_runtime(verb.run()),
            Self::Doctor(verb) => on_runtime(verb.run()),
            Self::Reset(verb) => on_runtime(verb.run()),
            Self::State(verb) => on_runtime(verb.run()),
            Self::Event(verb) => verb.run(),
            Self::Invoke(verb) => on_runtime(verb.run()),
            Self::Send(verb) => on_runtime(verb.run()),
            Self::Accept(verb) => verb.run(),
            Self::Reject(verb) => verb.run(),
            Self::Completion(verb) => verb.run(),
            Self::Man(verb) => verb.run(),
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

/// Runs asynchronous work until it is done or the user interrupts; interrupted work is dropped, which cleans up.
fn on_runtime(
    work: impl Future<Output = Result<Exit, CommandError>>,
) -> Result<Exit, CommandError> {
    to_the_end(async {
        tokio::select! {
            done = work => done,
            interrupted = interrupted() => interrupted,
        }
    })
}

/// Waits for a signal that asks the command to stop.
async fn interrupted() -> Result<Exit, CommandError> {
    signals::Signals::receive()?.next().await;
    Ok(Exit::Interrupted)
}

/// Runs asynchronous work that handles signals itself.
fn to_the_end(
    work: impl Future<Output = Result<Exit, CommandError>>,
) -> Result<Exit, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            CommandError::environment(format!("no runtime could be started: {error}"))
        })?;
    runtime.block_on(work)
}

/// Prints data on stdout. A closed pipe ends quietly.
fn print(text: &str) -> Result<(), CommandError> {
    write(&mut anstream::stdout(), text.as_bytes())
}

fn write(out: &mut impl std::io::Write, bytes: &[u8]) -> Result<(), CommandError> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(
            CommandError::environment(format!("stdout cannot be written: {error}")),
        ),
        _ => Ok(()),
    }
}

/// Tells the user something on stderr, in one write, so that lines of several threads do not mix. Without a stderr there is
/// no one to tell, which is no reason to fail.
fn tell(text: &str) {
    let mut out = anstream::stderr();
    let text = match out.current_choice() {
        anstream::ColorChoice::Never => anstream::adapter::strip_str(text).to_string(),
        _ => terminal::visible_in_color(text).into_owned(),
    };
    drop(out.write_all(format!("{text}\n").as_bytes()));
}

/// Tells the user what goes on, unless `-q` asks for errors only.
fn notice(text: &str) {
    if tracing::enabled!(tracing::Level::WARN) {
        tell(text);
    }
}
