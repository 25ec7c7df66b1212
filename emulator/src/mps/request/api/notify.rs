//! `TaskNotifyConfig`: who hears of a task besides the bound function. Follows: mps.md section 10.4.

use backlot_base::json::Value;
use backlot_http::cloud_api::{ApiError, Parameter};

const KNOWN: [&str; 9] = [
    "NotifyType",
    "NotifyMode",
    "NotifyUrl",
    "CmqModel",
    "CmqRegion",
    "TopicName",
    "QueueName",
    "AwsSQS",
    "NotifyKey",
];

/// Checks the structure and keeps it as it was sent.
pub(super) fn notify_config(config: Parameter<'_>) -> Result<Value, ApiError> {
    let sent = config.value().clone();
    let parameters = config.object()?;
    parameters.only(&KNOWN)?;
    let is_url = parameters.optional("NotifyType", |kind| {
        kind.one_of(&[
            ("", false),
            ("CMQ", false),
            ("TDMQ-CMQ", false),
            ("URL", true),
            ("SCF", false),
            ("AWS-SQS", false),
        ])
    })?;
    parameters.optional("NotifyMode", |mode| {
        mode.one_of(&[("", ()), ("Finish", ()), ("Change", ())])
    })?;
    parameters.optional("CmqModel", |model| {
        model.one_of(&[("", ()), ("Queue", ()), ("Topic", ())])
    })?;
    for name in ["CmqRegion", "TopicName", "QueueName", "NotifyKey"] {
        parameters.optional(name, Parameter::text)?;
    }
    if is_url == Some(true) {
        parameters.required("NotifyUrl", Parameter::filled_text)?;
    } else {
        parameters.optional("NotifyUrl", Parameter::text)?;
    }
    Ok(sent)
}
