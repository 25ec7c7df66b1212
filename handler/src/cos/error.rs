//! What can go wrong between us and COS, sorted by whether another try may help.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;

use crate::link;

/// Why a call to COS did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection, or it broke before the answer was complete.
    #[error("no answer from `{host}`")]
    NoAnswer {
        /// The bucket's host.
        host: String,
        /// What the connection said.
        #[source]
        source: link::Error,
    },
    /// The answer took longer than one try may take.
    #[error("no answer from `{host}` within {} ms", limit.as_millis())]
    TooSlow {
        /// The bucket's host.
        host: String,
        /// The time that the try had.
        limit: Duration,
    },
    /// COS answered with an error.
    #[error("{0}")]
    Refused(Refusal),
    /// Something that has to go into a header cannot.
    #[error("the value of `{header}` holds characters that a header cannot carry")]
    BadHeader {
        /// Name of the header.
        header: String,
    },
}

/// An error as COS words it. Follows: COS, "Errors", "Body".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status; 200 if the error came in the body of a success.
    pub status: StatusCode,
    /// COS's name of the error; empty if the answer had no body, as with HEAD.
    pub code: String,
    /// COS's explanation.
    pub message: String,
    /// `x-cos-request-id`, which the cloud's support asks for.
    pub request_id: Option<String>,
}

/// Codes whose cause passes, whatever status they come with.
const PASSING: &[&str] = &[
    "InternalError",
    "KmsFreqControl",
    "KmsInternalException",
    "PathConflict",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "UploadConflict",
];

impl Error {
    /// Whether the same call may well succeed a moment later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::NoAnswer { source, .. } => source.is_passing(),
            Self::TooSlow { .. } => true,
            Self::Refused(refusal) => refusal.is_passing(),
            Self::BadHeader { .. } => false,
        }
    }

    /// The error that COS answered with, if it did answer.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

impl Refusal {
    /// Reads an answer that is an error: by its status, or because its body says so.
    pub(super) fn read(status: StatusCode, request_id: Option<String>, body: &[u8]) -> Self {
        let written = Body::read(body).unwrap_or_default();
        Self {
            status,
            code: written.code,
            message: written.message,
            request_id: request_id.or(written.request_id),
        }
    }

    /// Whether the cause passes by itself.
    ///
    /// Choice: 501 is the one status from 500 on that is final, because what is not implemented stays so.
    pub fn is_passing(&self) -> bool {
        PASSING.contains(&self.code.as_str())
            || matches!(self.status.as_u16(), 408 | 429)
            || (self.status.is_server_error() && self.status != StatusCode::NOT_IMPLEMENTED)
    }

    /// Whether the object was there already and `x-cos-forbid-overwrite` protected it.
    /// Follows: COS, "PUT Object", `x-cos-forbid-overwrite`.
    pub fn is_existing_object(&self) -> bool {
        self.status == StatusCode::CONFLICT && self.code == "FileAlreadyExists"
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "COS answered {}", self.status.as_u16())?;
        if !self.code.is_empty() {
            write!(out, " {}", self.code)?;
        }
        if !self.message.is_empty() {
            write!(out, ": {}", self.message.trim_end_matches('.'))?;
        }
        if let Some(request_id) = &self.request_id {
            write!(out, " (COS request `{request_id}`)")?;
        }
        Ok(())
    }
}

/// The XML element `Error`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Body {
    #[serde(rename = "Code", default)]
    code: String,
    #[serde(rename = "Message", default)]
    message: String,
    #[serde(rename = "RequestId", default)]
    request_id: Option<String>,
}

impl Body {
    /// The error in `body`, if that is what it is.
    ///
    /// The parser takes any root element for the one it was asked for, so the name is looked for first.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        let (prologue, _) = text.split_once("<Error")?;
        let prologue = prologue.trim();
        let is_root =
            prologue.is_empty() || (prologue.starts_with("<?xml") && prologue.ends_with("?>"));
        is_root.then(|| quick_xml::de::from_str(text).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW_DOWN: &[u8] =
        b"<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>SlowDown</Code>\n\
        \t<Message>Reduce your request rate</Message>\n\t<Resource>b.cos.r/k</Resource>\n\
        \t<RequestId>NjU=</RequestId>\n</Error>";

    fn refusal(status: u16, code: &str) -> Refusal {
        let body = format!("<Error><Code>{code}</Code></Error>");
        Refusal::read(StatusCode::from_u16(status).unwrap(), None, body.as_bytes())
    }

    #[test]
    fn an_error_body_is_read() {
        let refusal = Refusal::read(StatusCode::SERVICE_UNAVAILABLE, None, SLOW_DOWN);
        assert_eq!(
            refusal.to_string(),
            "COS answered 503 SlowDown: Reduce your request rate (COS request `NjU=`)"
        );
    }

    #[test]
    fn what_passes_and_what_does_not() {
        for (status, code) in [
            (500, "InternalError"),
            (503, "SlowDown"),
            (502, ""),
            (408, ""),
            (429, ""),
            (400, "RequestTimeout"),
            (409, "PathConflict"),
            (409, "UploadConflict"),
            (200, "SlowDown"),
        ] {
            assert!(refusal(status, code).is_passing(), "{status} {code}");
        }
        for (status, code) in [
            (301, "PermanentRedirect"),
            (400, "BadDigest"),
            (403, "AccessDenied"),
            (404, "NoSuchBucket"),
            (409, "FileAlreadyExists"),
            (412, "PreconditionFailed"),
            (501, "NotImplemented"),
            (200, "AccessDenied"),
        ] {
            assert!(!refusal(status, code).is_passing(), "{status} {code}");
        }
    }

    #[test]
    fn only_an_error_element_is_an_error() {
        assert!(Body::read(SLOW_DOWN).is_some());
        assert!(Body::read(b"<Error>cut off").is_some());
        assert!(Body::read(b"").is_none());
        assert!(Body::read(b"<Result><Error/></Result>").is_none());
        assert!(Body::read(b"\xff\xfe").is_none());
    }

    #[test]
    fn an_answer_without_a_body_shows_its_status() {
        let refusal = Refusal::read(StatusCode::NOT_FOUND, Some("id".into()), b"");
        assert_eq!(refusal.to_string(), "COS answered 404 (COS request `id`)");
    }
}
