//! `?website`, and the endpoint that serves a bucket as a website: index, redirects, routing rules, error document.
//!
//! A page is fetched like an object, with all checks of access. Follows: COS reference, section 7.7.

use http::request::Parts;
use http::{Method, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::fields::{all, malformed, one_of, required};
use crate::request::access_record::{AccessRecord, Ended};
use crate::request::address::{Address, Endpoint, Target};
use crate::request::error::{self, Error};
use crate::request::operation::Operation;
use crate::request::reply::Reply;
use crate::{Inner, names};
use backlot_base::xml::Element;
use backlot_http::Arrival;
use backlot_http::exchange::empty;

/// The maximal number of routing rules.
const MAX_RULES: usize = 100;

/// The characters of a key that are not encoded in a `Location`.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// A bucket as a website.
struct Site {
    index: String,
    /// `https` if all visitors are redirected to it.
    redirect_all: Option<String>,
    /// Whether `page` stands for `page.html` too.
    ignores_html: bool,
    error: Option<ErrorPage>,
    rules: Vec<Rule>,
}

struct ErrorPage {
    key: String,
    keeps_status: bool,
}

struct Rule {
    condition: Condition,
    protocol: Option<String>,
    replace: Replace,
}

enum Condition {
    Status(u16),
    Prefix(String),
}

enum Replace {
    Nothing,
    Key(String),
    Prefix(String),
}

/// Checks a document.
pub(super) fn check(given: Element) -> Result<Element, Error> {
    Site::read(&given)?;
    Ok(given)
}

/// Serves one request to the website endpoint.
pub(crate) async fn answer(
    cos: &Inner,
    host: &str,
    head: &Parts,
    address: &Address,
    record: &mut AccessRecord,
) -> Result<Reply, Ended> {
    record.operation = Some(Operation::StaticWebsite);
    if head.method != Method::GET && head.method != Method::HEAD {
        return Err(Error::from(error::METHOD_NOT_ALLOWED).into());
    }
    let bucket = address.target.bucket();
    cos.check_host(Operation::StaticWebsite, address).await?;
    cos.bucket(bucket).await?;
    let document = cos.configuration(bucket, "website").await?;
    let document = document.ok_or_else(|| Error::from(error::NO_SUCH_WEBSITE_CONFIGURATION))?;
    let site = Site::read(&document)?;
    let scheme = if is_secure(head) { "https" } else { "http" };
    let place = Place { host, scheme };
    let key = address.target.key();
    if let Some(protocol) = site
        .redirect_all
        .as_deref()
        .filter(|wanted| *wanted != scheme)
    {
        return Ok(place.redirect(Some(protocol), key)?);
    }
    if let Some(rule) = site.rule_for_key(key) {
        return Ok(place.follow(rule, key)?);
    }
    let page = site.page(key);
    names::check_key(&page)?;
    let fetch = async |key: &str, head: &Parts, record: &mut AccessRecord| {
        let address = Address {
            target: Target::Object {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
            },
            endpoint: Endpoint::Api,
            ..address.clone()
        };
        Box::pin(cos.answer_at(host, head, &address, empty(), record)).await
    };
    let mut fetched = fetch(&page, head, record).await;
    if site.ignores_html && is_missing(&fetched) {
        fetched = fetch(&format!("{page}.html"), head, record).await;
    }
    let error = match fetched {
        Err(Ended::Error(error)) if error.status.is_client_error() => error,
        other => return other,
    };
    if let Some(rule) = site.rule_for_status(error.status) {
        return Ok(place.follow(rule, key)?);
    }
    let Some(page) = &site.error else {
        return Err(Ended::Error(error));
    };
    match fetch(&page.key, &unconditional(head), record).await {
        Ok(mut reply) => {
            reply.status = if page.keeps_status {
                error.status
            } else {
                StatusCode::OK
            };
            Ok(reply)
        }
        Err(Ended::Cut) => Err(Ended::Cut),
        Err(Ended::Error(_)) => Err(Ended::Error(error)),
    }
}

fn is_missing(fetched: &Result<Reply, Ended>) -> bool {
    matches!(fetched, Err(Ended::Error(error)) if error.status == StatusCode::NOT_FOUND)
}

/// Whether the visitor came by TLS, or asked a proxy for `https`.
fn is_secure(head: &Parts) -> bool {
    let arrival = head.extensions.get::<Arrival>();
    arrival.is_some_and(|arrival| arrival.is_secure) || head.uri.scheme_str() == Some("https")
}

/// The request without conditions and ranges, which are about another page.
fn unconditional(head: &Parts) -> Parts {
    let (mut copy, ()) = http::Request::new(()).into_parts();
    copy.method = head.method.clone();
    copy.uri = head.uri.clone();
    copy.headers = head.headers.clone();
    copy.extensions = head.extensions.clone();
    for name in [
        header::RANGE,
        header::IF_MATCH,
        header::IF_NONE_MATCH,
        header::IF_MODIFIED_SINCE,
        header::IF_UNMODIFIED_SINCE,
    ] {
        copy.headers.remove(name);
    }
    copy
}

/// Host and scheme of the visitor's request.
struct Place<'a> {
    host: &'a str,
    scheme: &'a str,
}

