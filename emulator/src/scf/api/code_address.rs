//! `GetFunctionAddress`.
//!
//! Follows: SCF reference, section 15.2. Choice: the address is one of this emulator, and stays valid.

use super::super::Scf;
use super::super::code_zip::CodeZipError;
use super::super::package::sha256;
use super::names::{capital, chain, existing, filled};
use backlot_base::json::Object;
use backlot_base::signal::{FunctionTarget, LATEST};
use backlot_http::cloud_api::{ApiCall, ApiError, ApiResult, Parameters};

/// `GetFunctionAddress`: where the code is downloaded as a zip, and the SHA-256 of the zip.
pub(super) async fn get(scf: &Scf, call: ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = existing(scf, &parameters)?;
    let qualifier = filled(&parameters, "Qualifier")?.unwrap_or(LATEST);
    let target = FunctionTarget {
        namespace: key.namespace,
        function: key.name,
        qualifier: qualifier.to_owned().into(),
    };
    let Some(address) = scf.inner.code_address.of(&target) else {
        let message = "This SCF runs without a server to download code from.";
        return Err(ApiError::new("UnsupportedOperation", message));
    };
    let zip = scf.code_zip(&target).await?;
    let answer = Object::new()
        .with("Url", address)
        .with("CodeSha256", sha256(&zip));
    Ok(answer.into())
}

impl From<CodeZipError> for ApiError {
    fn from(error: CodeZipError) -> Self {
        let code = match error {
            CodeZipError::Missing(missing) => return missing.into(),
            CodeZipError::NoPackage(_) => "UnsupportedOperation",
            CodeZipError::Package { .. } => "InternalError",
        };
        Self::new(code, format!("{}.", capital(&chain(&error))))
    }
}
