//! Why an event was not archived, in the form in which the platform and its logs get it.

use std::error::Error as _;

use serde::Serialize;

use crate::archive;
use crate::credentials::MissingCredentials;

/// The longest message; bytes. The platform cuts log lines at eight kilobytes.
const LONGEST_MESSAGE: usize = 2000;

/// A failed invocation. The platform tries it again.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The runtime API handed out an event without what belongs to it.
    #[error("the runtime API sent no usable `{header}` with the event")]
    IncompleteInvocation {
        /// The header that is missing or not understood.
        header: &'static str,
    },
    /// There is nothing to sign with.
    #[error(transparent)]
    Credentials(#[from] MissingCredentials),
    /// The event could not be kept.
    #[error(transparent)]
    Archive(#[from] archive::Error),
}

/// What is posted to the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// A word to search logs for.
    pub error_type: &'static str,
    /// What happened, and why, and why that.
    pub error_message: String,
}

impl Failure {
    /// The word for this kind of failure.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::IncompleteInvocation { .. } => "IncompleteInvocation",
            Self::Credentials(_) => "MissingCredentials",
            Self::Archive(archive::Error::NotStored { .. }) => "NotStored",
            Self::Archive(archive::Error::OutOfTime { .. }) => "OutOfTime",
            Self::Archive(archive::Error::StoredDifferently { .. }) => "StoredDifferently",
            Self::Archive(archive::Error::TakenByOthers { .. }) => "TakenByOthers",
        }
    }

    /// How often storing was tried before it failed for good.
    pub fn tries(&self) -> Option<u32> {
        match self {
            Self::Archive(
                archive::Error::NotStored { tries, .. } | archive::Error::OutOfTime { tries, .. },
            ) => Some(*tries),
            _ => None,
        }
    }

    /// The failure as the platform gets it: with all its causes, in one line of bounded length.
    pub fn report(&self) -> Report {
        let mut message = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Wrappers repeat what they wrap.
            if !message.ends_with(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            cause = error.source();
        }
        if message.len() > LONGEST_MESSAGE {
            message.truncate(message.floor_char_boundary(LONGEST_MESSAGE));
            message.push('…');
        }
        Report {
            error_type: self.kind(),
            error_message: message.replace(['\r', '\n'], " "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cos;
    use std::time::Duration;

    fn slow(key: String) -> Failure {
        Failure::Archive(archive::Error::OutOfTime {
            key,
            tries: 1,
            source: Some(cos::Error::TooSlow {
                host: "a-1.cos.test".to_owned(),
                limit: Duration::from_millis(250),
            }),
        })
    }

    #[test]
    fn a_report_names_the_causes() {
        assert_eq!(
            serde_json::to_string(&slow("k".to_owned()).report()).unwrap(),
            r#"{"errorType":"OutOfTime","errorMessage":"ran out of time before `k` was stored (1 try): no answer from `a-1.cos.test` within 250 ms"}"#
        );
    }

    #[test]
    fn a_report_is_one_line_of_bounded_length() {
        let message = slow("é\n".repeat(2000)).report().error_message;
        assert!(message.len() <= LONGEST_MESSAGE + '…'.len_utf8());
        assert!(message.ends_with('…') && !message.contains('\n'));
    }
}
