//! Which calls a stub or a claim is about, and why a call does not match.

use std::fmt;

use super::OutboundCall;
use backlot_base::fault::rule::matches_pattern;
use backlot_base::json::{self, Value};
use backlot_http::{HostPattern, Query};

/// The longest part of a text that a message shows, in characters.
const SHOWN: usize = 120;

/// Which calls match. What is left out is not checked. In texts `*` stands for any text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallMatcher {
    /// The host.
    pub host: Option<HostPattern>,
    /// The method, in capitals.
    pub method: Option<String>,
    /// The path, as it is sent: not decoded, without the query.
    pub path: Option<String>,
    /// Parameters that the query has, decoded, with a text for the value of each.
    pub query: Vec<(String, String)>,
    /// Headers, with a text for the value of each. Names in any case.
    pub headers: Vec<(String, String)>,
    /// The whole body, as a text.
    pub text: Option<String>,
    /// The body is JSON and has these values, by dotted path: `event.items.0.id`. Objects may have more members.
    pub json: Vec<(String, Value)>,
}

/// One part of a call that does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// The part, for example `path` or `header content-type`.
    pub what: String,
    /// The text that would match.
    pub expected: String,
    /// The text that was sent; `None` if the part is missing.
    pub found: Option<String>,
}

impl CallMatcher {
    /// All parts of `call` that do not match, in the order in which people look at a request. A call without misses matches.
    pub fn misses(&self, call: &OutboundCall<'_>) -> Vec<Miss> {
        let mut found = Vec::new();
        if let Some(host) = &self.host
            && !host.covers(call.host, call.port)
        {
            let reached = format!("{}:{}", call.host, call.port);
            found.push(Miss::new("host", host, Some(reached)));
        }
        if let Some(method) = &self.method
            && method != call.method
        {
            found.push(Miss::new("method", method, Some(call.method)));
        }
        if let Some(path) = &self.path
            && !matches_pattern(path, call.path())
        {
            found.push(Miss::new("path", path, Some(call.path())));
        }
        self.look_at_query(call, &mut found);
        self.look_at_headers(call, &mut found);
        self.look_at_body(call, &mut found);
        found
    }

    fn look_at_query(&self, call: &OutboundCall<'_>, found: &mut Vec<Miss>) {
        if self.query.is_empty() {
            return;
        }
        let query = Query::parse(call.query());
        for (name, wanted) in &self.query {
            let mut values = query.iter().filter(|part| part.name == *name);
            if !values.any(|part| matches_pattern(wanted, &part.value)) {
                let sent = query.iter().find(|part| part.name == *name);
                let sent = sent.map(|part| &part.value);
                found.push(Miss::new(format!("query {name}"), wanted, sent));
            }
        }
    }

    fn look_at_headers(&self, call: &OutboundCall<'_>, found: &mut Vec<Miss>) {
        let Some(headers) = call.headers else {
            return;
        };
        for (name, wanted) in &self.headers {
            let values = headers.get_all(name.as_str()).iter();
            let values: Vec<_> = values
                .map(|value| String::from_utf8_lossy(value.as_bytes()))
                .collect();
            if !values.iter().any(|value| matches_pattern(wanted, value)) {
                found.push(Miss::new(format!("header {name}"), wanted, values.first()));
            }
        }
    }

    fn look_at_body(&self, call: &OutboundCall<'_>, found: &mut Vec<Miss>) {
        let body = String::from_utf8_lossy(call.body);
        if let Some(text) = &self.text
            && !matches_pattern(text, &body)
        {
            found.push(Miss::new("text", text, Some(&body)));
        }
        if self.json.is_empty() {
            return;
        }
        let Ok(body) = Value::parse(&body) else {
            found.push(Miss::new("json", "a JSON body", Some(&body)));
            return;
        };
        for (path, wanted) in &self.json {
            // A member that is spelled like a path is that member.
            let there = match body.get(path) {
                Some(there) => Some(there),
                None => body.at(path).ok().flatten(),
            };
            let Some(there) = there else {
                found.push(Miss::new(format!("json {path}"), wanted, None::<&str>));
                continue;
            };
            found.extend(
                json::differences(wanted, there)
                    .into_iter()
                    .map(|difference| {
                        let below = difference.path;
                        let dot = if below.is_empty() { "" } else { "." };
                        let what = format!("json {path}{dot}{below}");
                        Miss::new(what, difference.expected, difference.actual)
                    }),
            );
        }
    }
}

