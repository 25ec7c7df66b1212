//! The events of log topics: base64 of gzip of JSON.
//!
//! Follows: SCF reference, section 14.3, the row `cls`.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::{Compression, GzBuilder};
use jiff::Timestamp;

use backlot_base::json::{Object, Value};

/// Who sends the events of log topics, in SCF's words. Follows: SCF reference, section 11.
pub const CLS: &str = "CLS_TRIGGER";

/// A log topic, whose records set off triggers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogTopic {
    /// `topic_id`, by which triggers name it.
    pub id: String,
    /// `topic_name`.
    pub name: String,
}

impl Default for LogTopic {
    fn default() -> Self {
        Self {
            id: "11111111-2222-3333-4444-555555555555".to_owned(),
            name: "callbacks".to_owned(),
        }
    }
}

impl LogTopic {
    /// What a function finds in the event of these records once it is decoded. The first record is of `at`, each further one a
    /// microsecond later.
    pub fn records<'a>(&self, at: Timestamp, contents: impl IntoIterator<Item = &'a str>) -> Value {
        let times = at.as_microsecond()..;
        let records = times.zip(contents).map(|(time, content)| {
            let record = Object::new()
                .with("timestamp", time.to_string())
                .with("content", content);
            record.into()
        });
        let decoded = Object::new()
            .with("topic_id", self.id.as_str())
            .with("topic_name", self.name.as_str())
            .with("records", Value::Array(records.collect()));
        decoded.into()
    }
}

/// The event of what a function finds once it is decoded: `{"clslogs":{"data":"…"}}`. Equal logs make equal bytes: the header of
/// gzip has no time and no name of a file.
pub fn pack(decoded: &Value) -> Value {
    let packed = Vec::new();
    let mut gzip = GzBuilder::new().write(packed, Compression::default());
    let packed = gzip
        .write_all(decoded.to_string().as_bytes())
        .and_then(|()| gzip.finish())
        .expect("memory takes all that is written");
    let data = STANDARD.encode(packed);
    Object::new()
        .with("clslogs", Object::new().with("data", data))
        .into()
}

/// [`pack`], as it is sent.
pub fn event(decoded: &Value) -> Bytes {
    pack(decoded).to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(contents: &[&str]) -> Value {
        let at = "2020-11-17T01:54:50Z".parse().unwrap();
        LogTopic::default().records(at, contents.iter().copied())
    }

    #[test]
    fn times_are_microseconds_in_the_order_of_the_records() {
        let expected = concat!(
            r#"{"topic_id":"11111111-2222-3333-4444-555555555555","topic_name":"callbacks","records":["#,
            r#"{"timestamp":"1605578090000000","content":"a"},{"timestamp":"1605578090000001","content":"b"}]}"#
        );
        assert_eq!(records(&["a", "b"]).to_string(), expected);
    }

    /// Snapshots hold these bytes, on any machine and in any version.
    #[test]
    fn equal_logs_make_equal_bytes() {
        let expected = concat!(
            r#"{"clslogs":{"data":"H4sIAAAAAAAA/33MOw7DIBRE0b1MDRLmkw9biaIIP1OgGLDM6yz2HkV24TQ59Z3ZwHVJ9EoTPIaD"#,
            r#"1FpraYwx0lprpTuBOBYl5AgPCvM8Bno3CKyR6jo1+McGTjk2Dnn5/l6Uc9ebuqsdBKgWjoXhEdDF33z4yUf0Z/8AIr3UBrYAAAA="}}"#
        );
        assert_eq!(pack(&records(&["a", "b"])).to_string(), expected);
    }

    /// Follows: RFC 1952, section 2.3.
    #[test]
    fn the_header_says_neither_when_nor_where_it_was_packed() {
        let event = pack(&records(&[]));
        let data = event
            .get("clslogs")
            .and_then(|logs| logs.get("data")?.as_str());
        let packed = STANDARD.decode(data.unwrap()).unwrap();
        let (method, flags, time) = (8, 0, [0; 4]);
        assert_eq!(packed[..4], [0x1f, 0x8b, method, flags]);
        assert_eq!(packed[4..8], time);
        assert_eq!(packed[9], 255, "the system is unknown");
    }
}
