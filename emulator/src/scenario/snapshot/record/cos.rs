//! Records of COS as lines.

use backlot_base::journal::CosRecord;

/// `None` for the creation and the removal of an object: the request before it and the buckets at the end say as much.
pub(super) fn line(record: &CosRecord) -> Option<String> {
    match record {
        CosRecord::ObjectCreated { .. } | CosRecord::ObjectRemoved { .. } => None,
        CosRecord::Request {
            operation,
            bucket,
            key,
            status,
            code,
            received,
            ..
        } => {
            let sent = match received {
                0 => String::new(),
                _ => format!(", {received} bytes"),
            };
            let code = code.as_ref().map(|code| format!(" {code}"));
            let code = code.unwrap_or_default();
            Some(format!("{operation} {bucket}/{key}{sent}: {status}{code}"))
        }
        CosRecord::ObjectMoved {
            bucket,
            key,
            from,
            to,
        } => Some(format!("{bucket}/{key} moved from {from} to {to}")),
        CosRecord::UploadAborted { bucket, key, .. } => {
            Some(format!("an upload to {bucket}/{key} was given up"))
        }
    }
}
