//! `TriggerDesc` and `TriggerName`: what sets a trigger off, in the words of the API.
//!
//! Follows: SCF reference, sections 14.2 and 14.4.

use super::cron::Cron;
use super::trigger::{Source, Trigger};
use crate::scf::surroundings::CosRule;
use backlot_base::json::{Object, Value};

/// Characters of the name of a timer at most.
const NAME_LIMIT: usize = 100;
/// Bytes of the argument of a timer at most. Follows: SCF reference, section 17.
const ARGUMENT_LIMIT: usize = 4096;
/// The end of the host of a bucket.
const COS_HOST: &str = ".myqcloud.com";

/// Why a description or a name is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTrigger {
    /// `TriggerDesc` cannot be read.
    #[error("`TriggerDesc` is not valid for a trigger of the type `{kind}`: {problem}")]
    Description {
        /// The type.
        kind: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// `CustomArgument` is too long.
    #[error("`CustomArgument` has {0} bytes; {ARGUMENT_LIMIT} are allowed")]
    Argument(usize),
    /// `TriggerName` cannot be used.
    #[error("`TriggerName` is not valid for a trigger of the type `{kind}`: {problem}")]
    Name {
        /// The type.
        kind: &'static str,
        /// What is wrong.
        problem: String,
    },
}

/// The types of which triggers can be made.
pub const KINDS: [&str; 4] = ["timer", "cos", "mps", "cls"];

impl Trigger {
    /// Refuses an argument that is too long.
    pub fn check_argument(&self) -> Result<(), InvalidTrigger> {
        match self.argument.len() {
            0..=ARGUMENT_LIMIT => Ok(()),
            length => Err(InvalidTrigger::Argument(length)),
        }
    }
}

impl Source {
    /// Reads what sets off a trigger of this type, one of [`KINDS`].
    pub fn read(kind: &'static str, name: &str, description: &str) -> Result<Self, InvalidTrigger> {
        let wrong = |problem| InvalidTrigger::Description { kind, problem };
        match kind {
            "timer" => cron(description).map(Self::Timer).map_err(wrong),
            "cos" => {
                let bucket = bucket(name).ok_or_else(|| InvalidTrigger::Name {
                    kind,
                    problem: format!(
                        "`{name}` is not the host of a bucket, such as `media-1250000000.cos.ap-guangzhou.myqcloud.com`"
                    ),
                })?;
                cos(bucket, description).map(Self::Cos).map_err(wrong)
            }
            "mps" => mps(description).map(Self::Mps).map_err(wrong),
            _ => match object(description) {
                Ok(described) => Ok(Self::Cls {
                    topic: topic(name, &described).map_err(wrong)?,
                    description: description.to_owned(),
                }),
                Err(problem) => Err(wrong(problem)),
            },
        }
    }

    /// As [`Source::read`], of a call that makes or changes a trigger.
    ///
    /// Choice: no page of the MPS trigger lists `ScheduleTask`, so only the configuration binds it.
    pub fn asked(
        kind: &'static str,
        name: &str,
        description: &str,
    ) -> Result<Self, InvalidTrigger> {
        match Self::read(kind, name, description)? {
            Self::Mps(event_type) if event_type == "ScheduleTask" => {
                let problem = "the trigger has no `eventType` of `ScheduleTask`".into();
                Err(InvalidTrigger::Description { kind, problem })
            }
            source => Ok(source),
        }
    }

    /// `TriggerDesc` in answers.
    pub fn describe(&self) -> String {
        let described = match self {
            Self::Timer(cron) => Object::new().with("cron", cron.to_string()),
            Self::Cos(rule) => {
                let filter = Object::new()
                    .with("Prefix", rule.prefix.as_str())
                    .with("Suffix", rule.suffix.as_str());
                Object::new()
                    .with("event", rule.events.join(","))
                    .with("filter", filter)
            }
            Self::Mps(event_type) => Object::new().with("eventType", event_type.as_str()),
            Self::Cls { description, .. } => return description.clone(),
        };
        Value::from(described).to_string()
    }

