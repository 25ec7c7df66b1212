//! `backlot event --list`: the catalogue of events.

use std::fmt::Write as _;

use serde_json::json;

use super::Output;
use crate::cli::exit::{CommandError, Exit};
use crate::cli::print;
use crate::mps::catalogue::{Mutation, entries};
use crate::mps::sample::EventKind;

/// Prints every name with a line about it.
pub(super) fn list(output: Output) -> Result<Exit, CommandError> {
    match output {
        Output::Text => print(&text())?,
        Output::Json => print(&format!("{}\n", as_json()))?,
    }
    Ok(Exit::Passed)
}

fn text() -> String {
    let mut text = String::from("short names\n");
    for kind in EventKind::ALL {
        let _ = writeln!(text, "  {:<46} {}", kind.as_str(), kind.entry().name());
    }
    let mut heading = "";
    for entry in entries() {
        if entry.group() != heading {
            heading = entry.group();
            let _ = writeln!(text, "{heading}");
        }
        let _ = writeln!(text, "  {:<46} {}", entry.name(), entry.about());
    }
    let mutations = Mutation::ALL.map(Mutation::as_str);
    let _ = writeln!(text, "mutations of --invalid\n  {}", mutations.join(", "));
    text
}

fn as_json() -> serde_json::Value {
    let events = entries().iter().map(|entry| {
        json!({
            "name": entry.name(),
            "group": entry.group(),
            "about": entry.about(),
            "counted": entry.is_counted(),
        })
    });
    let short = EventKind::ALL.map(|kind| (kind.as_str(), kind.entry().name()));
    json!({
        "events": events.collect::<Vec<_>>(),
        "short": short.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        "mutations": Mutation::ALL.map(Mutation::as_str),
    })
}
