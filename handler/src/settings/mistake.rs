//! What is wrong with an environment, said so that it can be put right.

use std::fmt;

/// One variable that cannot be used as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong with it, after its name.
    pub problem: String,
    /// What to do.
    pub hint: &'static str,
}

/// All mistakes of one environment, in the order in which the variables are documented.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(out, "a setting is wrong")?,
            count => write!(out, "{count} settings are wrong")?,
        }
        for mistake in &self.0 {
            write!(
                out,
                "\n  `{}` {}\n    hint: {}",
                mistake.variable, mistake.problem, mistake.hint
            )?;
        }
        Ok(())
    }
}