    /// The name of a trigger of which the caller gave `name`, which may be empty for some types.
    pub fn name(&self, name: &str) -> Result<String, InvalidTrigger> {
        let kind = self.kind();
        let wrong = |problem: String| Err(InvalidTrigger::Name { kind, problem });
        match self {
            Self::Timer(_) if !is_name(name) => wrong(format!(
                "a name has 1 to {NAME_LIMIT} letters, digits, `-` and `_`"
            )),
            // Only the last part of a resource is the name.
            Self::Mps(event_type) => {
                let expected = format!("{event_type}Event");
                let last = name.rsplit('/').next().unwrap_or(name);
                if last.is_empty() || last == expected {
                    return Ok(expected);
                }
                wrong(format!("it is `{expected}` for this type of event"))
            }
            Self::Cls { .. } if name.is_empty() => wrong("it is the id of the log topic".into()),
            _ => Ok(name.to_owned()),
        }
    }
}

/// The name of a trigger on a bucket: its host in a region.
pub fn cos_trigger_name(bucket: &str, region: &str) -> String {
    format!("{bucket}.cos.{region}{COS_HOST}")
}

fn is_name(name: &str) -> bool {
    (1..=NAME_LIMIT).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The bucket of a host `name-appid.cos.<region>.myqcloud.com`.
fn bucket(host: &str) -> Option<&str> {
    let (bucket, rest) = host.split_once('.')?;
    let region = rest.strip_suffix(COS_HOST)?.strip_prefix("cos.")?;
    (!bucket.is_empty() && !region.is_empty()).then_some(bucket)
}

fn object(text: &str) -> Result<Value, String> {
    let value = Value::parse(text).map_err(|error| format!("it is not JSON: {error}"))?;
    if value.as_object().is_none() {
        return Err(format!("it is {}, not an object", value.kind()));
    }
    Ok(value)
}

fn text(object: &Value, name: &str) -> Result<String, String> {
    match object.get(name) {
        None => Ok(String::new()),
        Some(value) => match value.as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(format!("`{name}` is {}, not a string", value.kind())),
        },
    }
}

/// The bare expression, as `CreateTrigger` takes it, or the object of answers.
fn cron(description: &str) -> Result<Cron, String> {
    if !description.trim_start().starts_with('{') {
        return description.parse().map_err(|error| format!("{error}"));
    }
    let described = object(description)?;
    let expression = text(&described, "cron")?;
    expression.parse().map_err(|error| format!("{error}"))
}

fn cos(bucket: &str, description: &str) -> Result<CosRule, String> {
    if has_blanks(description) {
        return Err("it must not have blanks outside of strings".into());
    }
    let described = object(description)?;
    let events = text(&described, "event")?;
    if events.is_empty() {
        return Err("it has no `event`, such as `cos:ObjectCreated:*`".into());
    }
    let nothing = Value::Object(Vec::new());
    let filter = described.get("filter").unwrap_or(&nothing);
    if filter.as_object().is_none() {
        return Err(format!("`filter` is {}, not an object", filter.kind()));
    }
    let suffix = text(filter, "Suffix")?;
    if !(suffix.is_empty() || suffix.starts_with('.')) {
        return Err(format!("the suffix `{suffix}` does not begin with a dot"));
    }
    Ok(CosRule {
        bucket: bucket.to_owned(),
        // Choice: a trigger of the configuration may have several events; they are written with commas.
        events: events.split(',').map(str::to_owned).collect(),
        prefix: text(filter, "Prefix")?,
        suffix,
    })
}

fn mps(description: &str) -> Result<String, String> {
    let event_type = text(&object(description)?, "eventType")?;
    if event_type.is_empty() {
        return Err("it has no `eventType`, such as `WorkflowTask`".into());
    }
    Ok(event_type)
}

/// `topic_id` of a description, which may leave it out: the name of the trigger is that id as well.
fn topic(name: &str, described: &Value) -> Result<String, String> {
    let id = text(described, "topic_id")?;
    Ok(if id.is_empty() { name.to_owned() } else { id })
}

