//! `MediaInputInfo`: what a task is about. Follows: mps.md section 4.1.

use backlot_http::cloud_api::{ApiError, Parameter};

use super::refuse::unsupported;
use crate::mps::request::Source;

/// Where a source is.
#[derive(Clone, Copy)]
enum Place {
    Cos,
    Url,
    /// The platform knows it, the emulator does not.
    Elsewhere,
}

const PLACES: [(&str, Place); 4] = [
    ("COS", Place::Cos),
    ("URL", Place::Url),
    ("AWS-S3", Place::Elsewhere),
    ("VOD", Place::Elsewhere),
];

/// Reads `InputInfo`. An object need not exist; a URL is not fetched.
pub fn input_info(input: Parameter<'_>) -> Result<Source, ApiError> {
    let parameters = input.object()?;
    parameters.only(&[
        "Type",
        "CosInputInfo",
        "UrlInputInfo",
        "S3InputInfo",
        "VODInputInfo",
    ])?;
    let place = parameters.required("Type", |kind| {
        let place = kind.clone().one_of(&PLACES)?;
        match place {
            Place::Elsewhere => Err(unsupported(&kind.invalid(String::new()))),
            known => Ok(known),
        }
    })?;
    if let Place::Url = place {
        let url = parameters.required("UrlInputInfo", |info| {
            let info = info.object()?;
            info.required("Url", |address| url(&address))
        })?;
        return Ok(Source::at_url(url));
    }
    parameters.required("CosInputInfo", |info| {
        let info = info.object()?;
        info.only(&["Bucket", "Region", "Object"])?;
        let key = info.required("Object", Parameter::filled_text)?;
        Ok(Source::unread(
            info.required("Bucket", Parameter::filled_text)?,
            info.required("Region", Parameter::filled_text)?,
            key.strip_prefix('/').unwrap_or(key),
        ))
    })
}

fn url<'a>(url: &Parameter<'a>) -> Result<&'a str, ApiError> {
    let text = url.clone().filled_text()?;
    if text.starts_with("http://") || text.starts_with("https://") {
        Ok(text)
    } else {
        Err(url
            .invalid("must begin with `http://` or `https://`")
            .into())
    }
}
