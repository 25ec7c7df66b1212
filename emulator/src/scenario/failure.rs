//! Why a step, a claim or what is checked in every run failed.

use std::fmt;

/// Why a step did not do what it says, or a claim does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong: one sentence, no period.
    pub title: String,
    /// What to do, or what was there instead.
    pub hint: Option<String>,
}

/// The result of running a step.
pub type StepResult = Result<(), Failure>;

impl Failure {
    /// A failure in one sentence.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            hint: None,
        }
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
