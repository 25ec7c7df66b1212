//! `backlot send`: sends an event of MPS to the emulator that runs, whose triggers deliver it.

use std::io::Read as _;
use std::path::Path;

use bytes::Bytes;
use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::event;
use super::exit::{CommandError, Exit};
use super::progress::{Progress, Shown};
use super::remote::{Remote, Target};
use super::tell;
use super::terminal::show;
use crate::mps::Profile;
use crate::mps::sample::EventKind;
use backlot_base::json::{self as exact, Assignment};
use backlot_http::exchange::{empty, full};

/// Sends an event of MPS to the emulator that runs: the function that is bound to its type gets it
#[derive(Debug, Args)]
pub(super) struct Send {
    /// A name that `backlot event` knows, such as `workflow`, `edit-fail` or one that `backlot event --list` shows;
    /// or a file with an event, `-` for stdin
    #[arg(value_name = "KIND|FILE|-")]
    event: String,

    /// Change a value: a dotted path, such as `WorkflowTaskEvent.Status=PROCESSING`; may be given more than once
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,

    /// Let `--set` add members that the event does not have
    #[arg(long, alias = "force")]
    add: bool,

    /// The shape of a made-up event: `legacy` or `modern` [default: that of the emulator]
    #[arg(long)]
    profile: Option<Profile>,

    /// Wait until the function is done with the event, through all its attempts, and show what it prints
    #[arg(long)]
    wait: bool,

    #[command(flatten)]
    target: Target,
}

impl Send {
    pub(super) async fn run(self) -> Result<Exit, CommandError> {
        let remote = self.target.find()?;
        // Before anything is read from a terminal.
        remote.health().await?;
        let sent = match self.event.parse::<EventKind>() {
            Ok(kind) => remote.value("POST", &self.made_up(kind), empty()).await?,
            Err(unknown) => {
                let event = self.given(&unknown)?;
                remote.value("POST", "/events", full(event)).await?
            }
        };
        let deliveries = sent["deliveries"].as_array().map_or(&[][..], Vec::as_slice);
        let Some(since) = sent["since"].as_u64() else {
            return Err(remote.foreign());
        };
        let (refused, delivered): (Vec<_>, Vec<_>) = deliveries
            .iter()
            .partition(|delivery| delivery["refused"] != Value::Null);
        for delivery in &delivered {
            show(&describe(&sent, delivery))?;
        }
        for delivery in &refused {
            tell(&format!(
                "error: `{}` does not get the event: {}",
                text(&delivery["function"]),
                text(&delivery["refused"])
            ));
        }
        let exit = if refused.is_empty() {
            Exit::Passed
        } else {
            Exit::Failed
        };
        if !self.wait {
            return Ok(exit);
        }
        let numbers = delivered
            .iter()
            .filter_map(|one| one["invocation"].as_u64());
        follow(remote, numbers, since, exit).await
    }

    /// The path that asks for a made-up event.
    fn made_up(&self, kind: EventKind) -> String {
        let mut path = format!("/events?kind={kind}");
        if let Some(profile) = self.profile {
            path.push_str("&profile=");
            path.push_str(&profile.to_string());
        }
        for change in &self.set {
            path.push_str("&set=");
            path.extend(utf8_percent_encode(change, NON_ALPHANUMERIC));
        }
        if self.add {
            path.push_str("&add=true");
        }
        path
    }

    /// The event in the file, or from stdin.
    fn given(&self, unknown: &impl std::fmt::Display) -> Result<Bytes, CommandError> {
        let path = Path::new(&self.event);
        let read = if self.event == "-" {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
        } else if path.exists() {
            std::fs::read(path)
        } else {
            let message = format!("{unknown}, and there is no such file");
            return Err(CommandError::usage(message));
        };
        let event = read.map_err(|error| {
            CommandError::usage(format!("event `{}` cannot be read: {error}", self.event))
        })?;
        if self.profile.is_some() {
            let message = "`--profile` is for made-up events; this one is sent as it is";
            return Err(CommandError::usage(message));
        }
        if self.set.is_empty() {
            return Ok(event.into());
        }
        self.changed(&event)
    }

    fn changed(&self, event: &[u8]) -> Result<Bytes, CommandError> {
        let not_json = |why: &dyn std::fmt::Display| {
            CommandError::usage(format!("event `{}` is not JSON: {why}", self.event))
        };
        let text = std::str::from_utf8(event).map_err(|error| not_json(&error))?;
        let mut value = exact::Value::parse(text).map_err(|error| not_json(&error))?;
        let changes = self.set.iter().map(|text| text.parse::<Assignment>());
        let changes = changes.collect::<Result<Vec<_>, _>>();
        let changes = changes.map_err(|error| CommandError::usage(format!("`--set`: {error}")))?;
        event::change(&mut value, &changes, self.add)?;
        Ok(value.to_string().into())
    }
}

/// Waits until all invocations are done with.
async fn follow(
    remote: Remote,
    numbers: impl Iterator<Item = u64>,
    since: u64,
    exit: Exit,
) -> Result<Exit, CommandError> {
    let mut progress = Progress::of(numbers, Shown::All);
    progress.follow(remote, since).await?;
    let is_success = progress.is_success();
    Ok(if is_success { exit } else { Exit::Failed })
}

/// `archive` gets `WorkflowTask` of task 26… as invocation 3, request id …
fn describe(sent: &Value, delivery: &Value) -> String {
    format!(
        "`{}` gets `{}` as invocation {}, request id {}\n",
        text(&delivery["function"]),
        text(&sent["event_type"]),
        delivery["invocation"],
        text(&delivery["request_id"])
    )
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_said_which_function_gets_the_event() {
        let sent = json!({ "event_type": "WorkflowTask" });
        let delivery =
            json!({ "function": "archive", "invocation": 3, "request_id": "R", "refused": null });
        let said = "`archive` gets `WorkflowTask` as invocation 3, request id R\n";
        assert_eq!(describe(&sent, &delivery), said);
    }
}
