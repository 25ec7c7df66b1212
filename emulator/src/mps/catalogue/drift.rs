//! How a captured payload has drifted from the model: what production sends today and backlot does not know.
//!
//! Two models are asked: the field tree of the official SDKs, and what the events of the catalogue have.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use jiff::Timestamp;

use crate::mps::profile::Profile;
use crate::mps::sample::{self, EventKind};
use crate::mps::schema::{self, Deviation, NOTIFICATION, TASK_DETAIL};
use backlot_base::json::Value;
use backlot_base::seed::Seed;

use super::entries;

/// What a comparison has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The profile that the payload was compared with.
    pub profile: Profile,
    /// The struct that the payload was taken for.
    pub model: &'static str,
    /// What is unlike, in the order of the payload.
    pub findings: Vec<Finding>,
    /// Deviations that published samples have as well.
    pub known: Vec<Deviation>,
}

/// One place that is unlike the models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is unlike the field tree.
    Deviation(Deviation),
    /// The field tree has the field, and no event of the catalogue does.
    NotMade {
        /// Where, as `--set` takes it.
        path: String,
    },
}

/// Why a payload is not compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DriftError {
    /// It is no JSON.
    #[error("the payload is not JSON: {0}")]
    NotJson(String),
    /// It is about no task of MPS.
    #[error(
        "the payload has neither `EventType`, as notifications have, nor `TaskType`, as answers of `DescribeTaskDetail` have"
    )]
    NotOfMps,
}

/// Compares a payload: a notification, or an answer of `DescribeTaskDetail` or `ParseNotification` with or without its
/// `Response`. Without `profile`, the payload is taken for a modern one if it has what only modern ones have.
pub fn drift_of(payload: &[u8], profile: Option<Profile>) -> Result<Drift, DriftError> {
    let not_json = |why: &dyn fmt::Display| DriftError::NotJson(why.to_string());
    let text = std::str::from_utf8(payload).map_err(|error| not_json(&error))?;
    let value = Value::parse(text).map_err(|error| not_json(&error))?;
    let value = value.get("Response").unwrap_or(&value);
    let model = if value.get("EventType").is_some() {
        NOTIFICATION
    } else if value.get("TaskType").is_some() {
        TASK_DETAIL
    } else {
        return Err(DriftError::NotOfMps);
    };
    let profile = profile.unwrap_or_else(|| profile_of(model, value));
    let (mut findings, mut known) = (Vec::new(), Vec::new());
    for deviation in schema::deviations(model, value, profile) {
        if deviation.known.is_some() {
            known.push(deviation);
        } else {
            findings.push(Finding::Deviation(deviation));
        }
    }
    let made = made(profile);
    schema::walk(model, value, &mut |path, place| {
        let is_there = place.field.is_some() && place.value.is_some();
        if is_there
            && !AROUND.contains(&place.owner)
            && !made.contains(&(place.owner, place.name.to_owned()))
        {
            findings.push(Finding::NotMade {
                path: path.join("."),
            });
        }
    });
    Ok(Drift {
        profile,
        model,
        findings,
        known,
    })
}

/// What is around a task: it depends on how the payload was got, not on the task.
const AROUND: [&str; 3] = [NOTIFICATION, TASK_DETAIL, "TaskNotifyConfig"];

/// What only modern payloads have: the whole envelope, or codes in words.
fn profile_of(model: &'static str, value: &Value) -> Profile {
    let mut is_modern = value.get("ScheduleTaskEvent").is_some();
    schema::walk(model, value, &mut |_, place| {
        is_modern |= place.name == "ErrCodeExt" && place.value.is_some();
    });
    if is_modern {
        Profile::Modern
    } else {
        Profile::Legacy
    }
}

/// A struct and a field of it.
type Member = (&'static str, String);

/// The members that the events of the catalogue have in a profile.
fn made(profile: Profile) -> &'static BTreeSet<Member> {
    static LEGACY: LazyLock<BTreeSet<Member>> = LazyLock::new(|| members(Profile::Legacy));
    static MODERN: LazyLock<BTreeSet<Member>> = LazyLock::new(|| members(Profile::Modern));
    match profile {
        Profile::Legacy => &LEGACY,
        Profile::Modern => &MODERN,
    }
}

