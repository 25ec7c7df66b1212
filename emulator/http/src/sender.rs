//! Who sent a request: a program, a person at the address bar of a browser, or a page in a browser.
//!
//! Any web page can make a browser send requests to this machine. Browsers mark them in ways that pages cannot change, and
//! programs do not send these marks. Follows: Fetch Standard, section 3.2 (`Origin`); Fetch Metadata Request Headers,
//! section 2.4 (`Sec-Fetch-Site`). `Sec-Fetch-Mode` is no mark: the `fetch` of Node sends it.

use http::header::{HeaderMap, HeaderName, ORIGIN, REFERER};

use super::host::Host;

/// The header in which browsers say how the page that wants something and the server are related.
pub const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The origin of a page that has none or hides it.
const OPAQUE: &str = "null";

/// The only host under which pages may use the operator's API. No object is served there, so no page with this origin is
/// anything that was uploaded. Browsers send requests for names below `localhost` to this machine.
pub const CONSOLE: &str = "backlot.localhost";

/// Who sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A program: the request has no mark of a browser.
    Program,
    /// A person, who typed the address, chose a bookmark, or opened the address from another program.
    Person,
    /// A page.
    Page {
        /// The page's origin, for example `https://app.example.com`; `null` if it has none or hides it.
        origin: String,
        /// Whether the browser says that the page is of the host that it sends the request to.
        is_same_origin: bool,
    },
}

impl Sender {
    /// Reads the marks of browsers among the headers of a request.
    pub fn of(headers: &HeaderMap) -> Self {
        let origin = headers.get(ORIGIN);
        let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
        let site = sites.next().map(http::HeaderValue::as_bytes);
        let is_one = sites.next().is_none() && headers.get_all(ORIGIN).iter().count() <= 1;
        if origin.is_none() && is_one {
            match site {
                None => return Self::Program,
                Some(b"none") => return Self::Person,
                Some(_) => {}
            }
        }
        let origin = match origin {
            Some(origin) => String::from_utf8_lossy(origin.as_bytes()).into_owned(),
            // Browsers send no `Origin` with a link, an image or a script. A page can hide its address, but it cannot
            // give that of another.
            None => origin_of(headers.get(REFERER)).unwrap_or_else(|| OPAQUE.to_owned()),
        };
        Self::Page {
            origin,
            is_same_origin: is_one && matches!(site, None | Some(b"same-origin")),
        }
    }
}

/// Whether a host is this machine by a name that pages of any origin can use: `localhost`, a name below it, or a loopback
/// address.
pub fn is_local(authority: &str) -> bool {
    matches!(Host::of(authority), Host::Local { .. })
        || super::host::name_of(authority).ends_with(".localhost")
}

/// Scheme, host and port of an address.
fn origin_of(address: Option<&http::HeaderValue>) -> Option<String> {
    let (scheme, rest) = address?.to_str().ok()?.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    Some(format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(headers: &[(&'static str, &str)]) -> Sender {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Sender::of(&map)
    }

    fn page(origin: &str, is_same_origin: bool) -> Sender {
        Sender::Page {
            origin: origin.to_owned(),
            is_same_origin,
        }
    }

    #[test]
    fn programs_and_people_are_no_pages() {
        for headers in [
            &[][..],
            &[("referer", "http://example.com/")],
            &[("sec-fetch-mode", "cors"), ("accept-language", "*")],
        ] {
            assert_eq!(sender(headers), Sender::Program, "{headers:?}");
        }
        let typed = [("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")];
        assert_eq!(sender(&typed), Sender::Person);
    }

    #[test]
    fn a_page_is_known_by_its_origin_or_by_what_the_browser_says() {
        for (headers, expected) in [
            (&[("origin", "http://a")][..], page("http://a", true)),
            (&[("origin", "null")], page("null", true)),
            (&[("origin", "")], page("", true)),
            (
                &[("origin", "http://a"), ("sec-fetch-site", "none")],
                page("http://a", false),
            ),
            (
                &[("origin", "http://a"), ("sec-fetch-site", "same-origin")],
                page("http://a", true),
            ),
            (&[("sec-fetch-site", "cross-site")], page("null", false)),
            (&[("sec-fetch-site", "same-site")], page("null", false)),
            (&[("sec-fetch-site", "same-origin")], page("null", true)),
            (&[("sec-fetch-site", "anything")], page("null", false)),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("referer", "http://a:1/b?c"),
                ],
                page("http://a:1", false),
            ),
            (
                &[("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")],
                page("null", false),
            ),
        ] {
            assert_eq!(sender(headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn local_names_are_those_that_lead_to_this_machine() {
        for host in [
            "localhost:1",
            "LOCALHOST",
            "a.localhost.",
            "127.1.2.3",
            "[::1]:80",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com",
            "b-1.cos.ap-x.myqcloud.com",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }
}
