//! `?strict-signature`: headers and parameters that must be covered by a signature if they are there.
//!
//! Follows: COS reference, section 7.9.

use http::request::Parts;

use super::fields::{all, malformed, texts};
use super::wildcard::Wildcard;
use crate::Inner;
use crate::request::address::Address;
use crate::request::error::{self, Error};
use crate::request::operation::Operation;
use backlot_base::xml::Element;
use backlot_http::Query;

/// The maximal number of rules.
const MAX_RULES: usize = 10;

struct Rule {
    /// In lower case, without `name/cos:`.
    actions: Vec<String>,
    /// In lower case.
    headers: Vec<String>,
    /// In lower case.
    parameters: Vec<String>,
}

/// Checks a document.
pub(super) fn check(given: Element) -> Result<Element, Error> {
    let rules = read(&given);
    if rules.is_empty() || rules.len() > MAX_RULES {
        return Err(malformed(
            "StrictSignatureConfiguration needs 1 to 10 of Rule.",
        ));
    }
    if rules.iter().any(|rule| rule.actions.is_empty()) {
        return Err(malformed("A Rule needs an action."));
    }
    Ok(given)
}

impl Inner {
    /// Refuses a signed request with a header or parameter that a rule names and the signature does not cover.
    pub(crate) async fn check_strictness(
        &self,
        operation: Operation,
        head: &Parts,
        address: &Address,
    ) -> Result<(), Error> {
        let bucket = address.target.bucket();
        let Some(document) = self.configuration(bucket, "strict-signature").await? else {
            return Ok(());
        };
        let Some(signature) = Signature::of(head, &address.query) else {
            return Ok(());
        };
        let operation = operation.name().to_ascii_lowercase();
        for rule in read(&document) {
            if !rule
                .actions
                .iter()
                .any(|action| Wildcard::whole(action).fits(&operation))
            {
                continue;
            }
            let headers = head.headers.keys().map(|name| name.as_str().to_owned());
            let loose = unsigned(headers, &rule.headers, &signature.headers);
            let parameters = address
                .query
                .iter()
                .map(|part| part.name.to_ascii_lowercase());
            let loose =
                loose.or_else(|| unsigned(parameters, &rule.parameters, &signature.parameters));
            if let Some(name) = loose {
                let why = format!("The signature does not cover {name}.");
                return Err(Error::from(error::ACCESS_DENIED).because(why));
            }
        }
        Ok(())
    }
}

/// The headers and parameters that a signature covers, in lower case.
struct Signature {
    headers: Vec<String>,
    parameters: Vec<String>,
}

impl Signature {
    /// `None` if the request does not carry a signature of this kind.
    fn of(head: &Parts, query: &Query) -> Option<Self> {
        let header = head.headers.get(http::header::AUTHORIZATION);
        let header = header.and_then(|value| value.to_str().ok());
        let from_header = header
            .filter(|text| text.contains("q-header-list="))
            .map(|text| Query::parse(&text.replace('+', "%2B")));
        let from = from_header.as_ref().unwrap_or(query);
        let list = |name| {
            let names = from.get(name)?.split(';').filter(|name| !name.is_empty());
            Some(names.map(str::to_ascii_lowercase).collect())
        };
        Some(Self {
            headers: list("q-header-list")?,
            parameters: list("q-url-param-list")?,
        })
    }
}

fn read(document: &Element) -> Vec<Rule> {
    let lists = |rule: &Element, list: &str, entry: &str| {
        let found = rule.children.iter();
        let found = found.filter(|child| child.name.eq_ignore_ascii_case(list));
        let texts = found.flat_map(|list| texts(list, entry));
        texts
            .map(|text| text.to_ascii_lowercase())
            .collect::<Vec<_>>()
    };
    let rules = all(document, "Rule").map(|rule| Rule {
        actions: lists(rule, "actionlist", "action")
            .into_iter()
            .map(|action| action.trim_start_matches("name/cos:").to_owned())
            .collect(),
        headers: lists(rule, "headerlist", "header"),
        parameters: lists(rule, "paramlist", "param"),
    });
    rules.collect()
}

/// The first name that is present and must be signed, but is not. The signature cannot cover itself.
fn unsigned(
    mut there: impl Iterator<Item = String>,
    wanted: &[String],
    signed: &[String],
) -> Option<String> {
    there.find(|name| {
        let is_wanted = wanted
            .iter()
            .any(|wanted| wanted == "all" || wanted == name);
        is_wanted && !signed.contains(name) && !name.starts_with("q-") && name != "authorization"
    })
}
