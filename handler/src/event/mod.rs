//! What the function received: recognized as far as it can be, archived in any case.
//!
//! An event is inspected, never rewritten: the bytes that came in are stored. So unknown fields survive. Follows: MPS, "Null, absent, profiles": every object may be null or missing.

mod mps;
mod view;

pub use mps::Notification;
pub use view::View;

/// What kind of event some bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// MPS tells about a task.
    Mps(Notification),
    /// JSON, but nothing that MPS is known to send.
    Unrecognized,
    /// Not even JSON.
    NotJson,
}

impl Event {
    /// Looks at an event as received.
    pub fn classify(bytes: &[u8]) -> Self {
        let Some(document) = view::document(bytes) else {
            return Self::NotJson;
        };
        View::of(document)
            .and_then(|view| Notification::read(&view))
            .map_or(Self::Unrecognized, Self::Mps)
    }

    /// The word for this kind of event in receipts, logs and metadata.
    pub fn kind(&self) -> &str {
        match self {
            Self::Mps(notification) => &notification.event_type,
            Self::Unrecognized => "unrecognized",
            Self::NotJson => "not-json",
        }
    }

    /// What MPS says, if MPS it is.
    pub fn notification(&self) -> Option<&Notification> {
        match self {
            Self::Mps(notification) => Some(notification),
            Self::Unrecognized | Self::NotJson => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_that_is_no_notification_is_unrecognized() {
        for text in [
            "{}",
            "[]",
            "null",
            "\"WorkflowTask\"",
            r#"["{\"EventType\":\"WorkflowTask\"}"]"#,
            r#"{"EventType":"WorkflowTask"}"#,
            r#"{"EventType":"WorkflowTask","WorkflowTaskEvent":null}"#,
            r#"{"EventType":"WorkflowTask","WorkflowTaskEvent":{"TaskId":""}}"#,
            r#"{"EventType":"WorkflowTask","WorkflowTaskEvent":{"TaskId":7}}"#,
            r#"{"EventType":"WorkflowTask","EditMediaTaskEvent":{"TaskId":"t"}}"#,
            r#"{"EventType":null,"WorkflowTaskEvent":{"TaskId":"t"}}"#,
            r#"{"Records":[{"cos":{}}]}"#,
        ] {
            assert_eq!(
                Event::classify(text.as_bytes()),
                Event::Unrecognized,
                "{text}"
            );
        }
    }

    #[test]
    fn what_does_not_parse_is_not_json() {
        for bytes in [
            &b""[..],
            b"hello",
            b"{",
            b"{}{}",
            b"\xef\xbb\xbf{}",
            b"\"\xff\"",
        ] {
            assert_eq!(Event::classify(bytes), Event::NotJson, "{bytes:?}");
        }
    }

    #[test]
    fn depth_does_not_matter() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(Event::classify(deep.as_bytes()), Event::Unrecognized);
        let inside = format!(
            r#"{{"EventType":"EditMediaTask","EditMediaTaskEvent":{{"TaskId":"t","Extra":{deep}}}}}"#
        );
        assert_eq!(Event::classify(inside.as_bytes()).kind(), "EditMediaTask");
    }
}
