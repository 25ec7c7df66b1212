//! Records of MPS as lines.

use backlot_base::journal::MpsRecord;

pub(super) fn line(record: &MpsRecord) -> String {
    match record {
        MpsRecord::TaskCreated {
            task_id,
            workflow,
            bucket,
            key,
        } => format!("workflow {workflow} makes {task_id} of {bucket}/{key}"),
        MpsRecord::TaskFinished {
            task_id,
            event_type,
            err_code,
        } => format!("{event_type} {task_id} finished with {err_code}"),
        MpsRecord::TriggerMissing { event_type } => {
            format!("no function is bound to {event_type}: not delivered")
        }
    }
}
