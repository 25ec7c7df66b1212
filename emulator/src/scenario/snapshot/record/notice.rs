//! Remarks, gaps and faults as lines.

use backlot_base::journal::NoticeRecord;

pub(super) fn line(record: &NoticeRecord) -> String {
    match record {
        NoticeRecord::Finding { text, .. } => format!("! finding: {text}"),
        NoticeRecord::Diagnostic { text } => format!("! {text}"),
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
        } => format!("fault `{rule}`: {call}: {verdict}"),
    }
}
