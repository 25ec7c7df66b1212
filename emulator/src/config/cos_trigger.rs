//! How the COS triggers of a function are written.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::scf::surroundings::CosRule;
use backlot_base::signal::FunctionTarget;
use backlot_cos::event::{EventPattern, Trigger};

/// What makes a function run: changes of objects in a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CosTriggerConfig {
    /// The bucket's full name.
    pub bucket: String,
    /// What has to happen, for example `cos:ObjectCreated:*`, which it is if left out.
    #[serde(default = "created")]
    pub events: Vec<EventPattern>,
    /// Keys begin with this.
    #[serde(default)]
    pub prefix: String,
    /// And end with this, a dot and more.
    #[serde(default, deserialize_with = "suffix")]
    pub suffix: String,
    /// Whether it is in force.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn created() -> Vec<EventPattern> {
    vec![EventPattern::CREATED]
}

fn yes() -> bool {
    true
}

/// Follows: SCF reference, section 14.2.
fn suffix<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() || text.starts_with('.') {
        return Ok(text);
    }
    let wanted = "it has to begin with a dot, such as `.mp4`";
    Err(D::Error::custom(format!(
        "`{text}` is not a suffix: {wanted}"
    )))
}

impl CosTriggerConfig {
    /// The changes that are meant.
    pub fn rule(&self) -> CosRule {
        let events = self.events.iter();
        CosRule {
            bucket: self.bucket.clone(),
            events: events.map(|event| event.as_str().to_owned()).collect(),
            prefix: self.prefix.clone(),
            suffix: self.suffix.clone(),
        }
    }

    /// What is meant.
    pub fn trigger(&self, function: &str) -> Trigger {
        Trigger {
            bucket: self.bucket.clone(),
            events: self.events.clone(),
            prefix: self.prefix.clone(),
            suffix: self.suffix.clone(),
            target: FunctionTarget::named(function),
        }
    }
}
