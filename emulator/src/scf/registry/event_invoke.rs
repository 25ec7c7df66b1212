//! What the API has said of the retries of asynchronous events.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::function::Function;

/// `AsyncTriggerConfig` of a function with all its versions. What is `None` is as the function says.
///
/// Follows: SCF reference, sections 10.1, 10.2 and 15.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct EventInvokeChange {
    /// `RetryNum`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_num: Option<u8>,
    /// `MsgTTL` in seconds.
    #[serde(rename = "MsgTTL", skip_serializing_if = "Option::is_none")]
    pub msg_ttl: Option<u64>,
}

impl EventInvokeChange {
    /// A function as it has become.
    pub fn over(self, function: Function) -> Function {
        Function {
            retry_num: self.retry_num.unwrap_or(function.retry_num),
            msg_ttl: self.msg_ttl.map_or(function.msg_ttl, Duration::from_secs),
            ..function
        }
    }
}
