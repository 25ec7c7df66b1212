//! The key of an event: the rule of idempotence.
//!
//! A key is a pure function of what the event is and of what it holds; neither time nor chance has a part in it. So an
//! event that is delivered twice has one object, and two events that differ in one byte have two.
//!
//! | event | key |
//! |---|---|
//! | from MPS | `<prefix><event type>/<task id>/<status>-<digest>.json` |
//! | other JSON | `<prefix>unrecognized/<digest>.json` |
//! | anything else | `<prefix>not-json/<digest>.bin` |
//!
//! The digest is the first sixteen hexadecimal digits of the SHA-256 of the bytes.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::event::Event;

/// The longest key that COS takes; bytes. Follows: COS, "Object keys".
pub const LONGEST_KEY: usize = 850;

/// What may stand in a part of a key as it is. No dot, so that no part is `.` or `..`, which many tools resolve; no
/// slash; no percent sign, so that encoding can be undone.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// The longest part before it is cut; bytes. Three of them, the longest prefix and the rest stay below [`LONGEST_KEY`].
const LONGEST_PART: usize = 160;

/// The key under which `event`, whose bytes have `digest`, is kept.
pub fn key(prefix: &str, event: &Event, digest: &Digest) -> String {
    let short = digest.short();
    match event {
        Event::Mps(notification) => {
            let event_type = part(&notification.event_type);
            let task_id = part(&notification.task_id);
            let status = part(notification.status.as_deref().unwrap_or("unknown"));
            format!("{prefix}{event_type}/{task_id}/{status}-{short}.json")
        }
        Event::Unrecognized => format!("{prefix}unrecognized/{short}.json"),
        Event::NotJson => format!("{prefix}not-json/{short}.bin"),
    }
}

/// One part of a key: percent-encoded, and if that is too long, cut and told apart by a digest of the whole. The tilde
/// marks the cut; encoding never yields one.
fn part(text: &str) -> String {
    let encoded = utf8_percent_encode(text, PART).to_string();
    if encoded.len() <= LONGEST_PART {
        return encoded;
    }
    let digest = hex::encode(&Sha256::digest(text.as_bytes())[..16]);
    let kept = &encoded[..LONGEST_PART - digest.len() - 1];
    // An escape is not cut in the middle.
    let kept = match kept.rfind('%') {
        Some(start) if kept.len() - start < 3 => &kept[..start],
        _ => kept,
    };
    format!("{kept}~{digest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Notification;

    fn mps(event_type: &str, task_id: &str, status: Option<&str>) -> Event {
        Event::Mps(Notification {
            event_type: event_type.to_owned(),
            task_id: task_id.to_owned(),
            status: status.map(str::to_owned),
            error_code: None,
            message: None,
            failures: Vec::new(),
        })
    }

    #[test]
    fn each_kind_has_its_place() {
        let digest = Digest::of(b"123456789");
        let finished = mps("WorkflowTask", "26-WorkflowTask-0fb8t0", Some("FINISH"));
        assert_eq!(
            key("mps/", &finished, &digest),
            "mps/WorkflowTask/26-WorkflowTask-0fb8t0/FINISH-15e2b0d3c33891eb.json"
        );
        assert_eq!(
            key("", &mps("EditMediaTask", "e", None), &digest),
            "EditMediaTask/e/unknown-15e2b0d3c33891eb.json"
        );
        assert_eq!(
            key("a-", &Event::Unrecognized, &digest),
            "a-unrecognized/15e2b0d3c33891eb.json"
        );
        assert_eq!(
            key("mps/", &Event::NotJson, &digest),
            "mps/not-json/15e2b0d3c33891eb.bin"
        );
    }

    #[test]
    fn task_ids_cannot_climb_or_collide() {
        assert_eq!(part("../a"), "%2E%2E%2Fa");
        assert_eq!(part("a%2Fb"), "a%252Fb");
        assert_eq!(part("245****6"), "245%2A%2A%2A%2A6");
        assert_eq!(part("任务"), "%E4%BB%BB%E5%8A%A1");
    }

    #[test]
    fn long_parts_are_cut_between_characters_and_stay_apart() {
        let (one, two) = ("é".repeat(300), format!("{}e", "é".repeat(299)));
        for text in [&one, &two] {
            let part = part(text);
            assert!(part.len() <= LONGEST_PART, "{part}");
            let (kept, _) = part.split_once('~').unwrap();
            assert_eq!(kept.matches('%').count() * 3, kept.len(), "{part}");
        }
        assert_ne!(part(&one), part(&two));
    }

    #[test]
    fn the_longest_key_is_allowed() {
        let long = "é".repeat(1000);
        let event = mps(&long, &long, Some(&long));
        let key = key(&"p".repeat(256), &event, &Digest::of(b""));
        assert!(key.len() <= LONGEST_KEY, "{}", key.len());
    }
}
