//! `GET` of the code of a function as a zip, as `GetFunctionAddress` of SCF points to it.

use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, HeaderValue};

use super::Inner;
use super::answer::{AdminError, with_body};
use crate::scf::{CodeZipError, FunctionKey};
use backlot_base::signal::{FunctionTarget, LATEST};
use backlot_http::exchange::full;
use backlot_http::{Query, Response};

impl Inner {
    /// The zip of a version.
    pub(super) async fn code(&self, query: &Query) -> Result<Response, AdminError> {
        let Some(function) = query.filled("function") else {
            return Err(AdminError::bad("say which function: `?function=NAME`"));
        };
        let mut target = FunctionTarget::named(function);
        if let Some(namespace) = query.filled("namespace") {
            target.namespace = namespace.to_owned().into();
        }
        let qualifier = query.filled("qualifier").unwrap_or(LATEST);
        target.qualifier = qualifier.to_owned().into();
        let zip = self.services.scf.code_zip(&target).await;
        let zip = zip.map_err(|error| match error {
            CodeZipError::Missing(missing) => {
                AdminError::new(StatusCode::NOT_FOUND, missing.to_string())
            }
            CodeZipError::NoPackage(_) => AdminError::new(StatusCode::NOT_FOUND, error.to_string()),
            CodeZipError::Package { .. } => AdminError::failed(&error),
        })?;
        let name = FunctionKey::from(&target).name;
        let mut response = with_body(StatusCode::OK, "application/zip", full(zip));
        let disposition = format!("attachment; filename=\"{name}.zip\"");
        let disposition = HeaderValue::from_str(&disposition);
        let disposition = disposition.expect("names of functions are letters, digits, `-` and `_`");
        let headers = response.headers_mut();
        headers.insert(CONTENT_DISPOSITION, disposition);
        Ok(response)
    }
}
