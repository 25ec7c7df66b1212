//! Times as the platform writes them: in its own zone, eight hours before UTC, without naming it.
//!
//! Follows: SCF reference, sections 10.3, 11 and 13.3. Choice: the answers of the API do not say their zone; it is that of
//! the platform's console.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// The platform's zone.
const ZONE: Offset = Offset::constant(8);
/// To the second, as requests and answers have it.
const SECONDS: &str = "%Y-%m-%d %H:%M:%S";

/// `YYYY-MM-DD HH:MM:SS`.
pub(super) fn seconds(at: Timestamp) -> String {
    write(at, SECONDS)
}

/// `YYYY-MM-DD HH:MM:SS.mmm`.
pub(super) fn milliseconds(at: Timestamp) -> String {
    write(at, "%Y-%m-%d %H:%M:%S.%3f")
}

/// RFC 3339 with nine digits after the second and the zone.
pub(super) fn nanoseconds(at: Timestamp) -> String {
    let zoned = at.to_zoned(ZONE.to_time_zone());
    zoned.strftime("%Y-%m-%dT%H:%M:%S.%9f%:z").to_string()
}

/// Reads `YYYY-MM-DD HH:MM:SS`; `None` if a text is something else.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let local = DateTime::strptime(SECONDS, text).ok()?;
    // The format reads a month of one digit, too.
    (local.strftime(SECONDS).to_string() == text).then_some(())?;
    ZONE.to_timestamp(local).ok()
}

fn write(at: Timestamp, format: &str) -> String {
    ZONE.to_datetime(at).strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_eight_hours_before_utc() {
        let at: Timestamp = "2018-06-11T16:46:45.1239Z".parse().unwrap();
        assert_eq!(seconds(at), "2018-06-12 00:46:45");
        assert_eq!(milliseconds(at), "2018-06-12 00:46:45.123");
        assert_eq!(nanoseconds(at), "2018-06-12T00:46:45.123900000+08:00");
        let whole: Timestamp = "2018-06-11T16:46:45Z".parse().unwrap();
        assert_eq!(read("2018-06-12 00:46:45"), Some(whole));
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in [
            "",
            "2018-06-12",
            "2018-06-12T00:46:45",
            "2018-6-12 00:46:45",
            "2018-06-31 00:00:00",
            "2018-06-12 00:46:45 and more",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
