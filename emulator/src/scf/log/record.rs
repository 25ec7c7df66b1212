//! One line of a log with its fields. Follows: SCF reference, section 13.2.

use std::borrow::Cow;

use serde::Serialize;

use super::members::Members;

/// One line as SCF delivers it, with the 14 fields of the default format.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogRecord {
    /// The function's name.
    #[serde(rename = "SCF_FunctionName")]
    pub function_name: String,
    /// Its namespace.
    #[serde(rename = "SCF_Namespace")]
    pub namespace: Cow<'static, str>,
    /// Start of the attempt, milliseconds since the epoch.
    #[serde(rename = "SCF_StartTime")]
    pub start_time: i64,
    /// Time of the line, milliseconds since the epoch.
    #[serde(rename = "SCF_LogTime")]
    pub log_time: i64,
    /// The invocation's id.
    #[serde(rename = "SCF_RequestId")]
    pub request_id: String,
    /// Milliseconds; 0 but in the report.
    #[serde(rename = "SCF_Duration")]
    pub duration: u64,
    /// The alias that the event was for.
    #[serde(rename = "SCF_Alias")]
    pub alias: Cow<'static, str>,
    /// The version that runs.
    #[serde(rename = "SCF_Qualifier")]
    pub qualifier: Cow<'static, str>,
    /// MB that the instance has had at most; 0 but in the report, and where it is not measured.
    #[serde(rename = "SCF_MemUsage")]
    pub mem_usage: f64,
    /// Always `INFO`.
    #[serde(rename = "SCF_Level")]
    pub level: &'static str,
    /// The line.
    #[serde(rename = "SCF_Message")]
    pub message: String,
    /// `Platform` or `Custom`.
    #[serde(rename = "SCF_Type")]
    pub kind: &'static str,
    /// 202 while the attempt runs, its status afterwards.
    #[serde(rename = "SCF_StatusCode")]
    pub status_code: u16,
    /// 0 in the first attempt.
    #[serde(rename = "SCF_RetryNum")]
    pub retry_num: u32,
    /// The members of a line that is a JSON object, beside the 14 fields.
    #[serde(flatten)]
    pub members: Members,
}

impl LogRecord {
    /// The kind of a line that the function printed.
    pub(in crate::scf) const CUSTOM: &'static str = "Custom";
    /// The kind of a line that the platform adds.
    pub(in crate::scf) const PLATFORM: &'static str = "Platform";
}
