//! How an invocation began, read from its first record.

use std::borrow::Cow;

use backlot_base::journal::{ScfRecord, What};
use backlot_base::signal::FunctionTarget;

/// The first record of an invocation that was accepted.
#[derive(Clone, Debug)]
pub(super) struct Began<'a> {
    /// What the event was for, with the version or alias that was asked for.
    pub(super) target: FunctionTarget,
    /// The version that runs.
    pub(super) version: Cow<'static, str>,
    /// What sent the event, in SCF's words: `MPS_TRIGGER`, `COS`, `OTHERS`.
    pub(super) source: &'a str,
    /// The request id, which all attempts share.
    pub(super) request_id: &'a str,
    /// Whether a caller waits for the outcome: there is one attempt.
    pub(super) is_called: bool,
}

impl<'a> Began<'a> {
    /// What a record says, if it is the first one of an invocation that was accepted.
    pub(super) fn of(what: &'a What) -> Option<Self> {
        let What::Scf(
            ScfRecord::InvocationQueued {
                function,
                namespace,
                qualifier,
                version,
                source,
                request_id,
                event: _,
            }
            | ScfRecord::InvocationCalled {
                function,
                namespace,
                qualifier,
                version,
                source,
                request_id,
                event: _,
            },
        ) = what
        else {
            return None;
        };
        Some(Self {
            target: FunctionTarget {
                namespace: namespace.clone(),
                function: function.clone(),
                qualifier: qualifier.clone(),
            },
            version: version.clone(),
            source,
            request_id,
            is_called: matches!(what, What::Scf(ScfRecord::InvocationCalled { .. })),
        })
    }
}
