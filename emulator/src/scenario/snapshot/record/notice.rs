//! Remarks, gaps and faults as lines.

use super::super::volatile::Field;
use super::RecordText;
use backlot_base::journal::{NoticeRecord, finding};

/// The line; `None` for what depends on the machine.
pub(super) fn line(record: &NoticeRecord, page: &RecordText<'_>) -> Option<String> {
    let said = |text: &str| page.said(Field::Line, text);
    Some(match record {
        // Whether instances can have a `/tmp` of their own depends on the machine.
        NoticeRecord::Finding { kind, .. } if kind == finding::SHARED_TMP => return None,
        NoticeRecord::Finding { text, .. } => format!("! finding: {}", said(text)),
        NoticeRecord::Diagnostic { text } => format!("! {}", said(text)),
        NoticeRecord::Unsupported {
            service,
            feature,
            subject,
            text,
        } => {
            let subject = match subject.as_str() {
                "" => String::new(),
                subject => format!(" of {subject}"),
            };
            format!("! unsupported: {service} {feature}{subject}: {text}")
        }
        NoticeRecord::FaultFired {
            rule,
            call,
            verdict,
        } => {
            let call = page.said(Field::Key, call);
            format!("fault `{rule}`: {call}: {verdict}")
        }
    })
}
