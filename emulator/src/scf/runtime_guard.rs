//! Who may use the runtime API of an instance: the function's process, and nothing in a browser.
//!
//! A web page can find the port by trying all, and then take the event or answer it with a request that needs no preflight.
//! Browsers mark such requests, see [`Sender`]; and a page that has made a name of its own lead to this machine is known by
//! its `Host`. Runtimes send neither: they ask for `127.0.0.1` or `localhost`, or send no `Host`.

use http::Request;
use http::header::HOST;

use backlot_http::Sender;
use backlot_http::host::{Host, port_of};

/// Why a request to the runtime API at `port` is refused; `None` if the function's process may have sent it.
pub(super) fn objection<B>(request: &Request<B>, port: u16) -> Option<String> {
    match Sender::of(request.headers()) {
        Sender::Program => {}
        Sender::Person => return Some("a browser has sent it".to_owned()),
        Sender::Page { origin, .. } => {
            return Some(format!("a page of `{origin}` in a browser has sent it"));
        }
    }
    let named = request
        .uri()
        .authority()
        .map(|name| name.as_str().as_bytes());
    let hosts = request.headers().get_all(HOST).iter();
    let foreign = named
        .into_iter()
        .chain(hosts.map(http::HeaderValue::as_bytes))
        .find(|host| !is_own(host, port))?;
    Some(format!(
        "it is for the host `{}` instead of `127.0.0.1:{port}`",
        String::from_utf8_lossy(foreign)
    ))
}

/// A host without a port is fine: browsers name the port, so such a request is a program's.
fn is_own(host: &[u8], port: u16) -> bool {
    let Ok(host) = std::str::from_utf8(host) else {
        return false;
    };
    host.is_empty()
        || (matches!(Host::of(host), Host::Local { .. })
            && port_of(host).is_none_or(|named| named == port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objection_to(target: &str, headers: &[(&'static str, &str)]) -> Option<String> {
        let mut request = Request::get(target).body(()).unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        objection(&request, 9001)
    }

    #[test]
    fn runtimes_are_served() {
        for headers in [
            &[][..],
            &[("host", "")],
            &[("host", "127.0.0.1:9001")],
            &[("host", "LocalHost:9001")],
            &[("host", "localhost")],
            // Node's own `fetch`.
            &[("host", "127.0.0.1:9001"), ("sec-fetch-mode", "cors")],
        ] {
            assert_eq!(objection_to("/", headers), None, "{headers:?}");
        }
        assert_eq!(objection_to("http://127.0.0.1:9001/", &[]), None);
    }

    #[test]
    fn browsers_and_foreign_hosts_are_refused() {
        for headers in [
            &[("origin", "http://a")][..],
            &[("origin", "null")],
            &[("origin", "http://127.0.0.1:9001")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &[("host", "evil.example.com")],
            &[("host", "evil.example.com:9001")],
            &[("host", "127.0.0.1.example.com:9001")],
            &[("host", "127.0.0.1:9002")],
            &[("host", "10.0.0.1:9001")],
            &[("host", "127.0.0.1:9001"), ("host", "evil.example.com")],
        ] {
            assert!(objection_to("/", headers).is_some(), "{headers:?}");
        }
        assert!(objection_to("http://evil.example.com:9001/", &[("host", "localhost")]).is_some());
    }
}
