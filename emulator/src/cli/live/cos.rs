//! Lines of COS.

use std::fmt::Write as _;

use super::palette::of_http;
use backlot_base::journal::{CosRecord, What};

/// Requests to COS, and what lifecycles do.
pub(super) fn line(what: &What) -> Option<String> {
    Some(match what {
        What::Cos(CosRecord::Request { .. }) => request(what),
        What::Cos(CosRecord::ObjectMoved {
            bucket,
            key,
            from,
            to,
        }) => format!("lifecycle moved {bucket}/{key} from {from} to {to}"),
        What::Cos(CosRecord::UploadAborted { bucket, key, .. }) => {
            format!("lifecycle aborted an upload to {bucket}/{key}")
        }
        _ => return None,
    })
}

/// `PUT media-1250000000/in/a.mp4: 200 (PutObject, 2048 bytes)`
fn request(what: &What) -> String {
    let What::Cos(CosRecord::Request {
        operation,
        method,
        bucket,
        key,
        status,
        code,
        received,
        ..
    }) = what
    else {
        return String::new();
    };
    let mut text = format!("{method} {bucket}/{key}: {}", of_http(*status));
    if let Some(code) = code {
        text.push(' ');
        text.push_str(code);
    }
    let _ = match received {
        0 => write!(text, " ({operation})"),
        1 => write!(text, " ({operation}, 1 byte)"),
        bytes => write!(text, " ({operation}, {bytes} bytes)"),
    };
    text
}
