//! Planned trouble. Services describe the call they are about to serve; an ordered list of rules answers what shall happen
//! to it. Faults wrap a door; they are not sprinkled through the services.

pub mod rule;
pub mod switch;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::journal::Lane;

pub use rule::{Matcher, Rule, Rules, Tally};
pub use switch::Switch;

/// A call that a rule may want to disturb.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// `cos` or `scf`.
    pub service: &'a str,
    /// The operation, for example `PutObject` or `Attempt`.
    pub operation: &'a str,
    /// The bucket's full name, if any.
    pub bucket: &'a str,
    /// The key, if any.
    pub key: &'a str,
    /// The function that makes or takes the call, if any.
    pub function: &'a str,
    /// The attempt during which the call is made, from 1; 0 if none.
    pub attempt: u32,
    /// What the call belongs to; rules count calls within it.
    pub lane: Lane,
}

/// What shall happen to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing unusual.
    Pass,
    /// The call is served after a pause of the stage's time.
    Delay(Duration),
    /// The call is not served; the service answers with this error.
    Fail {
        /// HTTP or SCF status.
        status: u16,
        /// The service's error code, for example `SlowDown`.
        code: String,
    },
    /// The connection is cut without an answer; an instance is killed.
    Kill,
}

/// Decides about calls. Implementations: none, scripted ([`Rules`]), and later an enumerating sweep.
pub trait FaultPlan: fmt::Debug + Send + Sync {
    /// The verdict on `call` and the name of the rule that spoke, if one did.
    fn judge(&self, call: &Call<'_>) -> (Verdict, Option<String>);

    /// The rules, as far as the plan is made of any.
    fn rules(&self) -> Vec<Rule> {
        Vec::new()
    }

    /// How often each of the rules struck so far, in their order.
    fn tallies(&self) -> Vec<Tally> {
        Vec::new()
    }
}

/// A plan without trouble.
#[derive(Debug)]
pub struct NoFaults;

impl FaultPlan for NoFaults {
    fn judge(&self, _call: &Call<'_>) -> (Verdict, Option<String>) {
        (Verdict::Pass, None)
    }
}

/// A handle to the plan of one stage.
pub type Faults = Arc<dyn FaultPlan>;

impl fmt::Display for Call<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.service, self.operation)?;
        if !self.bucket.is_empty() {
            write!(out, " {}/{}", self.bucket, self.key)?;
        }
        if self.attempt > 0 {
            write!(out, " in attempt {}", self.attempt)?;
        }
        Ok(())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => out.write_str("pass"),
            Self::Delay(pause) => write!(out, "delay {pause:?}"),
            Self::Fail { status, code } => write!(out, "fail {status} {code}"),
            Self::Kill => out.write_str("kill"),
        }
    }
}
