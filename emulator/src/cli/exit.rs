//! Exit codes, decided in one place, and the message of a command that stops early.

use std::fmt;
use std::process::ExitCode;

/// The exit codes. The numbers are documented in the README and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything is as it should be.
    Passed,
    /// A scenario or a snapshot failed.
    Failed,
    /// The command line, the configuration or a scenario has a mistake.
    Usage,
    /// The machine lacks something, or an operation of the system failed.
    Environment,
    /// No scenario, snapshot or resource matched.
    NothingMatched,
    /// In strict mode, something unsupported was requested.
    Unsupported,
    /// The user interrupted.
    Interrupted,
    /// The exit code of the command given to `backlot exec`.
    Command(u8),
}

/// A command that cannot continue: why, and what to do.
#[derive(Debug)]
pub struct CommandError {
    /// The exit code.
    pub exit: Exit,
    /// What happened, and where; several lines if it shows a file.
    pub(super) message: String,
    /// What to do.
    pub(super) hint: Option<String>,
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Environment => 3,
            Self::NothingMatched => 4,
            Self::Unsupported => 5,
            Self::Interrupted => 130,
            Self::Command(code) => code,
        }
    }

    /// The exit code by which shells report a signal.
    pub fn of_signal(signal: i32) -> Self {
        Self::Command(u8::try_from(128 + signal).unwrap_or(u8::MAX))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl CommandError {
    /// An error because of a mistake in what the user wrote.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// An error because the machine lacks something.
    pub fn environment(message: impl fmt::Display) -> Self {
        Self::new(Exit::Environment, message)
    }

    /// An error with any exit code.
    pub fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self {
            exit,
            message: message.to_string(),
            hint: None,
        }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A diagnostic brings its own `error:` line.
        if self.message.starts_with("error") {
            write!(out, "{}", self.message)?;
        } else {
            write!(out, "error: {}", self.message)?;
        }
        match &self.hint {
            Some(hint) => write!(out, "\n\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// An error with everything that caused it, in one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
