//! Parameters in the parts of a `multipart/form-data` body.
//!
//! Follows: MPS reference, section 14.1. A part that is text is a parameter; any other part becomes Base64, as binary
//! parameters are in the other forms of a request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::ApiError;

/// Reads the parts of a body: names and values.
pub(super) fn read(content_type: &str, body: &[u8]) -> Result<Vec<(String, String)>, ApiError> {
    let refused = |what: &str| ApiError::invalid_parameter(format!("The multipart body {what}."));
    let boundary = parameter(content_type, "boundary")
        .ok_or_else(|| refused("has no boundary in its type"))?;
    if boundary.is_empty() || boundary.len() > 70 {
        return Err(refused("has a boundary of a length that is not allowed"));
    }
    let delimiter = format!("\r\n--{boundary}");
    // The first delimiter has no line end before it when there is no preamble.
    let mut rest = match body.strip_prefix(&delimiter.as_bytes()[2..]) {
        Some(rest) => rest,
        None => {
            split(body, delimiter.as_bytes())
                .ok_or_else(|| refused("does not contain its boundary"))?
                .1
        }
    };
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        let (_blanks, after) = split(rest, b"\r\n").ok_or_else(|| refused("ends early"))?;
        // A part without headers has only the empty line.
        let (head, after) = match after.strip_prefix(b"\r\n") {
            Some(after) => (&b""[..], after),
            None => {
                split(after, b"\r\n\r\n").ok_or_else(|| refused("has a part without an end"))?
            }
        };
        let (content, after) = split(after, delimiter.as_bytes())
            .ok_or_else(|| refused("has a part without an end"))?;
        let head = String::from_utf8_lossy(head);
        let name = name(&head).ok_or_else(|| refused("has a part without a name"))?;
        let value = match std::str::from_utf8(content) {
            Ok(text) => text.to_owned(),
            Err(_) => STANDARD.encode(content),
        };
        parts.push((name, value));
        rest = after;
    }
}

fn name(head: &str) -> Option<String> {
    let mut headers = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let (_, disposition) =
        headers.find(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"))?;
    parameter(disposition, "name")
}

/// `kind; name=value; other="quoted \"value\""`
fn parameter(text: &str, wanted: &str) -> Option<String> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(';') {
        let (name, value) = after.split_once('=')?;
        let is_wanted = name.trim().eq_ignore_ascii_case(wanted);
        let (value, after) = value_of(value.trim_start());
        if is_wanted {
            return Some(value);
        }
        rest = after;
    }
    None
}

/// A value and what follows it.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            _ => value.push(letter),
        }
    }
    (value, "")
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = bytes.windows(at.len()).position(|part| part == at)?;
    Some((&bytes[..place], &bytes[place + at.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; charset=utf-8; boundary=\"a b\"";

    #[test]
    fn parts_become_parameters() {
        let body = b"preamble\r\n--a b\r\nContent-Disposition: form-data; name=\"One\"\r\n\r\n1\r\n--a b  \r\n\
            content-disposition: form-data; filename=\"x;name=y\"; name=T\"wo\r\nContent-Type: text/plain\r\n\r\n\r\n--a\
            \r\n--a b\r\nContent-Disposition: form-data; name=\"\\\"\"\r\n\r\n\xff\x00\r\n--a b--\r\nepilogue";
        let parts = read(TYPE, body).unwrap();
        let parts: Vec<_> = parts
            .iter()
            .map(|(name, value)| (&name[..], &value[..]))
            .collect();
        assert_eq!(parts, [("One", "1"), ("T\"wo", "\r\n--a"), ("\"", "/wA=")]);
        assert_eq!(read(TYPE, b"--a b--"), Ok(Vec::new()));
    }

    #[test]
    fn broken_bodies_are_refused() {
        for body in [
            &b""[..],
            b"--b",
            b"--a b",
            b"--a b\r\n",
            b"--a b\r\n\r\nx\r\n--a b--",
            b"--a b\r\nContent-Disposition: form-data; name=x\r\n\r\n",
            b"--a b\r\nContent-Disposition: form-data; name=x\r\n\r\nvalue\r\n--a b",
            b"--a b\r\nContent-Disposition: form-data\r\n\r\nvalue\r\n--a b--",
        ] {
            let refused = read(TYPE, body).unwrap_err();
            assert_eq!(refused.code, "InvalidParameter", "{}", body.escape_ascii());
        }
        for content_type in ["multipart/form-data", "multipart/form-data; boundary="] {
            assert!(read(content_type, b"----").is_err());
        }
    }
}