fn members(profile: Profile) -> BTreeSet<Member> {
    let mut members = BTreeSet::new();
    for entry in entries() {
        let kind = EventKind::Entry(entry);
        let event = sample::event(kind, profile, Seed(1), Timestamp::UNIX_EPOCH);
        schema::walk(NOTIFICATION, &event, &mut |_, place| {
            if place.value.is_some() {
                members.insert((place.owner, place.name.to_owned()));
            }
        });
    }
    members
}

impl Drift {
    /// Whether the payload is as the models have it.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Finding {
    /// Where it is, as `--set` takes it.
    pub fn path(&self) -> &str {
        match self {
            Self::Deviation(deviation) => &deviation.path,
            Self::NotMade { path } => path,
        }
    }

    /// The word for it in JSON reports.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Deviation(deviation) => deviation.what.word(),
            Self::NotMade { .. } => "not-made",
        }
    }
}

/// Fits behind its path.
impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deviation(deviation) => deviation.what.fmt(out),
            Self::NotMade { .. } => {
                out.write_str("the model has the field, but the events of backlot do not")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Value {
        let entry = super::super::find("workflow/transcode").unwrap();
        let at = Timestamp::UNIX_EPOCH;
        sample::event(EventKind::Entry(entry), Profile::Modern, Seed(1), at)
    }

    fn lines(value: &Value) -> Vec<String> {
        let drift = drift_of(value.to_string().as_bytes(), None).unwrap();
        assert_eq!(drift.profile, Profile::Modern);
        let findings = drift.findings.iter();
        let lines = findings.map(|finding| format!("{} {}", finding.word(), finding.path()));
        lines.collect()
    }

    #[test]
    fn an_event_of_the_catalogue_has_not_drifted() {
        assert_eq!(lines(&event()), [""; 0]);
    }

    #[test]
    fn each_kind_of_change_is_found_where_it_is() {
        let mut changed = event();
        let task = "WorkflowTaskEvent.MediaProcessResultSet.0.TranscodeTask";
        for change in [
            format!("{task}.Output.Bitrate=\"468240\""),
            format!("{task}.Status=SKIPPED"),
            format!("{task}.Output.Usage={{}}"),
            format!("{task}.Output.VideoStreamSet.0.Hue=1"),
            "WorkflowTaskEvent.ErrCode=null".to_owned(),
        ] {
            changed.set(&change.parse().unwrap()).unwrap();
        }
        let text = changed
            .to_string()
            .replacen(r#""ExtInfo":"""#, r#""ExtInfo":5"#, 1);
        let found = lines(&Value::parse(&text).unwrap());
        assert_eq!(
            found,
            [
                "null WorkflowTaskEvent.ErrCode".to_owned(),
                format!("unknown-value {task}.Status"),
                format!("other-type {task}.Output.Bitrate"),
                format!("unknown-field {task}.Output.VideoStreamSet.0.Hue"),
                "other-type ExtInfo".to_owned(),
                format!("not-made {task}.Output.Usage"),
            ]
        );
        let text = event()
            .to_string()
            .replacen(r#""Message":"SUCCESS","#, "", 1);
        let found = lines(&Value::parse(&text).unwrap());
        assert_eq!(found, ["missing-field WorkflowTaskEvent.Message"]);
    }

    #[test]
    fn an_answer_is_compared_without_its_response() {
        let task = event().get("WorkflowTaskEvent").cloned().unwrap();
        let answer = format!(
            r#"{{"Response":{{"TaskType":"WorkflowTask","Status":"FINISH","WorkflowTask":{task}}}}}"#
        );
        let drift = drift_of(answer.as_bytes(), None).unwrap();
        assert_eq!((drift.model, drift.profile), (TASK_DETAIL, Profile::Modern));
        let paths: Vec<_> = drift.findings.iter().map(Finding::path).collect();
        assert!(paths.contains(&"CreateTime"), "{paths:?}");
        assert!(paths.iter().all(|path| !path.contains('.')), "{paths:?}");
    }

    #[test]
    fn what_is_no_payload_is_refused() {
        assert!(matches!(drift_of(b"{", None), Err(DriftError::NotJson(_))));
        assert_eq!(drift_of(b"{}", None), Err(DriftError::NotOfMps));
    }
}
