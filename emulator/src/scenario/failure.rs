//! Why a step, a claim or what is checked in every run failed.

use std::fmt;

use backlot_base::source::{Diagnostic, Span};

/// Why a step did not do what it says, or a claim does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong: one sentence, no period.
    pub title: String,
    /// What to do, or what was there instead.
    pub hint: Option<String>,
}

/// The result of running a step: an act that fails ends the scenario.
pub type StepResult = Result<(), Failure>;

/// The result of looking at a claim: what about it does not hold, if it could be looked at. The scenario goes on either way.
pub type ClaimResult = Result<Vec<Failure>, Failure>;

impl Failure {
    /// A failure in one sentence.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            hint: None,
        }
    }

    /// The failure at a place of a scenario.
    pub fn at(self, place: Option<Span>) -> Diagnostic {
        let mut diagnostic = match place {
            Some(span) => Diagnostic::at(span, self.title),
            None => Diagnostic::general(self.title),
        };
        diagnostic.hint = self.hint;
        diagnostic
    }

    /// Adds what to do, or what was there instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The sentence, then what to do.
impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.title)?;
        match &self.hint {
            Some(hint) => write!(out, "\n\nhint: {hint}"),
            None => Ok(()),
        }
    }
}
