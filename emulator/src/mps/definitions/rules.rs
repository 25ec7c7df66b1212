//! What a template must be beside what its table says: rules about several members.

use super::family::Family;
use super::field::Field;
use super::read::{overlaid, read};
use crate::mps::template::{is_set, text};
use backlot_base::json::Value;
use backlot_http::cloud_api::{ApiError, Parameters};

/// The members of a new template.
pub(crate) fn new_members(family: Family, sent: &Parameters<'_>) -> Result<Value, ApiError> {
    let members = read(family.fields(), sent)?;
    check(family, &members)?;
    Ok(members)
}

/// What a template becomes of what it is. Members that are left out stay as they are.
pub(crate) fn changed_members(
    family: Family,
    kept: &Value,
    sent: &[(String, Value)],
) -> Result<Value, ApiError> {
    let fixed = |field: &&Field| field.is_fixed && sent.iter().any(|(name, _)| name == field.name);
    if let Some(field) = family.fields().iter().find(fixed) {
        let message = format!("The parameter `{}` does not exist.", field.name);
        return Err(ApiError::new("UnknownParameter", message));
    }
    let merged = overlaid(family.fields(), kept, sent);
    new_members(family, &Parameters::new(&merged))
}

fn check(family: Family, members: &Value) -> Result<(), ApiError> {
    match family {
        Family::Transcode => check_streams(members),
        Family::Sampled | Family::Sprite => check_interval(members),
        Family::Watermark => check_watermark(members),
        Family::Adaptive
        | Family::SnapshotByTime
        | Family::Animated
        | Family::ContentReview
        | Family::Analysis
        | Family::Recognition => Ok(()),
    }
}

/// Follows: mps.md section 11.3, what a transcoding template needs.
fn check_streams(members: &Value) -> Result<(), ApiError> {
    let (no_video, no_audio) = (
        is_set(members, "RemoveVideo"),
        is_set(members, "RemoveAudio"),
    );
    if no_video && no_audio {
        let message = "The parameters `RemoveVideo` and `RemoveAudio` must not both be 1.";
        return Err(ApiError::new("InvalidParameterValue.RemoveAudio", message));
    }
    for (name, is_removed) in [("VideoTemplate", no_video), ("AudioTemplate", no_audio)] {
        if !is_removed && members.get(name).is_none_or(Value::is_null) {
            return Err(missing(name));
        }
    }
    Ok(())
}

/// Choice: the range is not published; beyond it there would be no picture, or one for every moment.
fn check_interval(members: &Value) -> Result<(), ApiError> {
    let interval = members.get("SampleInterval").and_then(Value::as_i64);
    let most = match text(members, "SampleType") {
        "Percent" => 100,
        _ => i64::MAX,
    };
    if interval.is_some_and(|interval| (1..=most).contains(&interval)) {
        return Ok(());
    }
    let range = if most == 100 {
        "from 1 to 100"
    } else {
        "at least 1"
    };
    let message = format!("The value of the parameter `SampleInterval` must be {range}.");
    Err(ApiError::new(
        "InvalidParameterValue.SampleInterval",
        message,
    ))
}

fn check_watermark(members: &Value) -> Result<(), ApiError> {
    let name = match text(members, "Type") {
        "image" => "ImageTemplate",
        "text" => "TextTemplate",
        _ => "SvgTemplate",
    };
    if members.get(name).is_none_or(Value::is_null) {
        return Err(missing(name));
    }
    Ok(())
}