impl Miss {
    fn new(
        what: impl Into<String>,
        expected: impl fmt::Display,
        found: Option<impl fmt::Display>,
    ) -> Self {
        Self {
            what: what.into(),
            expected: expected.to_string(),
            found: found.map(|found| found.to_string()),
        }
    }
}

impl fmt::Display for Miss {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = shortened(&self.expected);
        write!(out, "{}: expected `{expected}`, found ", self.what)?;
        match &self.found {
            Some(found) => write!(out, "`{}`", shortened(found)),
            None => out.write_str("nothing"),
        }
    }
}

/// The beginning of a text, on one line.
fn shortened(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN)
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;

    fn misses(matcher: &CallMatcher, target: &str, body: &str) -> Vec<String> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/json".parse().unwrap());
        let call = OutboundCall {
            host: "api.example.com",
            port: 443,
            method: "POST",
            target,
            headers: Some(&headers),
            body: body.as_bytes(),
        };
        let found = matcher.misses(&call).into_iter();
        found.map(|miss| miss.to_string()).collect()
    }

    fn matcher() -> CallMatcher {
        CallMatcher {
            host: Some("*.example.com".parse().unwrap()),
            method: Some("POST".into()),
            path: Some("/v1/*/items".into()),
            query: vec![("page".into(), "1*".into())],
            headers: vec![("Content-Type".into(), "application/json*".into())],
            text: None,
            json: vec![("event.items.0".into(), Value::parse(r#"{"id":7}"#).unwrap())],
        }
    }

    #[test]
    fn a_call_may_have_more_than_is_wanted() {
        let body = r#"{"event":{"items":[{"id":7,"more":1},{}]}}"#;
        let target = "/v1/a/b/items?more=x&page=12";
        assert_eq!(misses(&matcher(), target, body), Vec::<String>::new());
        assert!(misses(&CallMatcher::default(), "/", "").is_empty());
    }

    #[test]
    fn every_miss_says_what_was_wanted_and_what_came() {
        let mut matcher = matcher();
        matcher.host = Some("other.example.com".parse().unwrap());
        matcher.method = Some("PUT".into());
        matcher.headers[0].1 = "text/*".into();
        matcher.headers.push(("X-Key".into(), "*".into()));
        matcher.text = Some("hello*".into());
        matcher.json.push(("none.at.all".into(), Value::Null));
        let body = r#"{"event":{"items":[{"id":8}]}}"#;
        assert_eq!(
            misses(&matcher, "/v1/items?page=2", body),
            [
                "host: expected `other.example.com`, found `api.example.com:443`",
                "method: expected `PUT`, found `POST`",
                "path: expected `/v1/*/items`, found `/v1/items`",
                "query page: expected `1*`, found `2`",
                "header Content-Type: expected `text/*`, found `application/json`",
                "header X-Key: expected `*`, found nothing",
                r#"text: expected `hello*`, found `{"event":{"items":[{"id":8}]}}`"#,
                "json event.items.0.id: expected `7`, found `8`",
                "json none.at.all: expected `null`, found nothing",
            ]
        );
        matcher.text = None;
        let found = misses(&matcher, "/v1/items?page=2", "no json");
        assert_eq!(
            found.last().unwrap(),
            "json: expected `a JSON body`, found `no json`"
        );
    }
}
