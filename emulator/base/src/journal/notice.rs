//! What every room can record: remarks, gaps and faults.

use super::room::records;

records! {
    /// What every room can record: remarks, gaps and faults.
    pub enum NoticeRecord {
        /// Something a careful user should know about how the function used the runtime API.
        Diagnostic = "diagnostic" {
            /// One sentence.
            text: String,
        },
        /// What a run shows about the user's function that no claim asked for.
        Finding = "finding" {
            /// The function.
            function: String,
            /// What kind of finding, for example `worked-after-answer`.
            kind: String,
            /// The hosts that it is about, separated by `, `; empty if none.
            hosts: String,
            /// One sentence.
            text: String,
        },
        /// Something was accepted that has no effect here, or refused because backlot lacks it.
        Unsupported = "unsupported" {
            /// `cos`, `scf`, `mps`, …
            service: String,
            /// For example `replication`, or an operation.
            feature: String,
            /// What it was set on, for example a bucket; empty if nothing in particular.
            subject: String,
            /// What does not happen.
            text: String,
        },
        /// A planned fault happened.
        FaultFired = "fault-fired" {
            /// The rule's name or position.
            rule: String,
            /// The call that it hit, in words.
            call: String,
            /// What was done, in words.
            verdict: String,
        },
    }
}
