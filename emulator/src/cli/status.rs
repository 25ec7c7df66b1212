//! `backlot status`: where the emulator runs and what it is doing.

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::exit::{CommandError, Exit};
use super::print;
use super::remote::Target;
use super::terminal::show;
use backlot_base::words::count;

/// Shows the running emulator's status
#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    target: Target,

    /// What to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// The format of what is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people
    #[default]
    Text,
    /// JSON
    Json,
}

impl Status {
    pub(super) async fn run(self) -> Result<Exit, CommandError> {
        let health = self.target.find()?.health().await?;
        match self.output {
            Output::Json => print(&format!("{health}\n"))?,
            Output::Text => show(&describe(&health))?,
        }
        Ok(Exit::Passed)
    }
}

/// `1 record`, or `50000 records, kept from number 20000 on`
fn records(journal: &Value) -> String {
    let all = count(
        journal["next"].as_u64().unwrap_or_default(),
        "record",
        "records",
    );
    match journal["first"].as_u64() {
        None | Some(0) => all,
        Some(first) => format!("{all}, kept from number {first} on"),
    }
}

/// `nothing`, or `2 events for an instance, 1 event for the next attempt, the first at 2026-11-22T14:51:24Z`
fn waiting(waiting: &Value) -> String {
    let number = |name: &str| waiting[name].as_u64().unwrap_or_default();
    let (queued, retries) = (number("queued"), number("retries"));
    let mut parts = Vec::new();
    if queued > 0 {
        parts.push(format!(
            "{} for an instance",
            count(queued, "event", "events")
        ));
    }
    if retries > 0 {
        let next = waiting["next"].as_str().unwrap_or_default();
        parts.push(format!(
            "{} for the next attempt, the first at {next}",
            count(retries, "event", "events")
        ));
    }
    if parts.is_empty() {
        return "nothing".to_owned();
    }
    parts.join(", ")
}

fn describe(health: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let list = |value: &Value, empty: &str| match value.as_array() {
        Some(items) if !items.is_empty() => items.iter().map(text).collect::<Vec<_>>().join(", "),
        _ => empty.to_owned(),
    };
    let data = match &health["data"] {
        Value::Null => "lost on exit".to_owned(),
        folder => text(folder),
    };
    let account = &health["account"];
    let rows = [
        ("address", format!("http://{}", text(&health["address"]))),
        ("process", text(&health["pid"])),
        ("version", text(&health["version"])),
        ("since", text(&health["started"])),
        ("clock", text(&health["clock"])),
        ("objects", format!("{} ({data})", text(&health["store"]))),
        (
            "account",
            format!(
                "{} in {}",
                text(&account["app_id"]),
                text(&account["region"])
            ),
        ),
        ("functions", list(&health["functions"], "none")),
        ("journal", records(&health["journal"])),
        ("in flight", list(&health["busy"], "nothing")),
        ("waiting", waiting(&health["waiting"])),
    ];
    let lines = rows.map(|(name, value)| format!("{name:<10} {value}\n"));
    let by_function = health["waiting"]["functions"]
        .as_array()
        .into_iter()
        .flatten();
    let by_function = by_function.map(|one| {
        let name = one["function"].as_str().unwrap_or_default();
        format!("{:<10} {name}: {}\n", "", waiting(one))
    });
    let findings = health["findings"].as_array().into_iter().flatten();
    let findings = findings.map(|one| {
        let times = match one["count"].as_u64() {
            None | Some(1) => String::new(),
            Some(times) => format!(" ({times} times)"),
        };
        let text = one["text"].as_str().unwrap_or_default();
        format!("{:<10} {text}{times}\n", "finding")
    });
    lines
        .into_iter()
        .chain(by_function)
        .chain(findings)
        .collect()
}
