//! Records of the stage as lines.

use backlot_base::journal::StageRecord;

pub(super) fn line(record: &StageRecord) -> Option<String> {
    match record {
        StageRecord::Started { .. } => None,
        StageRecord::Reset => Some("everything is put back to the beginning".to_owned()),
        StageRecord::StepStarted { step } => Some(format!("step {step}")),
        StageRecord::ChainStopped {
            wanted,
            event_name,
            bucket,
            key,
            limit,
        } => Some(format!(
            "! {event_name} of {bucket}/{key} is kept from {wanted}: {limit} events have followed from one another"
        )),
    }
}
