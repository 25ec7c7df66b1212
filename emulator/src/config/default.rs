//! The embedded defaults, as values: what `default.yaml` says.
//!
//! They are needed at every start, and reading YAML is a good part of what a start costs. A test holds the two to each other.

use super::written::Pause;
use super::{AccountConfig, Config, FunctionConfig};

const ARCHIVE: &str = "archive-1250000000";

/// What is in force unless something else is written.
pub(super) fn config() -> Config {
    let text = |text: &str| text.to_owned();
    let archive = FunctionConfig {
        cargo: Some(text("backlot-handler")),
        handler: Some(text("archive")),
        memory: Some(128),
        timeout: Pause::parse("3s"),
        environment: [
            ("ARCHIVE_BUCKET", ARCHIVE),
            ("ARCHIVE_RETRY_BASE_MS", "1"),
            ("COS_SCHEME", "http"),
        ]
        .map(|(name, value)| (text(name), text(value)))
        .into(),
        ..FunctionConfig::default()
    };
    let buckets = [ARCHIVE, "media-in-1250000000", "media-out-1250000000"];
    let triggers = ["WorkflowTask", "EditMediaTask"];
    Config {
        account: AccountConfig {
            app_id: Some(1_250_000_000),
            uin: Some(text("100000000001")),
            region: Some(text("ap-guangzhou")),
        },
        buckets: Some(buckets.map(text).into()),
        functions: [(text("archive"), archive)].into(),
        triggers: triggers.map(|kind| (text(kind), text("archive"))).into(),
        ..Config::default()
    }
}
