//! What MPS records: its tasks.

use super::room::records;

records! {
    /// What MPS records: its tasks.
    pub enum MpsRecord {
        /// A task of MPS was created, by an upload or by a call of the API.
        TaskCreated = "task-created" {
            /// For example `2600000001-WorkflowTask-…t0`.
            task_id: String,
            /// The name of the workflow; empty if a call asked for the task.
            workflow: String,
            /// The bucket's full name; empty if the source is at a URL.
            bucket: String,
            /// The key, or the URL.
            key: String,
        },
        /// A task that an earlier process had not finished goes on.
        TaskResumed = "task-resumed" {
            /// For example `2600000001-WorkflowTask-…t0`.
            task_id: String,
        },
        /// A task that waited was aborted by a call of the API.
        TaskAborted = "task-aborted" {
            /// For example `2600000001-WorkflowTask-…t0`.
            task_id: String,
        },
        /// MPS finished a task.
        TaskFinished = "task-finished" {
            /// For example `2600000001-WorkflowTask-…t0`.
            task_id: String,
            /// `WorkflowTask` or `EditMediaTask`.
            event_type: String,
            /// 0 when all went well.
            err_code: i64,
        },
        /// A task has finished, but no trigger is bound for its type.
        TriggerMissing = "trigger-missing" {
            /// `WorkflowTask` or `EditMediaTask`.
            event_type: String,
        },
    }
}
