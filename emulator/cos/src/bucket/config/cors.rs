//! `?cors`: which pages of other origins may use a bucket. Answers preflights and adds headers to other answers.
//!
//! Follows: COS reference, section 5.5 and section 7, table.

use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::fields::{all, malformed, says_true, texts};
use super::wildcard::Wildcard;
use crate::Inner;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::{Reply, to_value};
use backlot_base::xml::Element;

/// The maximal number of rules.
const MAX_RULES: usize = 100;

const METHODS: [&str; 5] = ["GET", "PUT", "HEAD", "POST", "DELETE"];

/// The rules of a bucket.
struct Rules {
    list: Vec<Rule>,
    /// Whether answers say that they depend on the origin, even if no rule matches.
    varies: bool,
}

struct Rule {
    origins: Vec<String>,
    methods: Vec<String>,
    /// In lower case.
    headers: Vec<String>,
    exposed: Vec<String>,
    max_age: Option<String>,
}

/// The request of a page of another origin.
struct Wanted<'a> {
    origin: &'a str,
    method: &'a str,
    /// In lower case.
    headers: Vec<String>,
}

/// Checks a document.
pub(super) fn check(given: Element) -> Result<Element, Error> {
    Rules::read(&given)?;
    Ok(given)
}

/// Answers a preflight.
pub(crate) async fn preflight(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
) -> Result<Reply, Error> {
    let forbidden = || Error::from(error::ACCESS_FORBIDDEN);
    cos.bucket(bucket).await?;
    let headers = &request.head.headers;
    let origin = text(headers, "origin");
    let method = text(headers, "access-control-request-method");
    // Choice: a preflight without its headers is refused, like a preflight that no rule matches.
    let (origin, method) = origin.zip(method).ok_or_else(forbidden)?;
    let wanted = Wanted {
        origin,
        method,
        headers: listed(text(headers, "access-control-request-headers").unwrap_or_default()),
    };
    let rules = cos.cors(bucket).await?.ok_or_else(forbidden)?;
    let rule = rules.list.iter().find(|rule| rule.covers(&wanted));
    let rule = rule.ok_or_else(forbidden)?;
    let mut reply = Reply::empty(StatusCode::OK);
    rule.describe(&wanted, &mut reply.headers)?;
    rule.permit(&wanted, &mut reply.headers)?;
    rules.vary(Some(rule), &mut reply.headers);
    Ok(reply)
}

impl Inner {
    /// Adds the headers that let a page of another origin read an answer.
    ///
    /// Fails if the document cannot be read; the answer is then sent without these headers.
    pub(crate) async fn share(
        &self,
        bucket: &str,
        head: &http::request::Parts,
        to: &mut HeaderMap,
    ) -> Result<(), Error> {
        let Some(origin) = text(&head.headers, "origin") else {
            return Ok(());
        };
        if bucket.is_empty() || head.method == http::Method::OPTIONS {
            return Ok(());
        }
        let Some(rules) = self.cors(bucket).await? else {
            return Ok(());
        };
        let wanted = Wanted {
            origin,
            method: head.method.as_str(),
            headers: Vec::new(),
        };
        let rule = rules.list.iter().find(|rule| rule.covers(&wanted));
        if let Some(rule) = rule {
            rule.describe(&wanted, to)?;
        }
        rules.vary(rule, to);
        Ok(())
    }

    /// Whether a rule lets pages of an origin use a method on the bucket.
    pub(crate) async fn shares_with(
        &self,
        bucket: &str,
        origin: &str,
        method: &http::Method,
    ) -> Result<bool, Error> {
        let wanted = Wanted {
            origin,
            method: method.as_str(),
            headers: Vec::new(),
        };
        let rules = self.cors(bucket).await?;
        Ok(rules.is_some_and(|rules| rules.list.iter().any(|rule| rule.covers(&wanted))))
    }

    async fn cors(&self, bucket: &str) -> Result<Option<Rules>, Error> {
        let document = self.configuration(bucket, "cors").await?;
        document.map(|document| Rules::read(&document)).transpose()
    }
}

impl Rules {
    fn read(document: &Element) -> Result<Self, Error> {
        let list = all(document, "CORSRule").map(Rule::read);
        let list: Vec<_> = list.collect::<Result<_, _>>()?;
        if list.is_empty() || list.len() > MAX_RULES {
            return Err(malformed("CORSConfiguration must have 1 to 100 CORSRules."));
        }
        let varies = says_true(document, "ResponseVary");
        Ok(Self { list, varies })
    }

    /// Choice: an answer that is the same for all origins says that it varies only if `ResponseVary` asks for it.
    fn vary(&self, rule: Option<&Rule>, to: &mut HeaderMap) {
        if self.varies || rule.is_some_and(|rule| !rule.is_open()) {
            to.append(header::VARY, HeaderValue::from_static("Origin"));
        }
    }
}

