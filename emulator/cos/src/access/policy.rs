//! Policies: JSON of version 2.0 that allows and denies.
//!
//! Pure: a policy, a question and the values of the request's conditions go in, a verdict comes out. Deny beats allow. A
//! document that cannot be read and an unsupported condition deny, and the reason says so.
//! Follows: CAM, "Policy syntax", and COS reference, section 10.

use serde_json::{Map, Value};

use super::condition::{Condition, Held, Lookup, texts};
use super::glob;

/// A parsed policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq)]
struct Statement {
    allows: bool,
    /// The principals that it names; `None` if it names none.
    principals: Option<Vec<String>>,
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Vec<Condition>,
}

/// Why a text is not a valid policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The text is not JSON.
    #[error("the policy is not JSON: {0}")]
    NotJson(String),
    /// The JSON does not have the shape of a policy.
    #[error("{0}")]
    Shape(String),
}

/// Where a policy is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attached {
    /// To a user or a session: its statements are about the holder.
    ToHolder,
    /// To a bucket: its statements name their principals.
    ToBucket,
}

/// The caller, the action and the resource of a request.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The principal's resource name, or `None` for an unsigned request.
    pub principal: Option<&'a str>,
    /// `name/cos:GetObject`.
    pub action: &'a str,
    /// The resource.
    pub resource: Resource<'a>,
}

/// The resource of an action.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
    /// `ap-guangzhou`.
    pub region: &'a str,
    /// The account's APPID.
    pub appid: &'a str,
    /// The bucket's full name; empty for the service.
    pub bucket: &'a str,
    /// The key, or the prefix of a listing; empty for the bucket.
    pub key: &'a str,
    /// Whether `key` is the prefix of a listing.
    pub is_listing: bool,
}

/// The verdict of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No statement applies.
    Silent,
    /// A statement allows it, and none denies it.
    Allowed,
    /// A statement denies it.
    Denied,
    /// A statement that may apply has a condition with an unsupported operator.
    Unknown(String),
}

impl Policy {
    /// Reads a document. The names of its members may be written in any case.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let document: Value =
            serde_json::from_str(text).map_err(|error| PolicyError::NotJson(error.to_string()))?;
        let document = members(&document).ok_or_else(|| shape("the policy is not an object"))?;
        let mut shared = None;
        let mut statements = None;
        for (name, value) in &document {
            match name.as_str() {
                "version" if *value == &Value::from("2.0") => {}
                "version" => return Err(shape("the version of a policy is \"2.0\"")),
                "principal" => shared = Some(principals(value)?),
                "statement" => statements = Some(*value),
                "id" => {}
                other => return Err(shape(&format!("a policy has no member `{other}`"))),
            }
        }
        if !document.iter().any(|(name, _)| name == "version") {
            return Err(shape("the policy has no version"));
        }
        let statements = match statements {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(one @ Value::Object(_)) => vec![one],
            _ => return Err(shape("the policy has no list of statements")),
        };
        let statements = statements.into_iter().map(|value| {
            let mut statement = Statement::parse(value)?;
            statement.principals = statement.principals.or_else(|| shared.clone());
            Ok(statement)
        });
        Ok(Self {
            statements: statements.collect::<Result<_, _>>()?,
        })
    }

    /// The verdict of the policy about a question.
    pub fn judge(
        &self,
        question: &Question<'_>,
        attached: Attached,
        lookup: &Lookup<'_>,
    ) -> Verdict {
        let mut verdict = Verdict::Silent;
        for statement in &self.statements {
            if !statement.is_about(question, attached) {
                continue;
            }
            match statement.holds(lookup) {
                Held::No => {}
                Held::Unknown(operator) => return Verdict::Unknown(operator),
                Held::Yes if statement.allows => {
                    if verdict == Verdict::Silent {
                        verdict = Verdict::Allowed;
                    }
                }
                // An unknown condition further down would deny as well.
                Held::Yes => verdict = Verdict::Denied,
            }
        }
        verdict
    }
}

impl Statement {
    fn parse(value: &Value) -> Result<Self, PolicyError> {
        let members = members(value).ok_or_else(|| shape("a statement is not an object"))?;
        let mut statement = Self {
            allows: false,
            principals: None,
            actions: Vec::new(),
            resources: Vec::new(),
            conditions: Vec::new(),
        };
        let mut has_effect = false;
        for (name, value) in members {
            match name.as_str() {
                "effect" => {
                    let effect = value.as_str().unwrap_or_default();
                    statement.allows = effect.eq_ignore_ascii_case("allow");
                    if !statement.allows && !effect.eq_ignore_ascii_case("deny") {
                        return Err(shape("the effect is neither allow nor deny"));
                    }
                    has_effect = true;
                }
                "principal" => statement.principals = Some(principals(value)?),
                "action" => statement.actions = list(value, "action")?,
                "resource" => statement.resources = list(value, "resource")?,
                "condition" => statement.conditions = conditions(value)?,
                "sid" | "id" => {}
                other => return Err(shape(&format!("a statement has no member `{other}`"))),
            }
        }
        let missing = [
            ("effect", !has_effect),
            ("action", statement.actions.is_empty()),
            ("resource", statement.resources.is_empty()),
        ];
        match missing.iter().find(|(_, is_missing)| *is_missing) {
            Some((name, _)) => Err(shape(&format!("a statement has no {name}"))),
            None => Ok(statement),
        }
    }

