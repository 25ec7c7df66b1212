//! Conditions on requests that change an object: obeyed, or recorded as having no effect.
//!
//! Choice: COS documents `If-*` for reading only, and `x-cos-forbid-overwrite` for uploads. A client that relies on
//! `If-None-Match: *` as on a lock must not overwrite silently, so that the journal says if such a header is ignored.

use super::precondition::{WriteConditions, first_condition};
use crate::Inner;
use crate::request::cos_request::CosRequest;
use crate::request::operation::Operation;

impl Inner {
    /// The conditions of a request, if they are obeyed.
    pub(crate) fn write_conditions(&self, request: &CosRequest<'_>) -> WriteConditions {
        if self.settings.conditional_writes {
            WriteConditions::of(&request.head.headers)
        } else {
            WriteConditions::default()
        }
    }

    /// Records a condition that has no effect.
    pub(crate) fn record_ignored_condition(&self, operation: Operation, request: &CosRequest<'_>) {
        let is_obeyed = match operation.kind() {
            Kind::Reads => true,
            Kind::ChangesObject => self.settings.conditional_writes,
            Kind::Other => false,
        };
        let Some(name) = first_condition(&request.head.headers).filter(|_| !is_obeyed) else {
            return;
        };
        let target = &request.address.target;
        let subject = match target.key() {
            "" => target.bucket().to_owned(),
            key => format!("{}/{key}", target.bucket()),
        };
        let hint = if operation.kind() == Kind::ChangesObject {
            "; `conditional-writes: true` makes it count"
        } else {
            ""
        };
        let text = format!("{name} of {} has no effect{hint}", operation.name());
        self.context.record_unsupported(
            request.lane,
            "cos",
            "conditional request",
            &subject,
            &text,
        );
    }
}

/// What a request does, as far as conditions are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It reads an object: its conditions count.
    Reads,
    /// It changes one object: its conditions can count.
    ChangesObject,
    /// Its conditions are not emulated.
    Other,
}

impl Operation {
    fn kind(self) -> Kind {
        match self {
            Self::GetObject | Self::HeadObject | Self::StaticWebsite | Self::OptionsObject => {
                Kind::Reads
            }
            Self::PutObject
            | Self::CopyObject
            | Self::AppendObject
            | Self::CompleteMultipartUpload
            | Self::PostObject
            | Self::PutSymlink
            | Self::DeleteObject => Kind::ChangesObject,
            _ => Kind::Other,
        }
    }
}
