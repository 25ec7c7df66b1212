//! `POST` of a reset: everything as at the start. [`Services::reset`](crate::services::Services::reset) does it.

use serde_json::json;

use super::Inner;
use super::answer::{AdminError, value};
use crate::services::ResetError;
use backlot_http::Response;

impl Inner {
    pub(super) async fn reset(&self) -> Result<Response, AdminError> {
        let reset = self.services.reset().await;
        reset.map_err(|error| match &error {
            ResetError::Registry(_) => {
                AdminError::failed(&error).about("the registry failed, and nothing was reset")
            }
            ResetError::Tasks(_) => AdminError::failed(&error).about(
                "the table of tasks failed, and buckets and objects are as they were before, \
                 but what calls of the APIs have made is removed",
            ),
            ResetError::Cos(_) => AdminError::failed(&error).about(
                "the object store failed, and buckets and objects are as they were before, \
                 but functions were stopped and waiting events were removed",
            ),
        })?;
        let next = self.services.context.journal.next();
        Ok(value(
            &json!({ "reset": true, "journal": { "next": next } }),
        ))
    }
}
