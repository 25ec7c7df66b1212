//! Lines of the stage, the front door, and notices.

use anstyle::AnsiColor;

use super::palette::{of_http, painted};
use backlot_base::journal::{HttpRecord, NoticeRecord, StageRecord, What};

/// All that the services do not write themselves.
pub(super) fn line(what: &What) -> Option<String> {
    let (room, text) = match what {
        What::Stage(record) => ("", of_stage(record)?),
        What::Http(record) => of_front_door(record),
        What::Notice(record) => of_notice(record),
        _ => return None,
    };
    Some(format!("{room:<5} {text}"))
}

fn of_stage(record: &StageRecord) -> Option<String> {
    Some(match record {
        StageRecord::Reset => "reset: all objects, events and records are gone".to_owned(),
        StageRecord::ChainStopped {
            wanted,
            bucket,
            key,
            limit,
            ..
        } => {
            let cause = match &bucket[..] {
                "" => "a call".to_owned(),
                bucket => format!("{bucket}/{key}"),
            };
            let text = format!(
                "{cause} does not start {wanted}: {limit} events have followed from one another"
            );
            painted(AnsiColor::Red, text)
        }
        _ => return None,
    })
}

fn of_front_door(record: &HttpRecord) -> (&str, String) {
    match record {
        HttpRecord::ApiRequest {
            service,
            action,
            code,
            ..
        } => {
            let outcome = match code {
                None => painted(AnsiColor::Green, "OK"),
                Some(code) => painted(AnsiColor::Yellow, code),
            };
            (service.as_str(), format!("{action}: {outcome}"))
        }
        HttpRecord::RequestRefused {
            host,
            method,
            status,
        } => {
            let status = painted(AnsiColor::Yellow, status);
            let text = format!("{method} {host}: {status} (no service has this address)");
            ("http", text)
        }
        HttpRecord::PageRefused {
            origin,
            host,
            method,
            path,
        } => {
            let refused = painted(AnsiColor::Yellow, "refused");
            let text = format!("{method} {host}{path}: {refused} (a page of {origin} sent it)");
            ("http", text)
        }
        HttpRecord::OutboundCall {
            method,
            host,
            path,
            outcome,
            status,
            ..
        } => {
            let status = status.map_or_else(String::new, |status| format!("{} ", of_http(status)));
            ("out", format!("{method} {host}{path}: {status}({outcome})"))
        }
    }
}

fn of_notice(record: &NoticeRecord) -> (&str, String) {
    match record {
        NoticeRecord::Diagnostic { text } | NoticeRecord::Finding { text, .. } => {
            ("", painted(AnsiColor::Yellow, text))
        }
        NoticeRecord::FaultFired {
            rule,
            call,
            verdict,
        } => {
            let text = format!("`{rule}`: {call}: {verdict}");
            ("fault", painted(AnsiColor::Magenta, text))
        }
        NoticeRecord::Unsupported {
            service,
            feature,
            text,
            ..
        } => {
            let text = format!("{feature}: {text}");
            (service.as_str(), painted(AnsiColor::Yellow, text))
        }
    }
}
