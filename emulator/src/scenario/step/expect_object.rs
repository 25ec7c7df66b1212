//! `expect-object`: objects are there, as described.

use serde::Deserialize;

use crate::scenario::failure::{Failure, StepResult};
use crate::scenario::outcome::StoredObject;
use crate::scenario::step_context::StepContext;
use backlot_base::fault::rule::matches_pattern;
use backlot_base::json;
use backlot_base::words;
use backlot_cos::Stored;

/// The number of keys that are shown when another one was expected.
const KEYS_SHOWN: usize = 5;

/// A claim about the objects of a bucket, once the chain is idle. What is left out is not claimed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExpectObject {
    /// The bucket's full name; the archive's if left out.
    #[serde(default)]
    pub bucket: Option<String>,
    /// A key in which `*` stands for any text.
    pub key: String,
    /// How many objects have such a key; at least one if left out.
    #[serde(default)]
    pub count: Option<usize>,
    /// Each of them is JSON and has at least these members.
    #[serde(default)]
    pub json: Option<json::Value>,
    /// Each of them is this text.
    #[serde(default)]
    pub text: Option<String>,
    /// Each of them has this content type.
    #[serde(default)]
    pub content_type: Option<String>,
}

impl ExpectObject {
    pub(super) async fn run(&self, context: &mut StepContext<'_>) -> StepResult {
        context.rest().await?;
        let bucket = self.bucket.as_ref().unwrap_or(&context.archive.bucket);
        let cos = &context.stage.services().cos;
        // Only keys that begin like the wanted ones are listed, and only objects that have such a key are read.
        let beginning = self.key.split('*').next().unwrap_or_default();
        let mut keys = cos.keys(bucket, beginning).await.map_err(unreadable)?;
        keys.retain(|key| matches_pattern(&self.key, key));
        if !self
            .count
            .map_or(!keys.is_empty(), |count| count == keys.len())
        {
            let all = cos.keys(bucket, "").await.map_err(unreadable)?;
            return Err(self.miscounted(bucket, keys.len(), &all));
        }
        for key in keys {
            // An object can be gone since; then there is nothing to check.
            if let Some((record, body)) = cos.get_object(bucket, &key).await.map_err(unreadable)? {
                self.check(&StoredObject::from(Stored {
                    bucket: bucket.clone(),
                    record,
                    body,
                }))?;
            }
        }
        Ok(())
    }

    fn miscounted(&self, bucket: &str, found: usize, all: &[String]) -> Failure {
        let expected = match self.count {
            Some(count) => words::count(count, "object", "objects"),
            None => "at least one object".to_owned(),
        };
        let keys = all.iter().take(KEYS_SHOWN);
        let keys: Vec<_> = keys.map(|key| format!("`{key}`")).collect();
        let more = all.len() - keys.len();
        let shown = match (keys.is_empty(), more) {
            (true, _) => "the bucket is empty".to_owned(),
            (false, 0) => format!("the bucket holds {}", keys.join(", ")),
            (false, more) => format!("the bucket holds {} and {more} more", keys.join(", ")),
        };
        let key = &self.key;
        let found = match found {
            0 => "none".to_owned(),
            found => found.to_string(),
        };
        let title = format!("expected {expected} matching `{key}` in `{bucket}`, found {found}");
        Failure::new(title).hint(shown)
    }

    fn check(&self, object: &StoredObject) -> StepResult {
        let key = &object.key;
        let found = String::from_utf8_lossy(&object.body);
        if let Some(expected) = &self.json {
            let actual = json::Value::parse(&found)
                .map_err(|error| Failure::new(format!("`{key}` is not JSON: {error}")))?;
            if let Some(difference) = json::differences(expected, &actual).first() {
                return Err(Failure::new(format!("`{key}`: {difference}")));
            }
        }
        if self
            .text
            .as_ref()
            .is_some_and(|expected| *expected != found)
        {
            let title = format!("`{key}` holds another text");
            return Err(Failure::new(title).hint(format!("it is `{found}`")));
        }
        match &self.content_type {
            Some(expected) if *expected != object.content_type => Err(Failure::new(format!(
                "`{key}` has content type `{}`, expected `{expected}`",
                object.content_type
            ))),
            _ => Ok(()),
        }
    }
}

fn unreadable(error: impl std::fmt::Display) -> Failure {
    Failure::new(format!("the buckets cannot be read: {error}"))
}
