//! `backlot status`: what runs, and what it does.

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::exit::{Exit, Stop};
use super::print;
use super::remote::Target;

/// Prints where a backlot runs and what it does.
#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    target: Target,

    /// What to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// For whom something is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people
    #[default]
    Text,
    /// JSON
    Json,
}

impl Status {
    pub(super) async fn run(self) -> Result<Exit, Stop> {
        let health = self.target.find()?.health().await?;
        match self.output {
            Output::Json => print(&format!("{health}\n"))?,
            Output::Text => print(&describe(&health))?,
        }
        Ok(Exit::Passed)
    }
}

/// `7`, or `50000, kept from 20000 on`
fn records(journal: &Value) -> String {
    let next = &journal["next"];
    match journal["first"].as_u64() {
        None | Some(0) => next.to_string(),
        Some(first) => format!("{next}, kept from {first} on"),
    }
}

fn describe(health: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let list = |value: &Value| match value.as_array() {
        Some(items) if !items.is_empty() => items.iter().map(text).collect::<Vec<_>>().join(", "),
        _ => "none".to_owned(),
    };
    let data = match &health["data"] {
        Value::Null => "gone at the end".to_owned(),
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
        ("functions", list(&health["functions"])),
        ("records", records(&health["journal"])),
        ("busy with", list(&health["busy"])),
    ];
    let lines = rows.map(|(name, value)| format!("{name:<10} {value}\n"));
    lines.concat()
}
