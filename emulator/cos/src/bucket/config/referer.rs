//! `?referer`: which pages may link to objects of a bucket.
//!
//! Follows: COS reference, section 7, table. Choice: it is checked for every GET and HEAD of an object, signed or not; a domain
//! covers every referer that begins like it, as the console explains it, and `*` matches any characters but a slash,
//! so that the path of a page cannot pass for its host.

use http::HeaderMap;

use super::fields::{one_of, texts};
use super::wildcard::Wildcard;
use crate::Inner;
use crate::request::error::{self, Error};
use backlot_base::xml::Element;

/// The list of domains of a bucket.
struct Referers {
    is_enabled: bool,
    is_white: bool,
    allows_empty: bool,
    domains: Vec<String>,
}

/// Checks a document.
pub(super) fn check(given: Element) -> Result<Element, Error> {
    Referers::read(&given)?;
    Ok(given)
}

impl Inner {
    /// Refuses a request from a page that may not link to the bucket.
    pub(crate) async fn check_referer(
        &self,
        bucket: &str,
        headers: &HeaderMap,
    ) -> Result<(), Error> {
        let Some(document) = self.configuration(bucket, "referer").await? else {
            return Ok(());
        };
        let referer = headers.get(http::header::REFERER);
        let referer = referer.map(|value| String::from_utf8_lossy(value.as_bytes()));
        if Referers::read(&document)?.allow(referer.as_deref().unwrap_or_default().trim()) {
            return Ok(());
        }
        Err(error::ACCESS_DENIED.into())
    }
}

impl Referers {
    fn read(document: &Element) -> Result<Self, Error> {
        let is_enabled = one_of(document, "Status", &["Enabled", "Disabled"])? == "Enabled";
        let kind = one_of(document, "RefererType", &["Black-List", "White-List"])?;
        let allows_empty = match document.text_of("EmptyReferConfiguration") {
            Some(_) => one_of(document, "EmptyReferConfiguration", &["Allow", "Deny"])? == "Allow",
            None => false,
        };
        let list = document.find("DomainList");
        let domains = list.map(|list| texts(list, "Domain")).unwrap_or_default();
        let domains = domains
            .iter()
            .map(|domain| without_scheme(domain).to_ascii_lowercase());
        Ok(Self {
            is_enabled,
            is_white: kind == "White-List",
            allows_empty,
            domains: domains.filter(|domain| !domain.is_empty()).collect(),
        })
    }

    fn allow(&self, referer: &str) -> bool {
        if !self.is_enabled {
            return true;
        }
        if referer.is_empty() {
            return self.allows_empty;
        }
        let referer = without_scheme(referer).to_ascii_lowercase();
        let is_listed = self.domains.iter().any(|domain| begins(domain, &referer));
        is_listed == self.is_white
    }
}

fn without_scheme(text: &str) -> &str {
    let text = text.trim();
    text.split_once("://").map_or(text, |(_, rest)| rest)
}

/// Whether a text begins like a pattern.
fn begins(pattern: &str, text: &str) -> bool {
    let wildcard = Wildcard {
        pattern,
        is_open: true,
        stop: Some('/'),
    };
    wildcard.fits(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(kind: &str, empty: &str, referer: &str) -> bool {
        let list = "<DomainList><Domain>www.a.example</Domain><Domain>*.b.example:8080</Domain></DomainList>";
        let body = format!(
            "<RefererConfiguration><Status>Enabled</Status><RefererType>{kind}</RefererType>{list}\
             <EmptyReferConfiguration>{empty}</EmptyReferConfiguration></RefererConfiguration>"
        );
        let document = Element::parse(body.as_bytes()).unwrap();
        Referers::read(&document).unwrap().allow(referer)
    }

    #[test]
    fn a_list_says_who_may_link() {
        for (referer, is_listed) in [
            ("http://www.a.example/page", true),
            ("https://WWW.a.example", true),
            ("http://a.example/", false),
            ("http://x.y.b.example:8080/page?q", true),
            ("http://x.b.example/", false),
            ("http://b.example:8080/", false),
            ("http://other.example/x.b.example:8080", false),
        ] {
            assert_eq!(
                allows("White-List", "Deny", referer),
                is_listed,
                "{referer}"
            );
            assert_eq!(
                allows("Black-List", "Deny", referer),
                !is_listed,
                "{referer}"
            );
        }
        assert!(allows("Black-List", "Allow", ""));
        assert!(!allows("White-List", "Deny", ""));
    }
}
