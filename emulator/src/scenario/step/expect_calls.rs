//! `expect-calls`: functions called another host, as described.

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::config::call::{HostConfig, Members, MethodConfig, OutboundConfig, PathConfig, Texts};
use crate::scenario::failure::{ClaimResult, Failure};
use crate::scenario::step_context::StepContext;
use crate::stub::{CallMatcher, Miss, OutboundCall};
use backlot_base::journal::{HttpRecord, What};
use backlot_base::words;
use backlot_http::host::{name_of, port_of};

/// The number of calls that are shown when another one was expected.
const CALLS_SHOWN: usize = 5;

/// A claim about calls to other hosts, once the chain is idle. What is left out is not claimed; `*` stands for any text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ExpectCalls {
    /// The host, or all below one.
    pub host: Option<HostConfig>,
    /// For example `POST`.
    pub method: Option<MethodConfig>,
    /// As sent, without the query.
    pub path: Option<PathConfig>,
    /// Parameters that the query has.
    pub query: Texts,
    /// The whole body.
    pub text: Option<String>,
    /// What a JSON body has, by dotted path.
    pub json: Members,
    /// Who called.
    pub function: Option<Spanned<String>>,
    /// The stub that answered.
    pub stub: Option<Spanned<String>>,
    /// What became of the call.
    pub outcome: Option<Outcome>,
    /// The status of the answer.
    pub status: Option<u16>,
    /// How many such calls there were; at least one if left out.
    pub count: Option<usize>,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A stub answered.
    Stubbed,
    /// The call was not answered.
    Refused,
    /// It left the machine.
    Passed,
}

impl Outcome {
    /// As records name it.
    fn name(self) -> &'static str {
        match self {
            Self::Stubbed => "stubbed",
            Self::Refused => "refused",
            Self::Passed => "passed",
        }
    }
}

impl ExpectCalls {
    pub(super) async fn check(&self, context: &mut StepContext<'_>) -> ClaimResult {
        context.rest().await?;
        let matcher = self.matcher();
        let calls = context.so_far().calls.iter();
        let mut judged: Vec<_> = calls
            .map(|call| (call, self.misses(&matcher, &call.what)))
            .collect();
        let fitting = judged.iter().filter(|(_, misses)| misses.is_empty());
        let found = fitting.count();
        if self.count.map_or(found > 0, |count| count == found) {
            return Ok(Vec::new());
        }
        let expected = match self.count {
            Some(count) => words::count(count, "call like this", "calls like this"),
            None => "at least one call like this".to_owned(),
        };
        // The hint must not depend on how the machine interleaved the calls.
        judged.sort_by_key(|(call, _)| call.order());
        let judged: Vec<_> = judged
            .into_iter()
            .map(|(call, misses)| (title(&call.what), misses))
            .collect();
        let found = match found {
            0 => "none".to_owned(),
            found => found.to_string(),
        };
        let title = format!("expected {expected} to other hosts, found {found}");
        Ok(vec![Failure::new(title).hint(explain(&judged))])
    }

    fn matcher(&self) -> CallMatcher {
        let on = OutboundConfig {
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers: Texts::default(),
            text: self.text.clone(),
            json: self.json.clone(),
        };
        on.matcher(self.host.as_ref())
    }

    fn misses(&self, matcher: &CallMatcher, what: &What) -> Vec<Miss> {
        let What::Http(HttpRecord::OutboundCall {
            host,
            method,
            path,
            function,
            body,
            outcome,
            stub,
            status,
            ..
        }) = what
        else {
            return Vec::new();
        };
        let (scheme, authority) = host.split_once("://").unwrap_or(("https", host));
        let usual = if scheme == "https" { 443 } else { 80 };
        let call = OutboundCall {
            host: &name_of(authority),
            port: port_of(authority).unwrap_or(usual),
            method,
            target: path,
            headers: None,
            body: &body.0,
        };
        let mut found = matcher.misses(&call);
        let wanted = self.outcome.map(|outcome| outcome.name().to_owned());
        let wanted_status = self.status.map(|status| status.to_string());
        let status = status.map(|status| status.to_string());
        for (name, wanted, there) in [
            ("function", &value(self.function.as_ref()), function),
            ("stub", &value(self.stub.as_ref()), stub),
            ("outcome", &wanted, &Some(outcome.clone())),
            ("status", &wanted_status, &status),
        ] {
            if let Some(expected) = wanted
                && wanted != there
            {
                found.push(Miss {
                    what: name.to_owned(),
                    expected: expected.clone(),
                    found: there.clone(),
                });
            }
        }
        found
    }
}

fn value(written: Option<&Spanned<String>>) -> Option<String> {
    written.map(|written| written.value.clone())
}

/// A call in few words.
fn title(what: &What) -> String {
    match what {
        What::Http(HttpRecord::OutboundCall {
            host, method, path, ..
        }) => format!("`{method} {host}{path}`"),
        _ => String::new(),
    }
}

/// What there was instead: the nearest call with everything that is different about it, or all that fit.
fn explain(judged: &[(String, Vec<Miss>)]) -> String {
    let others = judged.iter().filter(|(_, misses)| !misses.is_empty());
    if let Some((title, misses)) = others.min_by_key(|(_, misses)| misses.len()) {
        let misses: Vec<_> = misses.iter().map(Miss::to_string).collect();
        return format!("the nearest other call is {title}: {}", misses.join("; "));
    }
    if judged.is_empty() {
        return "no call to another host was made".to_owned();
    }
    let shown: Vec<_> = judged.iter().take(CALLS_SHOWN).collect();
    let titles: Vec<_> = shown.iter().map(|(title, _)| title.as_str()).collect();
    match judged.len() - shown.len() {
        0 => format!("there were {}", titles.join(", ")),
        more => format!("there were {} and {more} more", titles.join(", ")),
    }
}