fn missing(name: &str) -> ApiError {
    let message = format!("The request is missing a required parameter `{name}`.");
    ApiError::new("MissingParameter", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Value {
        Value::parse(text).unwrap()
    }

    fn made(family: Family, text: &str) -> Result<Value, String> {
        let sent = parse(text);
        let made = new_members(family, &Parameters::new(&sent));
        made.map_err(|error| error.code)
    }

    const PORTRAIT: &str = r#"{"Container":"mp4","Name":"portrait","RemoveAudio":1,
        "VideoTemplate":{"Codec":"h264","Fps":"25","Bitrate":800,"Width":720,"Height":0}}"#;

    #[test]
    fn a_template_is_completed_and_spelled_as_the_service_does() {
        let members = made(Family::Transcode, PORTRAIT).unwrap();
        let video = members.get("VideoTemplate").unwrap();
        assert_eq!(text(video, "Codec"), "libx264");
        assert_eq!(
            video.get("Fps").unwrap().as_i64(),
            Some(25),
            "a number as text"
        );
        assert_eq!(text(video, "ResolutionAdaptive"), "open");
        assert!(members.get("AudioTemplate").unwrap().is_null());
        assert_eq!(text(&members, "Comment"), "");
    }

    #[test]
    fn what_is_wrong_has_the_code_of_its_member() {
        let transcode = |change: &dyn Fn(String) -> String| {
            made(Family::Transcode, &change(PORTRAIT.to_owned())).unwrap_err()
        };
        let with = |from: &'static str, to: &'static str| {
            transcode(&move |text: String| text.replace(from, to))
        };
        for (from, to, expected) in [
            (r#""mp4""#, r#""exe""#, "InvalidParameterValue.Container"),
            (r#""h264""#, r#""divx""#, "InvalidParameterValue.VideoCodec"),
            ("800", "127", "InvalidParameterValue.VideoBitrate"),
            (r#""25""#, "121", "InvalidParameterValue.Fps"),
            ("720", "127", "InvalidParameterValue.Width"),
            ("720", r#""wide""#, "InvalidParameter"),
            (r#""RemoveAudio":1,"#, "", "MissingParameter"),
            (r#""Fps":"25","#, "", "MissingParameter"),
            (r#""Name""#, r#""Nmae""#, "UnknownParameter"),
            (
                r#""RemoveAudio":1"#,
                r#""RemoveAudio":1,"RemoveVideo":1"#,
                "InvalidParameterValue.RemoveAudio",
            ),
        ] {
            assert_eq!(with(from, to), expected, "{from} -> {to}");
        }
        let name = "n".repeat(65);
        let long = transcode(&|text: String| text.replace("portrait", &name));
        assert_eq!(long, "InvalidParameterValue.Name");
    }

    #[test]
    fn intervals_and_watermarks_have_rules_of_their_own() {
        for (family, text, expected) in [
            (
                Family::Sampled,
                r#"{"SampleType":"Percent","SampleInterval":101}"#,
                "InvalidParameterValue.SampleInterval",
            ),
            (
                Family::Sprite,
                r#"{"SampleType":"Time","SampleInterval":0,"RowCount":1,"ColumnCount":1}"#,
                "InvalidParameterValue.SampleInterval",
            ),
            (Family::Watermark, r#"{"Type":"image"}"#, "MissingParameter"),
            (
                Family::Watermark,
                r#"{"Type":"emoji"}"#,
                "InvalidParameterValue.Type",
            ),
            (Family::Adaptive, r#"{"Format":"HLS"}"#, "MissingParameter"),
            (
                Family::ContentReview,
                r#"{"PornConfigure":{"ImgReviewInfo":{"Switch":"ON","BlockConfidence":101}}}"#,
                "InvalidParameterValue.BlockConfidence",
            ),
        ] {
            assert_eq!(made(family, text).unwrap_err(), expected, "{text}");
        }
        made(Family::Watermark, r#"{"Type":"svg","SvgTemplate":{}}"#).unwrap();
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let kept = made(Family::Transcode, PORTRAIT).unwrap();
        let changed = |sent: &str| {
            let sent = parse(sent);
            let sent = sent.as_object().unwrap();
            changed_members(Family::Transcode, &kept, sent).map_err(|error| error.code)
        };
        let after = changed(r#"{"Name":"other","VideoTemplate":{"Bitrate":900,"Fps":null}}"#);
        let after = after.unwrap();
        let video = after.get("VideoTemplate").unwrap();
        assert_eq!(text(&after, "Name"), "other");
        assert_eq!(video.get("Bitrate").unwrap().as_i64(), Some(900));
        assert_eq!(video.get("Fps").unwrap().as_i64(), Some(25));
        let none = changed(r#"{"RemoveAudio":0}"#).unwrap_err();
        assert_eq!(
            none, "MissingParameter",
            "there would be no rule for the sound"
        );
        let unknown = changed(r#"{"VideoTemplate":{"Colour":1}}"#).unwrap_err();
        assert_eq!(unknown, "UnknownParameter");
        let watermark = made(Family::Watermark, r#"{"Type":"svg","SvgTemplate":{}}"#).unwrap();
        let sent = parse(r#"{"Type":"svg"}"#);
        let refused = changed_members(Family::Watermark, &watermark, sent.as_object().unwrap());
        assert_eq!(refused.unwrap_err().code, "UnknownParameter");
    }
}
