//! How what an event is about has ended.

/// A form of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// It has succeeded.
    Success,
    /// It has failed: `Output` is `null`.
    Failure,
    /// It has succeeded, but everything that the model lets be `null` is `null`, except the results themselves.
    ///
    /// Choice: no published event has this form; a function must be able to read it. Follows: mps.md section 7.1.
    Null,
    /// It has not ended. Whether the trigger delivers such events is not documented: a switch, off by default.
    Processing,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Success, Self::Failure, Self::Null, Self::Processing];

    /// The end of names; nothing for a success.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Success => "",
            Self::Failure => "-failure",
            Self::Null => "-null",
            Self::Processing => "-processing",
        }
    }

    /// The word for it.
    pub fn about(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Null => "nulls wherever the model allows them",
            Self::Processing => "under way",
        }
    }
}
