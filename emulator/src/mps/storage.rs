//! How notifications name the places of inputs and outputs. Follows: mps.md section 4.1.

use backlot_base::json::{Object, Value};

use super::profile::Profile;
use super::request::Source;

/// `MediaInputInfo` of an object in COS or at a URL.
///
/// Observed: a sample with a URL has the three texts of `CosInputInfo`, which are empty.
pub(super) fn input_info(profile: Profile, source: &Source) -> Value {
    if let Some(url) = &source.url {
        let nowhere = Object::new()
            .with("Bucket", "")
            .with("Region", "")
            .with("Object", "");
        return Object::new()
            .with("Type", "URL")
            .with("CosInputInfo", nowhere)
            .with("UrlInputInfo", Object::new().with("Url", url.as_str()))
            .with_if(profile.is_modern(), "S3InputInfo", Value::Null)
            .into();
    }
    let cos = Object::new()
        .with("Bucket", source.bucket.as_str())
        .with("Region", source.region.as_str())
        .with("Object", format!("/{}", source.key));
    Object::new()
        .with("Type", "COS")
        .with("CosInputInfo", cos)
        .with_if(profile.is_modern(), "UrlInputInfo", Value::Null)
        .with_if(profile.is_modern(), "S3InputInfo", Value::Null)
        .into()
}

/// `TaskOutputStorage` of a bucket in COS.
pub(super) fn output_storage(profile: Profile, bucket: &str, region: &str) -> Value {
    let cos = Object::new().with("Bucket", bucket).with("Region", region);
    Object::new()
        .with("Type", "COS")
        .with("CosOutputStorage", cos)
        .with_if(profile.is_modern(), "S3OutputStorage", Value::Null)
        .into()
}
