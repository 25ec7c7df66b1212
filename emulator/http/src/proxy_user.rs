//! The user and password that a client has in its proxy's address, before the `@`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::PROXY_AUTHORIZATION;

/// A name with a password, from `Proxy-Authorization: Basic …`. Follows: RFC 7617, section 2.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUser {
    /// The part before the first colon.
    pub name: String,
    /// The part after the first colon. Never shown.
    pub password: String,
}

impl ProxyUser {
    /// The user of a request; `None` without the header, or with another scheme than `Basic`.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(PROXY_AUTHORIZATION)?.to_str().ok()?;
        let (scheme, encoded) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = STANDARD.decode(encoded.trim()).ok()?;
        let text = String::from_utf8(decoded).ok()?;
        let (name, password) = text.split_once(':')?;
        Some(Self {
            name: name.to_owned(),
            password: password.to_owned(),
        })
    }
}

impl fmt::Debug for ProxyUser {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ProxyUser({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_basic_credentials_name_a_user() {
        let user = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(PROXY_AUTHORIZATION, value.parse().unwrap());
            ProxyUser::of(&headers).map(|user| (user.name, user.password))
        };
        let found = user("basic YXJjaGl2ZTpwYTpzcw==");
        assert_eq!(found, Some(("archive".into(), "pa:ss".into())));
        for value in ["Bearer YTpi", "Basic", "Basic !", "Basic YWI="] {
            assert_eq!(user(value), None, "{value}");
        }
    }
}
