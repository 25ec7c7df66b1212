//! Who may use the operator's API: programs on this machine, and pages that the API itself has served.
//!
//! A page in a browser can reach `127.0.0.1` too, in two ways. If it made a host name of its own point to this machine, it is
//! refused because the host is not a local name; otherwise because its origin is another one.

use std::net::{IpAddr, SocketAddr};

use http::StatusCode;
use http::header::ORIGIN;

use super::answer::AdminError;
use backlot_http::Request;
use backlot_http::exchange::authority;

/// Refuses hosts and origins that are not this stage's own, which listens on `own`.
pub(super) fn check(request: &Request, own: SocketAddr) -> Result<(), AdminError> {
    let forbidden = |message: String| Err(AdminError::new(StatusCode::FORBIDDEN, message));
    let host = authority(request);
    if !is_own(host, own) {
        return forbidden(format!(
            "`/_backlot` is not served under the host `{host}`; use `localhost` or `127.0.0.1`"
        ));
    }
    if let Some(origin) = request.headers().get(ORIGIN) {
        let origin = String::from_utf8_lossy(origin.as_bytes());
        let name = origin.split_once("://").map(|(_scheme, name)| name);
        if !name.is_some_and(|name| name.eq_ignore_ascii_case(host)) {
            return forbidden(format!("pages of `{origin}` may not use `/_backlot`"));
        }
    }
    // Browsers send this header, but no `Origin`, with a plain GET.
    if let Some(site) = request.headers().get("sec-fetch-site")
        && !matches!(site.as_bytes(), b"same-origin" | b"none")
    {
        return forbidden("pages of other sites may not use `/_backlot`".to_owned());
    }
    Ok(())
}

/// Whether a host is this machine. Anyone can make a name other than `localhost` point to this machine, but not an address.
/// An address that is not loopback is accepted only if the stage listens on more than loopback.
fn is_own(authority: &str, own: SocketAddr) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let host = host.to_ascii_lowercase();
    if host == "localhost" || host.ends_with(".localhost") {
        return true;
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
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
