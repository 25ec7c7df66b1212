//! The keys that `backlot.yaml` and scenarios have in common.

/// Hands the common keys to the macro `$then`, before what follows there. A scenario cannot have them as one flattened field:
/// mistakes would lose their line.
macro_rules! common_keys {
    ($then:ident { $($more:tt)* }) => {
        $then! {
            {
                /// The account that owns everything.
                account: $crate::config::AccountConfig,
                /// Buckets that exist from the start, by full name.
                buckets: Option<Vec<String>>,
                /// Functions by name. What a scenario leaves out of a function comes from `backlot.yaml`; `null` removes one.
                functions: $crate::config::ByName<$crate::config::FunctionConfig>,
                /// The function that each type of MPS event is delivered to; `null` says that no function gets it.
                triggers: $crate::config::ByName<String>,
                /// MPS workflows by name: uploads that start a task.
                workflows: std::collections::BTreeMap<String, serde_saphyr::Spanned<$crate::mps::Workflow>>,
                /// How MPS treats tasks.
                mps: $crate::config::MpsConfig,
                /// The offset from UTC in which the `cron` of timer triggers is read, such as `+00:00`; `+08:00` if left out.
                timer_zone: Option<$crate::config::TimerZone>,
                /// The published sample that events of COS follow.
                cos_events: Option<backlot_cos::event::Shape>,
                /// The number of events that may follow from one another before the chain is stopped.
                chain_limit: Option<u32>,
                /// Whether `If-Match`, `If-None-Match` and their siblings count when COS objects are written or removed.
                conditional_writes: Option<bool>,
                /// Whether a COS object may be copied onto itself without replacing its metadata if its class changes.
                copy_in_place: Option<bool>,
                /// The pauses before retries after 432 and 500: `current`, a minute, which it is if left out, or `legacy`, 1, 2, 4,
                /// 5, 5 … minutes.
                async_retries: Option<$crate::scf::AsyncRetries>,
                /// Custom hosts, each with the full name of its bucket.
                domains: std::collections::BTreeMap<String, serde_saphyr::Spanned<String>>,
                /// Where the archive oracle looks.
                archive: $crate::config::ArchiveConfig,
                /// How the archive oracle compares: `bytes`, `json`, or `off` with a reason.
                oracle: Option<serde_saphyr::Spanned<$crate::config::OracleConfig>>,
                /// Whether events may be lost: an event that is dropped or not archived is no failure then.
                may_lose: Option<bool>,
                /// Planned faults, asked in order; those of a scenario are asked before those of `backlot.yaml`.
                faults: Vec<serde_saphyr::Spanned<$crate::config::FaultConfig>>,
                /// The buckets that count as created before 2024-01-01, when the service began to refuse path style and
                /// previews over default hosts: `true` for all, or a list; none if left out.
                buckets_of_before_2024: Option<$crate::config::OldBucketsConfig>,
                /// How long names of new buckets may be: `label` (63 bytes), which it is if left out, or `documented`.
                bucket_name_limit: Option<$crate::config::NameLimitConfig>,
                /// What differs from run to run and is shown as a token; rules of a scenario come before those of `backlot.yaml`.
                redact: Vec<$crate::config::RedactConfig>,
                /// Whether outcomes are compared with snapshots: `on`, which it is if left out, or `off`.
                snapshot: Option<$crate::config::SnapshotConfig>,
                /// Answers for other hosts, asked in order; those of a scenario are asked before those of `backlot.yaml`.
                stubs: Vec<$crate::config::StubConfig>,
                /// The calls to other hosts that may leave the machine; none if left out.
                egress: Option<$crate::config::EgressConfig>,
            }
            $($more)*
        }
    };
}

pub(crate) use common_keys;
