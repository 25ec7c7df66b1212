//! Request signatures, `q-sign-algorithm=sha1`.
//!
//! The steps are kept apart ([`Signature::http_string`], [`Signature::string_to_sign`]) because a refused signature is
//! found by comparing them with what the server says it has seen.
//!
//! Follows: COS, "Request signature", "Algorithm".

use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha1::{Digest as _, Sha1};

/// Everything but the unreserved characters; the slash and the space are encoded, too.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// What is signed of one request. Names may have any case and come in any order.
#[derive(Clone, Debug, Default)]
pub struct Signable<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The path as it is meant: decoded, beginning with a slash.
    pub path: &'a str,
    /// Signed query parameters, decoded; an absent value is empty.
    pub parameters: Vec<(&'a str, &'a str)>,
    /// Signed headers with their values as sent.
    pub headers: Vec<(&'a str, &'a [u8])>,
}

/// When a signature is valid: seconds since the epoch UTC, the end included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Beginning.
    pub start: u64,
    /// End.
    pub end: u64,
}

/// A signature with the texts it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The canonical request.
    pub http_string: String,
    /// Algorithm, window and digest of the canonical request.
    pub string_to_sign: String,
    /// The signature itself, lower-case hexadecimal.
    pub hex: String,
    /// The value of the header `Authorization`.
    pub authorization: String,
}

impl Window {
    /// From a minute ago, because clocks differ, to an hour ahead.
    ///
    /// Choice: the window of the SDK for Python at its beginning and of those for Go and Java at its end.
    pub fn around(now: u64) -> Self {
        Self {
            start: now.saturating_sub(60),
            end: now.saturating_add(3600),
        }
    }
}

impl Signable<'_> {
    /// Signs with the key `secret_key` that is known as `secret_id`.
    pub fn sign(&self, secret_id: &str, secret_key: &str, window: Window) -> Signature {
        let key_time = format!("{};{}", window.start, window.end);
        let sign_key = hmac_sha1(secret_key.as_bytes(), key_time.as_bytes());
        let (parameters, parameter_list) = canonical(
            self.parameters
                .iter()
                .map(|(name, value)| (*name, value.as_bytes())),
        );
        let (headers, header_list) = canonical(self.headers.iter().copied());
        let method = self.method.to_ascii_lowercase();
        let http_string = format!("{method}\n{}\n{parameters}\n{headers}\n", self.path);
        let string_to_sign = format!(
            "sha1\n{key_time}\n{}\n",
            hex::encode(Sha1::digest(&http_string))
        );
        let hex = hmac_sha1(sign_key.as_bytes(), string_to_sign.as_bytes());
        let authorization = format!(
            "q-sign-algorithm=sha1&q-ak={secret_id}&q-sign-time={key_time}&q-key-time={key_time}\
             &q-header-list={header_list}&q-url-param-list={parameter_list}&q-signature={hex}"
        );
        Signature {
            http_string,
            string_to_sign,
            hex,
            authorization,
        }
    }
}

/// `k1=v1&k2=v2` and `k1;k2` of the encoded pairs, ordered by encoded name.
fn canonical<'a>(pairs: impl Iterator<Item = (&'a str, &'a [u8])>) -> (String, String) {
    let mut pairs: Vec<(String, String)> = pairs
        .map(|(name, value)| (encode(name.as_bytes()).to_ascii_lowercase(), encode(value)))
        .collect();
    pairs.sort_unstable();
    let assignments: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    (assignments.join("&"), names.join(";"))
}

fn encode(bytes: &[u8]) -> String {
    percent_encode(bytes, ENCODED).to_string()
}

fn hmac_sha1(key: &[u8], text: &[u8]) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text);
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window {
        start: 1_700_000_000,
        end: 1_700_003_600,
    };

    #[test]
    fn names_are_lowered_and_ordered_and_values_keep_their_case() {
        let signable = Signable {
            method: "PUT",
            path: "/照片/a b",
            parameters: vec![("uploadId", "A/b"), ("acl", "")],
            headers: vec![("X-Cos-Meta-A", b"B c"), ("Host", b"h:80")],
        };
        let signature = signable.sign("id", "key", WINDOW);
        assert_eq!(
            signature.http_string,
            "put\n/照片/a b\nacl=&uploadid=A%2Fb\nhost=h%3A80&x-cos-meta-a=B%20c\n"
        );
        assert!(
            signature
                .authorization
                .contains("&q-header-list=host;x-cos-meta-a&q-url-param-list=acl;uploadid&")
        );
    }

    #[test]
    fn empty_lists_keep_their_lines() {
        let signable = Signable {
            method: "GET",
            path: "/",
            ..Signable::default()
        };
        assert_eq!(
            signable.sign("id", "key", WINDOW).http_string,
            "get\n/\n\n\n"
        );
    }

    #[test]
    fn the_window_begins_in_the_past() {
        assert_eq!(
            Window::around(1_700_000_060),
            Window {
                start: 1_700_000_000,
                end: 1_700_003_660
            }
        );
        assert_eq!(Window::around(0).start, 0);
    }
}
