//! `TaskOutputStorage` and `OutputDir`: where outputs go. Follows: mps.md sections 4.1 and 10.2.

use backlot_http::cloud_api::{ApiError, Parameter, ParameterError, Parameters};

use super::refuse::unsupported;

/// A bucket for outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Storage {
    pub(super) bucket: String,
    pub(super) region: String,
}

/// Reads `OutputStorage`.
pub(super) fn storage(storage: Parameter<'_>) -> Result<Storage, ApiError> {
    let parameters = storage.object()?;
    parameters.only(&[
        "Type",
        "CosOutputStorage",
        "S3OutputStorage",
        "VODOutputStorage",
    ])?;
    parameters.required("Type", |kind| {
        let kinds = [("COS", true), ("AWS-S3", false), ("VOD", false)];
        if kind.clone().one_of(&kinds)? {
            Ok(())
        } else {
            Err(unsupported(&kind.invalid(String::new())))
        }
    })?;
    parameters.required("CosOutputStorage", |cos| {
        let cos = cos.object()?;
        cos.only(&["Bucket", "Region"])?;
        Ok(Storage {
            bucket: cos.required("Bucket", Parameter::filled_text)?.to_owned(),
            region: cos.required("Region", Parameter::filled_text)?.to_owned(),
        })
    })
}

/// Reads `OutputDir`, which begins and ends with `/`.
///
/// Choice: public requests also leave these slashes out, so they are added.
pub(super) fn directory(dir: Parameter<'_>) -> Result<Option<String>, ParameterError> {
    let text = dir.text()?;
    let inner = text.trim_matches('/');
    Ok(match (text, inner) {
        ("", _) => None,
        (_, "") => Some("/".to_owned()),
        (_, inner) => Some(format!("/{inner}/")),
    })
}

/// Reads the `OutputStorage` of a sub-task: the bucket.
///
/// Deviates: results tell one region for all outputs of a task, so another region is refused.
pub(super) fn own_bucket(
    parameters: &Parameters<'_>,
    region: &str,
) -> Result<Option<String>, ApiError> {
    parameters.optional("OutputStorage", |own| {
        let refused = own.invalid(String::new());
        let own = storage(own)?;
        if own.region == region {
            Ok(own.bucket)
        } else {
            Err(unsupported(&ParameterError {
                path: format!("{}.CosOutputStorage.Region", refused.path),
                ..refused
            }))
        }
    })
}

/// Reads the path or the name of an output; an empty one stands for the default.
pub(super) fn path(parameters: &Parameters<'_>, name: &str) -> Result<Option<String>, ApiError> {
    let path = parameters.optional(name, Parameter::text)?;
    Ok(path.filter(|path| !path.is_empty()).map(str::to_owned))
}