    fn is_about(&self, question: &Question<'_>, attached: Attached) -> bool {
        let names_caller = match (&self.principals, attached) {
            (Some(names), _) => names
                .iter()
                .any(|name| is_principal(name, question.principal)),
            (None, Attached::ToHolder) => true,
            (None, Attached::ToBucket) => false,
        };
        names_caller
            && self
                .actions
                .iter()
                .any(|name| is_action(name, question.action))
            && self
                .resources
                .iter()
                .any(|name| question.resource.is_in(name))
    }

    fn holds(&self, lookup: &Lookup<'_>) -> Held {
        let mut all = Held::Yes;
        for condition in &self.conditions {
            match condition.holds(lookup) {
                Held::Yes => {}
                Held::No => return Held::No,
                unknown @ Held::Unknown(_) => all = unknown,
            }
        }
        all
    }
}

impl Resource<'_> {
    /// Whether a pattern such as `qcs::cos:ap-guangzhou:uid/1250000000:bucket-1250000000/prefix*` covers it.
    fn is_in(&self, pattern: &str) -> bool {
        if pattern == "*" {
            return true;
        }
        let parts: Vec<_> = pattern.splitn(6, ':').collect();
        let ["qcs", _project, service, region, account, path] = parts.as_slice() else {
            return false;
        };
        let any =
            |pattern: &str, text: &str| pattern.is_empty() || glob::matches(pattern, text, false);
        any(service, "cos")
            && any(region, self.region)
            && any(account, &format!("uid/{}", self.appid))
            && self.is_path(path)
    }

    fn is_path(&self, pattern: &str) -> bool {
        // Observed: older examples write `prefix//1250000000/bucket/key` for `bucket-1250000000/key`.
        let renamed = pattern.strip_prefix("prefix//").and_then(|rest| {
            let (appid, rest) = rest.split_once('/')?;
            let (name, key) = rest.split_once('/').unwrap_or((rest, ""));
            Some(match name {
                "*" | "" => "*".to_owned(),
                _ => format!("{name}-{appid}/{key}"),
            })
        });
        let pattern = renamed.as_deref().unwrap_or(pattern);
        if self.bucket.is_empty() {
            return pattern == "*";
        }
        let path = format!("{}/{}", self.bucket, self.key);
        if glob::matches(pattern, &path, false) {
            return true;
        }
        // A bucket is written with and without the slash behind it. Choice: a pattern that covers the bucket covers
        // the listings of all its prefixes.
        let is_of_bucket = self.key.is_empty() || self.is_listing;
        is_of_bucket
            && (glob::matches(pattern, self.bucket, false)
                || glob::matches(pattern, &path[..=self.bucket.len()], false))
    }
}

/// Whether an entry of a principal is the caller.
fn is_principal(entry: &str, caller: Option<&str>) -> bool {
    match (entry, caller) {
        ("*" | "qcs::cam::anyone:anyone", _) | ("qcs::cam::anonymous:anonymous", None) => true,
        (entry, Some(caller)) => glob::matches(entry, caller, false),
        (_, None) => false,
    }
}

/// Whether a pattern such as `name/cos:GetObject`, or `GetObject`, covers an action; case is significant.
fn is_action(pattern: &str, action: &str) -> bool {
    let bare = |text: &str| text.strip_prefix("name/").unwrap_or(text).to_owned();
    pattern == "*" || glob::matches(&bare(pattern), &bare(action), false)
}

fn conditions(value: &Value) -> Result<Vec<Condition>, PolicyError> {
    let object = value
        .as_object()
        .ok_or_else(|| shape("a condition is not an object"))?;
    let conditions = object.iter().map(|(name, keys)| {
        Condition::parse(name, keys)
            .ok_or_else(|| shape(&format!("the condition {name} needs keys with values")))
    });
    conditions.collect()
}

/// `{"qcs": [...]}`, a list, or one name.
fn principals(value: &Value) -> Result<Vec<String>, PolicyError> {
    match value.as_object() {
        Some(object) => {
            let lists = object.iter().map(|(kind, value)| match kind.as_str() {
                "qcs" => list(value, "principal"),
                other => Err(shape(&format!(
                    "a principal cannot be of the kind `{other}`"
                ))),
            });
            Ok(lists.collect::<Result<Vec<_>, _>>()?.concat())
        }
        None => list(value, "principal"),
    }
}

fn list(value: &Value, what: &str) -> Result<Vec<String>, PolicyError> {
    let found = match value {
        Value::String(_) | Value::Array(_) => texts(value),
        _ => None,
    };
    found.ok_or_else(|| shape(&format!("the {what} is neither a text nor a list of texts")))
}

/// The members of an object, with their names in lower case.
fn members(value: &Value) -> Option<Vec<(String, &Value)>> {
    let object: &Map<String, Value> = value.as_object()?;
    let members = object.iter();
    Some(
        members
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .collect(),
    )
}

fn shape(text: &str) -> PolicyError {
    PolicyError::Shape(text.to_owned())
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
