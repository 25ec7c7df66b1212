//! `backlot event --check`: how a captured payload has drifted from the model.

use std::fmt::Write as _;
use std::io::Read as _;

use serde_json::json;

use super::Output;
use crate::cli::exit::{CommandError, Exit};
use crate::cli::terminal::show;
use crate::cli::{notice, print};
use crate::mps::Profile;
use crate::mps::catalogue::{Drift, drift_of};
use backlot_base::words::count;

/// Compares the payload in `file`, or on stdin. Exits with 1 if it has drifted.
pub(super) fn check(
    file: &str,
    profile: Option<Profile>,
    output: Output,
) -> Result<Exit, CommandError> {
    let payload = read(file)?;
    let drift = drift_of(&payload, profile).map_err(|error| {
        CommandError::usage(format!("`{file}` cannot be checked: {error}"))
            .hint("give the body of a notification as it came, one in each file")
    })?;
    match output {
        Output::Text => show(&text(&drift))?,
        Output::Json => print(&format!("{}\n", as_json(&drift)))?,
    }
    if drift.is_empty() {
        Ok(Exit::Passed)
    } else {
        Ok(Exit::Failed)
    }
}

fn read(file: &str) -> Result<Vec<u8>, CommandError> {
    let read = if file == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(file)
    };
    read.map_err(|error| CommandError::usage(format!("payload `{file}` cannot be read: {error}")))
}

fn text(drift: &Drift) -> String {
    let mut text = String::new();
    for finding in &drift.findings {
        let _ = writeln!(text, "{}: {}: {finding}", finding.word(), finding.path());
    }
    let profile = drift.profile;
    if drift.is_empty() {
        let _ = writeln!(text, "no drift from the {profile} model");
    } else {
        let places = count(drift.findings.len(), "place", "places");
        let _ = writeln!(text, "{places} unlike the {profile} model");
    }
    if !drift.known.is_empty() {
        let places = count(drift.known.len(), "place is", "places are");
        notice(&format!(
            "{places} unlike the model as published samples are"
        ));
    }
    text
}

fn as_json(drift: &Drift) -> serde_json::Value {
    let findings = drift.findings.iter().map(|finding| {
        json!({
            "kind": finding.word(),
            "path": finding.path(),
            "text": finding.to_string(),
        })
    });
    let known = drift.known.iter().map(|deviation| {
        json!({
            "kind": deviation.what.word(),
            "path": deviation.path,
            "section": deviation.known.map(|known| known.section),
        })
    });
    json!({
        "profile": drift.profile.to_string(),
        "model": drift.model,
        "drifted": !drift.is_empty(),
        "findings": findings.collect::<Vec<_>>(),
        "known": known.collect::<Vec<_>>(),
    })
}