impl Place<'_> {
    /// Choice: 302, because rules do not say how long they are valid.
    fn redirect(&self, protocol: Option<&str>, key: &str) -> Result<Reply, Error> {
        let location = format!(
            "{}://{}/{}",
            protocol.unwrap_or(self.scheme),
            self.host,
            utf8_percent_encode(key, PATH)
        );
        Reply::empty(StatusCode::FOUND).header("location", location.as_bytes())
    }

    fn follow(&self, rule: &Rule, key: &str) -> Result<Reply, Error> {
        let to = match (&rule.replace, &rule.condition) {
            (Replace::Nothing, _) => key.to_owned(),
            (Replace::Key(to), _) => to.clone(),
            (Replace::Prefix(to), Condition::Prefix(from)) => {
                format!("{to}{}", key.strip_prefix(from.as_str()).unwrap_or(key))
            }
            (Replace::Prefix(to), Condition::Status(_)) => format!("{to}{key}"),
        };
        self.redirect(rule.protocol.as_deref(), &to)
    }
}

impl Site {
    fn read(document: &Element) -> Result<Self, Error> {
        let index = document
            .find("IndexDocument")
            .ok_or_else(|| malformed("WebsiteConfiguration needs an IndexDocument."))?;
        let index = required(index, "Suffix")?.to_owned();
        if index.contains('/') {
            return Err(malformed(
                "The Suffix of the IndexDocument must not contain a slash.",
            ));
        }
        // Some SDKs send empty elements for settings that they do not set.
        let filled = |name: &str, field: &str| {
            let found = document.find(name);
            found.filter(|element| element.text_of(field).is_some())
        };
        let redirect_all = match filled("RedirectAllRequestsTo", "Protocol") {
            Some(to) => Some(one_of(to, "Protocol", &["http", "https"])?.to_owned()),
            None => None,
        };
        let ignores_html = match filled("AutoAddressing", "Status") {
            Some(auto) => one_of(auto, "Status", &["Enabled", "Disabled"])? == "Enabled",
            None => false,
        };
        let error = match filled("ErrorDocument", "Key") {
            Some(page) => Some(ErrorPage {
                key: required(page, "Key")?.trim_start_matches('/').to_owned(),
                keeps_status: page.text_of("OriginalHttpStatus").map(str::trim) != Some("Disabled"),
            }),
            None => None,
        };
        let rules = document.find("RoutingRules");
        let rules = rules
            .into_iter()
            .flat_map(|rules| all(rules, "RoutingRule"));
        let rules: Vec<_> = rules.map(Rule::read).collect::<Result<_, _>>()?;
        if rules.len() > MAX_RULES {
            return Err(malformed("There are more than 100 RoutingRules."));
        }
        Ok(Self {
            index,
            redirect_all,
            ignores_html,
            error,
            rules,
        })
    }

    /// The object that a path shows.
    fn page(&self, key: &str) -> String {
        if key.is_empty() || key.ends_with('/') {
            return format!("{key}{}", self.index);
        }
        key.to_owned()
    }

    fn rule_for_key(&self, key: &str) -> Option<&Rule> {
        let mut rules = self.rules.iter();
        rules.find(|rule| matches!(&rule.condition, Condition::Prefix(prefix) if key.starts_with(prefix.as_str())))
    }

    fn rule_for_status(&self, status: StatusCode) -> Option<&Rule> {
        let mut rules = self.rules.iter();
        rules.find(
            |rule| matches!(rule.condition, Condition::Status(wanted) if wanted == status.as_u16()),
        )
    }
}

impl Rule {
    fn read(rule: &Element) -> Result<Self, Error> {
        let condition = rule
            .find("Condition")
            .ok_or_else(|| malformed("A RoutingRule needs a Condition."))?;
        let condition = match (
            condition.text_of("HttpErrorCodeReturnedEquals"),
            condition.text_of("KeyPrefixEquals"),
        ) {
            (Some(status), None) => match status.trim().parse() {
                Ok(status @ 400..500) => Condition::Status(status),
                _ => return Err(malformed("HttpErrorCodeReturnedEquals must be 400 to 499.")),
            },
            (None, Some(prefix)) => Condition::Prefix(prefix.to_owned()),
            _ => {
                return Err(malformed(
                    "A Condition must have either a status or a prefix.",
                ));
            }
        };
        let redirect = rule
            .find("Redirect")
            .ok_or_else(|| malformed("A RoutingRule needs a Redirect."))?;
        let protocol = match redirect.text_of("Protocol") {
            Some(_) => Some(one_of(redirect, "Protocol", &["http", "https"])?.to_owned()),
            None => None,
        };
        let replace = match (
            redirect.text_of("ReplaceKeyWith"),
            redirect.text_of("ReplaceKeyPrefixWith"),
        ) {
            (Some(_), Some(_)) => {
                return Err(malformed(
                    "A Redirect replaces the key or its prefix, not both.",
                ));
            }
            (Some(key), None) => Replace::Key(key.to_owned()),
            (None, Some(prefix)) => Replace::Prefix(prefix.to_owned()),
            (None, None) => Replace::Nothing,
        };
        Ok(Self {
            condition,
            protocol,
            replace,
        })
    }
}
