//! Records of COS as lines.

use super::super::volatile::Field;
use super::RecordText;
use backlot_base::journal::CosRecord;

/// `None` for the creation and the removal of an object: the request before it and the buckets at the end say as much.
pub(super) fn line(record: &CosRecord, page: &RecordText<'_>) -> Option<String> {
    let said = |key: &str| page.said(Field::Key, key);
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
                _ => format!(", {}", page.size(bucket, key, *received)),
            };
            let code = code.as_ref().map(|code| format!(" {code}"));
            let code = code.unwrap_or_default();
            let key = said(key);
            Some(format!("{operation} {bucket}/{key}{sent}: {status}{code}"))
        }
        CosRecord::ObjectMoved {
            bucket,
            key,
            from,
            to,
        } => Some(format!("{bucket}/{} moved from {from} to {to}", said(key))),
        CosRecord::UploadAborted { bucket, key, .. } => {
            Some(format!("an upload to {bucket}/{} was given up", said(key)))
        }
    }
}
