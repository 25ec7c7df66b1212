//! `?replication`: rules that copy objects to other buckets. They are stored, but no object is copied.
//!
//! Follows: COS reference, section 7, table.

use super::fields::{all, malformed, one_of, required};
use super::resource::Resource;
use crate::Inner;
use crate::bucket::versioning::Versioning;
use crate::request::error::{self, Error};
use crate::request::http_date::http_date;
use crate::request::reply::Reply;
use backlot_base::xml::Element;

/// The attribute that holds the time of creation; attributes that clients send are dropped.
const CREATED: &str = "created";

/// Checks the rules. The bucket must keep versions.
pub(super) async fn check(cos: &Inner, bucket: &str, given: Element) -> Result<Element, Error> {
    required(&given, "Role")?;
    let mut ids = Vec::new();
    for rule in all(&given, "Rule") {
        one_of(rule, "Status", &["Enabled", "Disabled"])?;
        let destination = rule
            .find("Destination")
            .ok_or_else(|| malformed("A Rule needs a Destination."))?;
        required(destination, "Bucket")?;
        let id = rule.text_of("ID").unwrap_or_default();
        if !id.is_empty() && ids.contains(&id) {
            return Err(malformed(format!("The ID {id} comes twice.")));
        }
        ids.push(id);
    }
    if ids.is_empty() {
        return Err(malformed("ReplicationConfiguration needs a Rule."));
    }
    if !cos.keeps_versions(bucket).await? {
        return Err(error::INVALID_BUCKET_STATE.into());
    }
    Ok(given.attribute(CREATED, http_date(cos.context.clock.now())))
}

/// Adds when the rules were created.
pub(super) fn describe(
    resource: Resource,
    found: Option<&Element>,
    reply: Reply,
) -> Result<Reply, Error> {
    let attributes = found.map(|element| element.attributes.iter());
    let created = attributes.and_then(|mut all| all.find(|(name, _)| name == CREATED));
    match created {
        Some((_, date)) if resource == Resource::Replication => {
            reply.header("x-cos-replication-rule-creation-time", date.as_bytes())
        }
        _ => Ok(reply),
    }
}

impl Inner {
    /// Whether a bucket keeps versions of its objects now.
    pub(crate) async fn keeps_versions(&self, bucket: &str) -> Result<bool, Error> {
        let record = self.bucket(bucket).await?;
        Ok(Versioning::of(&record) == Versioning::Enabled)
    }
}
