//! The clock: reads it, and lets virtual time pass.

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::Inner;
use super::answer::{AdminError, body_of, value};
use crate::config::written::Pause;
use backlot_http::{Request, Response};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    by: Pause,
}

impl Inner {
    pub(super) fn clock_kind(&self) -> &'static str {
        if self.services.info.is_virtual {
            "virtual"
        } else {
            "real"
        }
    }

    pub(super) fn clock(&self) -> Response {
        let clock = &self.services.context.clock;
        value(&json!({ "clock": self.clock_kind(), "now": clock.now(), "busy": clock.busy() }))
    }

    pub(super) async fn advance(&self, request: Request) -> Result<Response, AdminError> {
        self.must_be_virtual()?;
        let body = body_of(request).await?;
        let Advance { by: Pause(pause) } = serde_json::from_slice(&body)
            .map_err(|error| AdminError::bad(format!("{error}; send {{\"by\":\"90s\"}}")))?;
        let hold = self
            .services
            .context
            .clock
            .hold("a request to let time pass");
        drop(hold.sleep(pause).await);
        Ok(self.clock())
    }

    pub(super) async fn run_until_idle(&self) -> Result<Response, AdminError> {
        self.must_be_virtual()?;
        let hold = self
            .services
            .context
            .clock
            .hold("a request to run until idle");
        drop(hold.until_idle().await);
        Ok(self.clock())
    }

    fn must_be_virtual(&self) -> Result<(), AdminError> {
        if self.services.info.is_virtual {
            return Ok(());
        }
        let message = "the clock runs in real time and cannot be moved; start with `backlot up --clock virtual`";
        Err(AdminError::new(StatusCode::CONFLICT, message))
    }
}
