//! Sub-resources that need few checks: logging, acceleration, origin, tiering.
//!
//! Follows: COS reference, section 7, table.

use super::fields::{malformed, one_of, required};
use super::resource::Resource;
use crate::Inner;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use backlot_base::xml::Element;

/// The name of the document of a request.
pub(super) fn name(request: &CosRequest<'_>, resource: Resource) -> Result<String, Error> {
    let name = resource.family().name;
    match request.address.query.filled("id") {
        Some(id) if resource == Resource::IntelligentTiering => {
            check_id(id)?;
            Ok(format!("{name}/{id}"))
        }
        _ => Ok(name.to_owned()),
    }
}

/// Ids of rules are letters, digits and `-_.`, 64 at most.
pub(super) fn check_id(id: &str) -> Result<(), Error> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (1..=64).contains(&id.len()) && id.bytes().all(is_plain) {
        return Ok(());
    }
    Err(Error::from(error::INVALID_ARGUMENT)
        .because("An id must have 1 to 64 letters, digits, hyphens, underscores and dots."))
}

/// Checks the documented fields of a document.
pub(super) async fn check(
    cos: &Inner,
    bucket: &str,
    resource: Resource,
    given: Element,
) -> Result<Element, Error> {
    match resource {
        Resource::Accelerate => {
            one_of(&given, "Status", &["Enabled", "Suspended"])?;
        }
        Resource::Logging => check_logging(cos, bucket, &given).await?,
        Resource::Origin if given.find("OriginRule").is_none() => {
            return Err(malformed("OriginConfiguration needs an OriginRule."));
        }
        Resource::IntelligentTiering => {
            one_of(&given, "Status", &["Enabled", "Suspended", "Disabled"])?;
        }
        _ => {}
    }
    Ok(given)
}

/// Logs go to a bucket of the same region.
async fn check_logging(cos: &Inner, bucket: &str, given: &Element) -> Result<(), Error> {
    let Some(enabled) = given.find("LoggingEnabled") else {
        return Ok(());
    };
    let target = cos.store.bucket(required(enabled, "TargetBucket")?).await?;
    let region = cos.bucket(bucket).await?.region.clone();
    if target.is_some_and(|target| target.region == region) {
        return Ok(());
    }
    Err(error::INVALID_TARGET_BUCKET_FOR_LOGGING.into())
}
