//! What a client says of every kind of task: when it is to run, who hears of it, and its session.
//! Follows: mps.md sections 10.4 and 10.5.

use backlot_base::json::Value;
use backlot_http::cloud_api::{ApiError, Parameter, Parameters};

use super::notify::notify_config;

/// When a task runs, and who hears of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// -10 to 10; higher ones come first.
    pub priority: i64,
    /// `TaskNotifyConfig` as it was sent.
    pub notify: Option<Value>,
    /// Whether a session id that was used lately is refused.
    pub is_deduplicated: bool,
}

/// The parameters that [`Terms::read`] and [`session`] know.
pub(super) const TERMS: [&str; 5] = [
    "TaskNotifyConfig",
    "TasksPriority",
    "SessionId",
    "SessionContext",
    "ResourceId",
];

impl Terms {
    pub(super) fn read(parameters: &Parameters<'_>) -> Result<Self, ApiError> {
        let priority =
            parameters.optional("TasksPriority", |priority| priority.integer_in(-10..=10))?;
        // The platform bills by it.
        parameters.optional("ResourceId", Parameter::text)?;
        Ok(Self {
            priority: priority.unwrap_or(0),
            notify: parameters.optional("TaskNotifyConfig", notify_config)?,
            is_deduplicated: true,
        })
    }
}

/// Reads `SessionId` and `SessionContext`.
pub(super) fn session(parameters: &Parameters<'_>) -> Result<(String, String), ApiError> {
    let text = |name: &str, limit: usize| {
        let text = parameters.optional(name, |text| {
            let code = format!("InvalidParameterValue.{name}TooLong");
            text.clone().text()?;
            text.text_up_to(limit)
                .map_err(|error| error.with_code(code))
        })?;
        Ok::<_, ApiError>(text.unwrap_or_default().to_owned())
    };
    Ok((text("SessionId", 50)?, text("SessionContext", 1000)?))
}