/// Whether JSON has white space between its tokens.
fn has_blanks(text: &str) -> bool {
    let (mut is_inside, mut is_escaped) = (false, false);
    for byte in text.trim().bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_inside => is_escaped = true,
            b'"' => is_inside = !is_inside,
            byte if !is_inside && byte.is_ascii_whitespace() => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "media-1250000000.cos.ap-guangzhou.myqcloud.com";

    #[test]
    fn what_is_written_is_read_again() {
        let cos = r#"{"event":"cos:ObjectCreated:*","filter":{"Prefix":"a b/","Suffix":".mp4"}}"#;
        for (kind, name, description, answered) in [
            (
                "timer",
                "t",
                "0 */5 * * * * *",
                r#"{"cron":"0 */5 * * * * *"}"#,
            ),
            ("cos", HOST, cos, cos),
            (
                "cos",
                HOST,
                r#"{"bucketUrl":"x","event":"cos:ObjectRemove:Delete"}"#,
                r#"{"event":"cos:ObjectRemove:Delete","filter":{"Prefix":"","Suffix":""}}"#,
            ),
            (
                "mps",
                "",
                r#"{"eventType":"WorkflowTask"}"#,
                r#"{"eventType":"WorkflowTask"}"#,
            ),
            ("cls", "topic", r#"{"topic_id":"t"}"#, r#"{"topic_id":"t"}"#),
        ] {
            let source = Source::read(kind, name, description).unwrap();
            assert_eq!(source.describe(), answered);
            assert_eq!(Source::read(kind, name, answered).unwrap(), source);
        }
    }

    #[test]
    fn mistakes_are_told() {
        for (kind, name, description, expected) in [
            ("timer", "t", "* * *", "has 3 fields"),
            ("timer", "t", r#"{"cron":1}"#, "`cron` is a number"),
            (
                "cos",
                "media-1250000000",
                "{}",
                "is not the host of a bucket",
            ),
            ("cos", HOST, "{}", "has no `event`"),
            ("cos", HOST, "", "it is not JSON"),
            ("cos", HOST, r#"{"event": "cos:ObjectCreated:*"}"#, "blanks"),
            (
                "cos",
                HOST,
                r#"{"event":"cos:ObjectCreated:*","filter":{"Suffix":"mp4"}}"#,
                "does not begin with a dot",
            ),
            ("mps", "", "{}", "has no `eventType`"),
            ("cls", "t", "[]", "it is an array"),
            ("cls", "t", r#"{"topic_id":1}"#, "`topic_id` is a number"),
        ] {
            let mistake = Source::read(kind, name, description).unwrap_err();
            let mistake = mistake.to_string();
            assert!(mistake.contains(expected), "{description}: {mistake}");
        }
    }

    #[test]
    fn a_log_topic_is_named_by_the_description_or_by_the_name() {
        for (description, expected) in [(r#"{"topic_id":"t"}"#, "t"), (r#"{"max_wait":60}"#, "n")] {
            let Source::Cls { topic, .. } = Source::read("cls", "n", description).unwrap() else {
                panic!("it is of the type `cls`");
            };
            assert_eq!(topic, expected);
        }
    }

    #[test]
    fn names_depend_on_the_type() {
        let timer = Source::read("timer", "", "* * * * *").unwrap();
        assert_eq!(timer.name("every_night-2").unwrap(), "every_night-2");
        for name in ["", "a b", &"n".repeat(101)] {
            timer.name(name).unwrap_err();
        }
        let mps = Source::Mps("WorkflowTask".into());
        for name in [
            "",
            "WorkflowTaskEvent",
            "qcs::mps::uin/1:TriggerType/WorkflowTaskEvent",
        ] {
            assert_eq!(mps.name(name).unwrap(), "WorkflowTaskEvent");
        }
        mps.name("EditMediaTaskEvent").unwrap_err();
        assert_eq!(cos_trigger_name("media-1250000000", "ap-guangzhou"), HOST);
    }
}
