//! `DescribeMediaMetaData`: what is known of a file, without a task. Follows: mps.md section 11.1.

use super::process_media::{failed, note_unsupported};
use crate::mps::Mps;
use crate::mps::engine::probe::Media;
use crate::mps::meta_data;
use crate::mps::profile::Profile;
use crate::mps::request::api::input_info;
use backlot_base::json::Object;
use backlot_http::cloud_api::{ApiCall, ApiError, ApiResult, Parameter, Parameters};

/// Looks at a source. `Mode` only says how thoroughly.
pub(super) async fn describe_media_meta_data(mps: &Mps, call: ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    parameters.optional("Mode", Parameter::text)?;
    let source = parameters.required("InputInfo", input_info);
    let source = source.inspect_err(|error| note_unsupported(mps, &call, error))?;
    let found = mps.inner.source(&source).await;
    let media = found.map_err(|error| failed(&error))?;
    let Some(media) = media.as_ref().and_then(Media::of) else {
        let message = format!(
            "The source `/{}` does not exist, or is too small to be media.",
            source.key
        );
        return Err(ApiError::new("InvalidParameterValue.SrcFile", message));
    };
    let meta_data = meta_data::of_source(Profile::Modern, &media);
    Ok(Object::new().with("MetaData", meta_data).into())
}
