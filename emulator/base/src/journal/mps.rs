//! What MPS records: its tasks.

use super::room::records;

records! {
    /// What MPS records: its tasks.
    pub enum MpsRecord {
        /// An upload started a task of MPS.
        TaskCreated = "task-created" {
            /// For example `2600000001-WorkflowTask-…t0`.
            task_id: String,
            /// The name of the workflow.
            workflow: String,
            /// The bucket's full name.
            bucket: String,
            /// The key.
            key: String,
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
