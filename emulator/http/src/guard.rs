//! Ambiguous requests, which different servers read differently: refused before a service sees them.
//!
//! hyper refuses most of them itself: broken request lines and headers, spaces before a colon, folded headers, differing or
//! unreadable `Content-Length`s, a `Transfer-Encoding` that does not end in `chunked` or comes by HTTP/1.0. A request with
//! both framings is read as chunked, and hyper closes the connection after its answer, so nothing can hide behind it. The
//! other cases are refused here. Follows: RFC 9112, sections 3.2, 6.1 and 6.3.

use http::header::{HOST, TRANSFER_ENCODING};
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Method, Uri, Version};

use super::host::has_broken_port;

/// Why a request is not served, as a sentence for the client; `None` if it is fine.
pub(super) fn objection<B>(request: &http::Request<B>) -> Option<&'static str> {
    let headers = request.headers();
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (_, Some(_)) => return Some("the request has more than one Host header"),
        (None, None) if request.version() >= Version::HTTP_11 => {
            return Some("the request has no Host header");
        }
        (Some(host), None) if !is_authority(host) => {
            return Some("the Host header is not a host with an optional port");
        }
        _ => {}
    }
    if let Some(objection) = object_to(request.uri(), request.method()) {
        return Some(objection);
    }
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, None) => None,
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => None,
        _ => Some("the only supported Transfer-Encoding is `chunked`, once"),
    }
}

/// Follows: RFC 9112, section 3.2: absolute targets are for proxies, and `*` is for OPTIONS.
fn object_to(target: &Uri, method: &Method) -> Option<&'static str> {
    if target.path() == "*" && method != Method::OPTIONS {
        return Some("the target `*` is only for OPTIONS");
    }
    let scheme = target.scheme();
    if scheme.is_some_and(|scheme| *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS) {
        return Some("the scheme of the target is not http or https");
    }
    None
}

/// An empty host is fine: a client sends it when its target has no authority.
fn is_authority(host: &HeaderValue) -> bool {
    let Ok(text) = host.to_str() else {
        return false;
    };
    let is_authority = text.parse::<Authority>().is_ok();
    text.is_empty() || (is_authority && !text.contains(['@', ',']) && !has_broken_port(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&'static str, &str)]) -> http::Request<()> {
        let mut request = http::Request::new(());
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        request
    }

    #[test]
    fn a_request_has_one_readable_host() {
        for host in [
            "a",
            "a:80",
            "a:",
            "",
            "[::1]:80",
            "[::1]",
            "127.0.0.1:9000",
            "a_b.c",
        ] {
            assert_eq!(objection(&request(&[("host", host)])), None, "{host}");
        }
        for host in ["a b", "u@a", "a/b", "a:x", "a:70000", "a,b", "a?b", "[::1"] {
            assert!(objection(&request(&[("host", host)])).is_some(), "{host}");
        }
        assert!(objection(&request(&[])).is_some());
        assert!(objection(&request(&[("host", "a"), ("host", "a")])).is_some());
        let mut old = request(&[]);
        *old.version_mut() = Version::HTTP_10;
        assert_eq!(objection(&old), None);
    }

    #[test]
    fn a_body_is_chunked_once_and_nothing_else() {
        let coded = |coding| objection(&request(&[("host", "a"), ("transfer-encoding", coding)]));
        assert_eq!(coded("Chunked"), None);
        for coding in [
            "gzip, chunked",
            "chunked, chunked",
            "identity",
            "xchunked",
            "",
        ] {
            assert!(coded(coding).is_some(), "{coding}");
        }
        let twice = [
            ("host", "a"),
            ("transfer-encoding", "chunked"),
            ("transfer-encoding", "chunked"),
        ];
        assert!(objection(&request(&twice)).is_some());
    }
}
