//! How templates are described. Follows: mps.md section 11.3 and the `…Template` types of `mps-schema.json`.

use crate::mps::definitions::{Family, Template};
use crate::mps::profile::iso;
use crate::mps::template::is_sound_only;
use backlot_base::json::{Object, Value};

/// One item of the set of a `Describe…Templates`.
pub(super) fn described(family: Family, definition: u64, template: &Template) -> Value {
    let mut item = Object::new();
    item = match family {
        // Follows: mps.md section 9, row 18.
        Family::Transcode => item.with("Definition", definition.to_string()),
        _ => item.with("Definition", definition),
    };
    if family != Family::Watermark {
        // The type of a watermark is one of its members.
        item = item.with("Type", kind(template));
    }
    for (name, value) in template.members.as_object().unwrap_or_default() {
        item = match (family, name.as_str()) {
            // A request says it, an answer does not.
            (Family::Transcode, "StdExtInfo") => item,
            (Family::Watermark, "ImageTemplate") => item.with(name, image(value, definition)),
            _ => item.with(name, value.clone()),
        };
    }
    if family == Family::Transcode {
        item = item
            .with("ContainerType", container_type(template))
            .with("AliasName", "");
    }
    item.with("CreateTime", iso(template.created))
        .with("UpdateTime", iso(template.updated))
        .into()
}

/// `Preset` or `Custom`.
pub(super) fn kind(template: &Template) -> &'static str {
    if template.is_preset {
        "Preset"
    } else {
        "Custom"
    }
}

/// `Video` or `PureAudio`.
pub(super) fn container_type(template: &Template) -> &'static str {
    let container = template.members.get("Container").and_then(Value::as_str);
    match container {
        Some(container) if is_sound_only(container) => "PureAudio",
        _ => "Video",
    }
}

/// The picture of a watermark, which was sent as base64, is described by its address. Choice: the address leads nowhere.
fn image(kept: &Value, definition: u64) -> Value {
    let Some(members) = kept.as_object() else {
        return Value::Null;
    };
    let mut image = Object::new().with(
        "ImageUrl",
        format!("https://watermark.invalid/{definition}.png"),
    );
    for (name, value) in members.iter().filter(|(name, _)| name != "ImageContent") {
        image = image.with(name, value.clone());
    }
    image.into()
}