impl Rule {
    fn read(rule: &Element) -> Result<Self, Error> {
        let read = Self {
            origins: texts(rule, "AllowedOrigin"),
            methods: texts(rule, "AllowedMethod"),
            headers: texts(rule, "AllowedHeader")
                .iter()
                .map(|name| name.to_ascii_lowercase())
                .collect(),
            exposed: texts(rule, "ExposeHeader"),
            max_age: rule
                .text_of("MaxAgeSeconds")
                .map(|age| age.trim().to_owned()),
        };
        if read.origins.is_empty() || read.methods.is_empty() {
            return Err(malformed(
                "A CORSRule needs AllowedOrigin and AllowedMethod.",
            ));
        }
        let has_many = |text: &String| text.matches('*').count() > 1;
        if read
            .origins
            .iter()
            .any(|origin| origin.is_empty() || has_many(origin))
        {
            return Err(malformed(
                "An AllowedOrigin must have at most one wildcard.",
            ));
        }
        if read.headers.iter().any(has_many) {
            return Err(malformed(
                "An AllowedHeader must have at most one wildcard.",
            ));
        }
        if read
            .methods
            .iter()
            .any(|method| !METHODS.contains(&method.as_str()))
        {
            return Err(malformed(
                "AllowedMethod must be GET, PUT, HEAD, POST or DELETE.",
            ));
        }
        if read.exposed.iter().any(|name| name.contains('*')) {
            return Err(malformed("An ExposeHeader must not have a wildcard."));
        }
        if read
            .max_age
            .as_ref()
            .is_some_and(|age| age.parse::<u32>().is_err())
        {
            return Err(malformed("MaxAgeSeconds must be a number."));
        }
        Ok(read)
    }

    fn is_open(&self) -> bool {
        self.origins.iter().any(|origin| origin == "*")
    }

    fn covers(&self, wanted: &Wanted<'_>) -> bool {
        let allows = |name: &String| {
            self.headers
                .iter()
                .any(|pattern| Wildcard::whole(pattern).fits(name))
        };
        self.origins
            .iter()
            .any(|origin| Wildcard::whole(origin).fits(wanted.origin))
            && self.methods.iter().any(|method| method == wanted.method)
            && wanted.headers.iter().all(allows)
    }

    /// Adds the headers of every answer.
    fn describe(&self, wanted: &Wanted<'_>, to: &mut HeaderMap) -> Result<(), Error> {
        if self.is_open() {
            to.insert(
                header::ACCESS_CONTROL_ALLOW_ORIGIN,
                HeaderValue::from_static("*"),
            );
        } else {
            let origin = to_value(wanted.origin.as_bytes())?;
            to.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            to.insert(
                header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
        if !self.exposed.is_empty() {
            let exposed = to_value(self.exposed.join(",").as_bytes())?;
            to.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
        Ok(())
    }

    /// Adds the headers of the answer to a preflight.
    fn permit(&self, wanted: &Wanted<'_>, to: &mut HeaderMap) -> Result<(), Error> {
        let methods = to_value(self.methods.join(",").as_bytes())?;
        to.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        // Choice: browsers take a pattern such as `x-cos-*` for a name, so the requested names are answered instead of it.
        let headers = if self.headers.iter().any(|name| name.contains('*')) {
            wanted.headers.join(",")
        } else {
            self.headers.join(",")
        };
        if !headers.is_empty() {
            let headers = to_value(headers.as_bytes())?;
            to.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers);
        }
        if let Some(age) = &self.max_age {
            to.insert(header::ACCESS_CONTROL_MAX_AGE, to_value(age.as_bytes())?);
        }
        Ok(())
    }
}

fn listed(text: &str) -> Vec<String> {
    let names = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names.map(str::to_ascii_lowercase).collect()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_checked() {
        let rule = |inner: &str| {
            let body =
                format!("<CORSConfiguration><CORSRule>{inner}</CORSRule></CORSConfiguration>");
            check(Element::parse(body.as_bytes()).unwrap()).map_err(|error| error.code)
        };
        let good = "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>";
        assert!(rule(good).is_ok());
        for bad in [
            "<AllowedOrigin>*</AllowedOrigin>",
            "<AllowedMethod>GET</AllowedMethod>",
            "<AllowedOrigin>*.*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>",
            "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>PATCH</AllowedMethod>",
            &format!("{good}<MaxAgeSeconds>soon</MaxAgeSeconds>"),
            &format!("{good}<ExposeHeader>*</ExposeHeader>"),
        ] {
            assert_eq!(rule(bad).unwrap_err(), "MalformedXML", "{bad}");
        }
        let many = "<CORSRule/>".repeat(101);
        let many = format!("<CORSConfiguration>{many}</CORSConfiguration>");
        assert!(check(Element::parse(many.as_bytes()).unwrap()).is_err());
    }
}
