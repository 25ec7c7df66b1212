//! `?domain`: custom hosts of a bucket. Follows: COS reference, section 7, table.

use super::fields::{all, malformed, one_of, required, texts};
use super::resource::Resource;
use crate::Inner;
use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use backlot_base::xml::Element;

/// Checks the rules; a host belongs to one bucket only.
pub(super) async fn check(cos: &Inner, bucket: &str, given: Element) -> Result<Element, Error> {
    let mut hosts = Vec::new();
    for rule in all(&given, "DomainRule") {
        one_of(rule, "Status", &["ENABLED", "DISABLED"])?;
        one_of(rule, "Type", &["REST", "WEBSITE", "ACCELERATE"])?;
        hosts.push(required(rule, "Name")?.to_ascii_lowercase());
    }
    if hosts.is_empty() {
        return Err(malformed("DomainConfiguration needs a DomainRule."));
    }
    for other in cos.store.buckets().await? {
        if other.name == bucket {
            continue;
        }
        let Some(document) = cos.configuration(&other.name, "domain").await? else {
            continue;
        };
        let taken = all(&document, "DomainRule").flat_map(|rule| texts(rule, "Name"));
        if taken
            .map(|host| host.to_ascii_lowercase())
            .any(|host| hosts.contains(&host))
        {
            return Err(error::DOMAIN_CONFIG_CONFLICT.into());
        }
    }
    Ok(given)
}

/// Adds the text that the owner of a domain would have to publish.
pub(super) fn describe(
    cos: &Inner,
    bucket: &str,
    resource: Resource,
    reply: Reply,
) -> Result<Reply, Error> {
    if resource != Resource::Domain {
        return Ok(reply);
    }
    let drawn = cos.context.seed.draw(&["cos-domain", bucket]).hex(32);
    let text = format!("tencent-cloud-cos-verification={drawn}");
    reply.header("x-cos-domain-txt-verification", text.as_bytes())
}
