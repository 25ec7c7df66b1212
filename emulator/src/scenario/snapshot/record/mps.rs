//! Records of MPS as lines.

use backlot_base::journal::MpsRecord;

pub(super) fn line(record: &MpsRecord) -> String {
    match record {
        MpsRecord::TaskCreated {
            task_id,
            workflow,
            bucket,
            key,
        } => {
            let by = match &workflow[..] {
                "" => "a call".to_owned(),
                workflow => format!("workflow {workflow}"),
            };
            let place = if bucket.is_empty() { "" } else { "/" };
            format!("{by} makes {task_id} of {bucket}{place}{key}")
        }
        MpsRecord::TaskResumed { task_id } => format!("{task_id} goes on after a restart"),
        MpsRecord::TaskAborted { task_id } => format!("{task_id} is aborted"),
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
