//! Who may use the operator's API: programs on this machine, people at the address bar of a browser, and pages that the API
//! itself has served.
//!
//! A page in a browser can reach `127.0.0.1` too, in three ways. If it made a host name of its own point to this machine, it is
//! refused because the host is not a local name. If it is of another origin, the browser says so. And it may be an object that
//! was uploaded and is served at `127.0.0.1` like the API: so pages are served under [`CONSOLE`] only, where no object is.

use std::net::{IpAddr, SocketAddr};

use http::StatusCode;

use super::answer::AdminError;
use backlot_http::exchange::authority;
use backlot_http::host::name_of;
use backlot_http::sender::CONSOLE;
use backlot_http::{Request, Sender};

/// Refuses hosts and origins that are not this stage's own, which listens on `own`.
pub(super) fn check(request: &Request, own: SocketAddr) -> Result<(), AdminError> {
    let forbidden = |message: String| Err(AdminError::new(StatusCode::FORBIDDEN, message));
    let host = authority(request);
    if !is_own(host, own) {
        let under = match host {
            "" => "to a request that names no host".to_owned(),
            host => format!("under the host `{host}`"),
        };
        return forbidden(format!(
            "`/_backlot` is not served {under}; use `localhost` or `127.0.0.1`"
        ));
    }
    match Sender::of(request.headers()) {
        Sender::Program | Sender::Person => Ok(()),
        Sender::Page {
            origin,
            is_same_origin,
        } if is_same_origin && is_console(host, &origin, request) => Ok(()),
        Sender::Page { origin, .. } => forbidden(format!(
            "pages of `{origin}` may not use `/_backlot` at `{host}`; \
             programs may, and pages that `{CONSOLE}` itself has served"
        )),
    }
}

/// Whether a page is one that the API has served: it is under the host that serves no objects, and so is the page.
fn is_console(host: &str, origin: &str, request: &Request) -> bool {
    if name_of(host) != CONSOLE {
        return false;
    }
    // With a plain GET browsers send no `Origin`, but say that the origin is the same.
    !request.headers().contains_key(http::header::ORIGIN)
        || origin
            .split_once("://")
            .is_some_and(|(_scheme, name)| name.eq_ignore_ascii_case(host))
}

/// Whether a host is this machine. Anyone can make a name other than `localhost` point to this machine, but not an address.
/// An address that is not loopback is accepted only if the stage listens on more than loopback.
fn is_own(authority: &str, own: SocketAddr) -> bool {
    let host = name_of(authority);
    if host == "localhost" || host.ends_with(".localhost") {
        return true;
    }
    match host.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback() || !own.ip().is_loopback(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_counts() {
        let local = "127.0.0.1:4680".parse().unwrap();
        let open = "0.0.0.0:4680".parse().unwrap();
        for host in [
            "localhost",
            "LOCALHOST:4680",
            "a.localhost",
            "127.0.0.1",
            "127.8.0.1:1",
            "[::1]:4680",
            "localhost.:4680",
        ] {
            assert!(is_own(host, local), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "mylocalhost",
            "10.0.0.1:4680",
        ] {
            assert!(!is_own(host, local), "{host}");
        }
        assert!(is_own("10.0.0.1:4680", open));
        assert!(!is_own("example.com:4680", open));
    }
}
