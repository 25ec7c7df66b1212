//! What the program logs, on stderr: how much (`-v`, `-q`, `BACKLOT_LOG`), and one readable line for each event.
//!
//! ```text
//! warning: an instance's output cannot be read (instance: archive/1.1): broken pipe
//! ```
//!
//! Logs are for people. What happened in the emulator is in the journal.

mod filter;
mod subscriber;

use clap::{ArgAction, Args};
use tracing::level_filters::LevelFilter;

use super::exit::CommandError;
use filter::Filter;
use subscriber::{Stamp, StderrLog};

/// How much is logged unless the user says otherwise.
const DEFAULT: LevelFilter = LevelFilter::WARN;

/// How much to log.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Verbosity {
    /// Log more: `-v` what happens, `-vv` for debugging; per module with `BACKLOT_LOG=backlot_cos=debug`
    #[arg(long, short, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,

    /// Print errors only on stderr
    #[arg(long, short, global = true)]
    quiet: bool,
}

impl Verbosity {
    /// Prints what is logged from now on. Lines in a file begin with the time; a reader of a terminal has seen them come.
    pub(super) fn install(self, is_file: bool) -> Result<(), CommandError> {
        let written = std::env::var_os("BACKLOT_LOG").unwrap_or_default();
        let written = written.to_string_lossy();
        let mut filter = Filter::parse(&written, DEFAULT).map_err(|wrong| {
            let message = format!("`BACKLOT_LOG` is `{written}`: {wrong}");
            CommandError::usage(message)
                .hint("for example `BACKLOT_LOG=debug` or `BACKLOT_LOG=warn,backlot_cos=debug`")
        })?;
        if let Some(level) = self.level() {
            filter.general = level;
        }
        if self.quiet {
            filter.cap(LevelFilter::ERROR);
        }
        let stamp = if is_file { Stamp::Utc } else { Stamp::None };
        // A test of this crate may have installed one already.
        drop(tracing::subscriber::set_global_default(StderrLog::new(
            filter, stamp,
        )));
        Ok(())
    }

    /// What the flags say, which wins over the environment.
    fn level(self) -> Option<LevelFilter> {
        match (self.quiet, self.verbose) {
            (true, _) => Some(LevelFilter::ERROR),
            (false, 0) => None,
            (false, 1) => Some(LevelFilter::INFO),
            (false, 2) => Some(LevelFilter::DEBUG),
            (false, _) => Some(LevelFilter::TRACE),
        }
    }
}
