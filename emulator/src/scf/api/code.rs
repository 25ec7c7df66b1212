//! Code as `CreateFunction` and `UpdateFunctionCode` are given it: a zip in the call, or an object of COS.
//!
//! Follows: SCF reference, sections 5, 15.2 and 17.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;

use super::super::Scf;
use super::super::package::Fault;
use super::super::registry::{CodeSource, PackageError};
use super::names::{capital, chain, filled};
use backlot_http::cloud_api::{ApiError, Parameter, Parameters};

/// Where code comes from that the emulator does not have.
const UNSUPPORTED: [&str; 4] = ["DemoId", "GitUrl", "ImageConfig", "TempCosObjectName"];

/// Code as it was sent.
enum Sent {
    Zip(Bytes),
    Object { bucket: String, key: String },
}

/// Reads the members of a call that say where the code is, fetches and unpacks it. `limit` is for a zip in the call, in bytes
/// of its base64. `None` if the call says nothing of code.
pub(super) async fn read(
    scf: &Scf,
    parameters: &Parameters<'_>,
    limit: usize,
) -> Result<Option<CodeSource>, ApiError> {
    let Some(sent) = sent(scf, parameters, limit)? else {
        return Ok(None);
    };
    let zip = match sent {
        Sent::Zip(zip) => zip,
        Sent::Object { bucket, key } => fetch(scf, &bucket, &key).await?,
    };
    let service = scf.clone();
    let added = tokio::task::spawn_blocking(move || service.inner.packages.add(&zip)).await;
    let added = added.map_err(|panic| ApiError::new("InternalError", panic.to_string()))?;
    Ok(Some(added.map_err(|error| refused(&error))?))
}

fn sent(scf: &Scf, parameters: &Parameters<'_>, limit: usize) -> Result<Option<Sent>, ApiError> {
    for name in UNSUPPORTED {
        let is_set = parameters.optional(name, |value| {
            Ok::<_, ApiError>(value.is_filled(&["ImageUri"]))
        })?;
        if is_set == Some(true) {
            let message = format!(
                "backlot does not support code from `{name}`: use `ZipFile` or an object of COS."
            );
            return Err(ApiError::new("UnsupportedOperation", message));
        }
    }
    let zip = filled(parameters, "ZipFile")?;
    let bucket = filled(parameters, "CosBucketName")?;
    let key = filled(parameters, "CosObjectName")?;
    match (zip, bucket, key) {
        (None, None, None) => Ok(None),
        (Some(_), None, None) => parameters
            .optional("ZipFile", |zip| decoded(&zip, limit))
            .map(|zip| zip.map(Sent::Zip)),
        (None, Some(bucket), Some(key)) => Ok(Some(Sent::Object {
            bucket: full_name(bucket, scf.inner.account.app_id),
            key: key.strip_prefix('/').unwrap_or(key).to_owned(),
        })),
        (None, Some(_), None) => Err(parameters.missing("CosObjectName").into()),
        (None, None, Some(_)) => Err(parameters.missing("CosBucketName").into()),
        (Some(_), _, _) => {
            let message = "The code comes from `ZipFile` or from an object of COS, not from both.";
            Err(ApiError::new("InvalidParameterValue.Code", message))
        }
    }
}

fn decoded(zip: &Parameter<'_>, limit: usize) -> Result<Bytes, ApiError> {
    let text = zip.clone().text()?;
    if text.len() > limit {
        let rule = format!("has more than {limit} bytes: put the package into a bucket of COS");
        return Err(zip.invalid(rule).with_code("InvalidParameterValue.ZipFile"));
    }
    let bytes = BASE64.decode(text.trim());
    let bytes = bytes.map_err(|wrong| {
        let error = zip.invalid(format!("is not base64: {wrong}"));
        error.with_code("InvalidParameterValue.ZipFileBase64BinasciiError")
    })?;
    Ok(bytes.into())
}

/// The name of a bucket with the account's number, which calls leave out.
fn full_name(bucket: &str, app_id: u64) -> String {
    let ending = format!("-{app_id}");
    if bucket.ends_with(&ending) {
        bucket.to_owned()
    } else {
        bucket.to_owned() + &ending
    }
}

async fn fetch(scf: &Scf, bucket: &str, key: &str) -> Result<Bytes, ApiError> {
    let Some(objects) = scf.inner.objects.get() else {
        let message = "This SCF runs without a COS to read code from.";
        return Err(ApiError::new("UnsupportedOperation", message));
    };
    let found = objects.read(bucket, key).await;
    let found =
        found.map_err(|error| ApiError::new("InternalError", format!("{}.", capital(&error))))?;
    found.ok_or_else(|| {
        let message = format!("The object `{key}` does not exist in the bucket `{bucket}`.");
        ApiError::new("InvalidParameterValue.CosObjectName", message)
    })
}

fn refused(error: &PackageError) -> ApiError {
    let code = match error {
        PackageError::Unpack(error) => match error.fault() {
            Fault::Zip => "InvalidParameterValue.ZipFile",
            Fault::Size => "InvalidParameterValue.Code",
            Fault::Machine => "InternalError",
        },
        PackageError::Registry(_) | PackageError::Missing(_) => "InternalError",
    };
    ApiError::new(code, format!("{}.", capital(&chain(error))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_named_with_or_without_the_account() {
        assert_eq!(full_name("code", 1_250_000_000), "code-1250000000");
        assert_eq!(
            full_name("code-1250000000", 1_250_000_000),
            "code-1250000000"
        );
    }
}
