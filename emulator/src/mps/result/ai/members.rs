//! Which events mention a type of result, and which members it has.

/// Which events mention a type of result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mps) enum Since {
    /// Those of both profiles: as `null` if they are about another type.
    Legacy,
    /// Those of the modern profile, as above.
    Modern,
    /// Those that are about it.
    Newest,
}

/// Which members a result has besides `Status`, `Message`, `Input` and `Output`.
#[derive(Clone, Copy)]
pub(super) struct Members {
    pub(super) codes: Codes,
    pub(super) progress: bool,
    pub(super) times: bool,
}

/// Which error codes a result has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Codes {
    /// `ErrCodeExt` and `ErrCode`.
    Both,
    /// `ErrCode`, and `ErrCodeExt` behind `Output`.
    BothExtLast,
    /// `ErrCode` only.
    Number,
    /// `ErrCodeExt` only.
    Text,
}

impl Members {
    pub(super) const fn new(codes: Codes) -> Self {
        Self {
            codes,
            progress: false,
            times: false,
        }
    }

    pub(super) const fn with_progress(self) -> Self {
        Self {
            progress: true,
            ..self
        }
    }

    pub(super) const fn with_times(self) -> Self {
        Self {
            times: true,
            ..self
        }
    }

    pub(super) fn has_number(self) -> bool {
        self.codes != Codes::Text
    }

    /// The legacy profile has no `ErrCodeExt`, except where it is the only code.
    pub(super) fn has_ext_first(self, modern: bool) -> bool {
        self.codes == Codes::Text || (modern && self.codes == Codes::Both)
    }

    pub(super) fn has_ext_last(self, modern: bool) -> bool {
        modern && self.codes == Codes::BothExtLast
    }
}
