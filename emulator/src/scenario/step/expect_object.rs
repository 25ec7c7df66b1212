//! `expect-object`: objects are there, as described.

use serde::Deserialize;

use crate::scenario::failure::{ClaimResult, Failure};
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
    pub(super) async fn check(&self, context: &mut StepContext<'_>) -> ClaimResult {
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
            return Ok(vec![self.miscounted(bucket, keys.len(), &all)]);
        }
        let mut found = Vec::new();
        for key in keys {
            // An object can be gone since; then there is nothing to check.
            if let Some((record, body)) = cos.get_object(bucket, &key).await.map_err(unreadable)? {
                let bucket = bucket.clone();
                let object = StoredObject::from(Stored {
                    bucket,
                    record,
                    body,
                });
                found.extend(self.misses(&object));
            }
        }
        Ok(found)
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

    /// What about an object is not as claimed.
    fn misses(&self, object: &StoredObject) -> Vec<Failure> {
        let key = &object.key;
        let found = String::from_utf8_lossy(&object.body);
        let json = self.json.as_ref().and_then(|expected| {
            let actual = match json::Value::parse(&found) {
                Ok(actual) => actual,
                Err(error) => return Some(Failure::new(format!("`{key}` is not JSON: {error}"))),
            };
            let difference = json::differences(expected, &actual).into_iter().next()?;
            Some(Failure::new(format!("`{key}`: {difference}")))
        });
        let is_other = |expected: &String| *expected != found;
        let text = self.text.as_ref().filter(|text| is_other(text)).map(|_| {
            let title = format!("`{key}` holds another text");
            Failure::new(title).hint(format!("it is `{found}`"))
        });
        let content_type = self.content_type.as_ref();
        let content_type = content_type.filter(|wanted| **wanted != object.content_type);
        let content_type = content_type.map(|expected| {
            let found = &object.content_type;
            Failure::new(format!(
                "`{key}` has content type `{found}`, expected `{expected}`"
            ))
        });
        json.into_iter().chain(text).chain(content_type).collect()
    }
}

fn unreadable(error: impl std::fmt::Display) -> Failure {
    Failure::new(format!("the buckets cannot be read: {error}"))
}
