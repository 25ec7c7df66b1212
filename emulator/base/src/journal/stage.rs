//! What the stage and the scenario on it record.

use super::room::records;

records! {
    /// What the stage and the scenario on it record.
    pub enum StageRecord {
        /// The stage is ready.
        Started = "stage-started" {
            /// The seed of the run.
            seed: u64,
            /// `fs`, `sqlite` or `memory`.
            store: String,
        },
        /// Everything was put back to the beginning; earlier records are forgotten.
        Reset = "stage-reset",
        /// A step of the scenario begins.
        StepStarted = "step-started" {
            /// Its kind, as written in the scenario.
            step: String,
        },
        /// A chain of events was so long that it was taken for endless: what a change should have started was not started.
        ChainStopped = "chain-stopped" {
            /// The function or the workflow.
            wanted: String,
            /// What happened, for example `cos:ObjectCreated:Put`.
            event_name: String,
            /// The bucket's full name.
            bucket: String,
            /// The key.
            key: String,
            /// The number of events that have followed from one another.
            limit: u32,
        },
    }
}
