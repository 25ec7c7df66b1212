//! SCF's status codes: what each of them means for the instance and for a retry.
//!
//! Follows: SCF reference, section 8.

use std::fmt;

/// How an attempt ended, as SCF numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Status(pub u16);

/// What the asynchronous queue does about a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryClass {
    /// Nothing: the attempt succeeded.
    Done,
    /// Tries again, at most `RetryNum` times.
    Counted,
    /// Tries again until the event is older than `MsgTTL`.
    Aged,
}

impl Status {
    /// The function answered.
    pub const SUCCESS: Self = Self(200);
    /// The event was accepted, and nothing is known yet of what it comes to.
    pub const RUNNING: Self = Self(202);
    /// The event is not JSON.
    pub const INVALID_EVENT: Self = Self(400);
    /// The event is larger than its kind of invocation allows.
    pub const REQUEST_TOO_LARGE: Self = Self(406);
    /// The function's answer is larger than 6 MB.
    pub const RESPONSE_TOO_LARGE: Self = Self(407);
    /// The function reported an error of its own.
    pub const USER_ERROR: Self = Self(430);
    /// The function has no instance free, and its quota has no room for another.
    pub const OVERRUN: Self = Self(432);
    /// The function did not answer within `Timeout`.
    pub const TIME_LIMIT: Self = Self(433);
    /// The instance had more memory than `MemorySize`.
    pub const MEMORY_LIMIT: Self = Self(434);
    /// A function with this name does not exist.
    pub const FUNCTION_NOT_FOUND: Self = Self(435);
    /// The function has neither a version nor an alias of that name.
    pub const QUALIFIER_NOT_FOUND: Self = Self(442);
    /// The file with the handler does not exist.
    pub const HANDLER_NOT_FOUND: Self = Self(437);
    /// The process ended although it had an event.
    pub const PROCESS_EXIT: Self = Self(439);
    /// The code could not be started.
    pub const CODE_ERROR: Self = Self(443);
    /// The process was not ready within `InitTimeout`.
    pub const INIT_TIMEOUT: Self = Self(450);
    /// The caller ended it.
    pub const CANCELED: Self = Self(499);
    /// The platform failed.
    pub const INTERNAL: Self = Self(500);

    /// Whether the function answered.
    pub fn is_success(self) -> bool {
        self == Self::SUCCESS
    }

    /// Whether the platform recycles the instance, whatever state its process is in.
    ///
    /// Follows: SCF reference, sections 2 and 8.
    pub fn is_recycling(self) -> bool {
        matches!(
            self,
            Self::TIME_LIMIT | Self::MEMORY_LIMIT | Self::PROCESS_EXIT
        )
    }

    /// What the asynchronous queue does about it.
    ///
    /// Follows: SCF reference, section 10.2: 500 and 432 are special, everything else is an execution error.
    pub fn retry_class(self) -> RetryClass {
        match self {
            Self::SUCCESS => RetryClass::Done,
            Self::OVERRUN | Self::INTERNAL => RetryClass::Aged,
            _ => RetryClass::Counted,
        }
    }

    /// `InvokeResult`: 0 success, 1 an error of the function's own, -1 anything else.
    pub fn invoke_result(self) -> i8 {
        match self {
            Self::SUCCESS => 0,
            Self::USER_ERROR => 1,
            _ => -1,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}
