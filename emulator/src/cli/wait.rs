//! `backlot wait`: until the emulator serves requests; with `--idle`, until it has nothing to do.
//!
//! It creates a pipe, checks the address, and waits for the ready signal before it checks again. An emulator elsewhere does not
//! know of the pipe: an address of another machine, or one that a port forward or a container answers for, is polled once a
//! second.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::exit::{CommandError, Exit};
use super::ready_signal::ReadySignal;
use super::remote::{Remote, Target};
use super::{notice, print};
use crate::config::written::Pause;
use backlot_base::clock::Clock;
use backlot_base::words::count;
use backlot_http::exchange::empty;

/// The pause between two checks of an address elsewhere.
const ELSEWHERE: Duration = Duration::from_secs(1);

/// Waits until the emulator serves requests, and with `--idle` until it has nothing to do
#[derive(Debug, Args)]
pub(super) struct Wait {
    #[command(flatten)]
    target: Target,

    /// How long to wait
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = pause)]
    timeout: Pause,

    /// Also wait until no function runs, no event waits, and nothing is due
    #[arg(long)]
    idle: bool,

    /// What is due later than this does not count, such as the next attempt in 60 s; seconds, or a time with its unit
    #[arg(long, value_name = "SECONDS", requires = "idle", value_parser = horizon)]
    horizon: Option<Pause>,
}

impl Wait {
    pub(super) async fn run(self) -> Result<Exit, CommandError> {
        let clock = Clock::real();
        let watch = clock.stopwatch();
        let mut missing = None;
        let looking = self.until_ready(&clock, &mut missing);
        let address = match clock.within(self.timeout.0, looking).await {
            Ok(found) => found?,
            // What the last check has said; absent if the first one was not answered either.
            Err(_elapsed) => {
                return Err(missing.unwrap_or_else(|| {
                    let place = self.place();
                    CommandError::environment(format!("the emulator {place} does not answer")).hint(
                        "it may be stopped (Ctrl-Z, SIGSTOP), or another program listens there",
                    )
                }));
            }
        };
        if self.idle {
            let left = self.timeout.0.saturating_sub(watch.elapsed());
            return self.until_idle(Remote { address }, left).await;
        }
        print(&format!("backlot is ready at http://{address}\n"))?;
        Ok(Exit::Passed)
    }

    /// Waits until there is nothing to do, at most for `limit` of real time.
    async fn until_idle(&self, remote: Remote, limit: Duration) -> Result<Exit, CommandError> {
        let horizon = self
            .horizon
            .map(|horizon| format!("&horizon={}ms", horizon.0.as_millis()));
        let path = format!(
            "/idle?timeout={}ms{}",
            limit.as_millis(),
            horizon.unwrap_or_default()
        );
        let answer = remote.value("GET", &path, empty()).await?;
        if answer["idle"] == true {
            print(&format!("backlot at http://{} is idle\n", remote.address))?;
            return Ok(Exit::Passed);
        }
        let message = format!(
            "the emulator at {} is not idle after {:?}: {}",
            remote.address,
            self.timeout.0,
            unfinished(&answer)
        );
        let failed = CommandError::environment(message);
        let is_only_due = answer["busy"] == json!([]) && answer["queued"] == json!([]);
        Err(failed.hint(if is_only_due {
            "`--horizon SECONDS` leaves out what is due later; `--timeout` waits longer"
        } else {
            "`--timeout` waits longer; `backlot logs` shows what functions print"
        }))
    }

    /// Its address, once it serves requests. `last` is why it did not at the last check.
    async fn until_ready(
        &self,
        clock: &Clock,
        last: &mut Option<CommandError>,
    ) -> Result<SocketAddr, CommandError> {
        let signal = match (&self.target.listen, &self.target.data) {
            (None, Some(folder)) => ReadySignal::of_data(folder),
            _ => ReadySignal::of_user(),
        };
        let failed = |error: io::Error| {
            CommandError::environment(format!("cannot wait: {error}"))
                .hint("make the data folder writable, or set `TMPDIR` to a folder that is")
        };
        let mut is_told = false;
        loop {
            // First the pipe, then the check: an emulator that becomes ready in between writes into the pipe.
            let mut waiting = signal.wait().map_err(failed)?;
            let missing = match self.look().await {
                Ok(address) => return Ok(address),
                Err(missing) => missing,
            };
            if missing.exit == Exit::Usage {
                return Err(missing);
            }
            *last = Some(missing);
            if !is_told {
                notice(&format!("waiting for the emulator {}", self.place()));
                is_told = true;
            }
            if self.is_elsewhere().await {
                drop(clock.within(ELSEWHERE, waiting.ready()).await);
            } else {
                waiting.ready().await.map_err(failed)?;
            }
        }
    }

    /// Which emulator is meant, for people.
    fn place(&self) -> String {
        match (&self.target.listen, &self.target.data) {
            (None, Some(folder)) => format!("with the data folder `{}`", folder.display()),
            _ => self
                .target
                .find()
                .map_or_else(|_| String::new(), |remote| format!("at {}", remote.address)),
        }
    }

    /// Its address, if it serves requests.
    async fn look(&self) -> Result<SocketAddr, CommandError> {
        let remote = self.target.find()?;
        remote.health().await?;
        Ok(remote.address)
    }

    /// Whether the emulator would not know of the pipe.
    async fn is_elsewhere(&self) -> bool {
        let is_by_folder = self.target.listen.is_none() && self.target.data.is_some();
        match self.target.find() {
            Ok(remote) if !is_by_folder => !remote.is_free_here().await,
            _ => false,
        }
    }
}

/// What there is left to do: `attempt 1 of invocation 2 of function `slow` is under way; 3 events of `slow` wait for an instance`.
fn unfinished(answer: &Value) -> String {
    let list = |name: &str| answer[name].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let busy = list("busy").map(|what| format!("{} is under way", text(what)));
    let queued = list("queued").map(|queued| {
        let events = queued["events"].as_u64().unwrap_or_default();
        let (function, wait) = (
            text(&queued["function"]),
            if events == 1 { "waits" } else { "wait" },
        );
        format!(
            "{} of `{function}` {wait} for an instance",
            count(events, "event", "events")
        )
    });
    let due =
        list("due").map(|due| format!("{} is due at {}", text(&due["what"]), text(&due["at"])));
    let all: Vec<_> = busy.chain(queued).chain(due).collect();
    all.join("; ")
}

/// A horizon as a flag: seconds, or a length of time.
fn horizon(text: &str) -> Result<Pause, String> {
    Pause::parse_seconds(text).ok_or_else(|| {
        "write a number of seconds, or one with a unit, such as `200ms` or `2m`".to_owned()
    })
}

/// A length of time as a flag.
pub(super) fn pause(text: &str) -> Result<Pause, String> {
    Pause::parse(text)
        .ok_or_else(|| "write a number with a unit, such as `200ms`, `3s` or `2m`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_to_do_is_named() {
        let answer = json!({
            "busy": ["attempt 1 of invocation 2 of function `slow`"],
            "queued": [{ "function": "slow", "events": 1 }, { "function": "a/b", "events": 2 }],
            "due": [{ "at": "2026-11-22T14:51:24Z", "what": "the next attempt of function `slow`" }],
        });
        assert_eq!(
            unfinished(&answer),
            "attempt 1 of invocation 2 of function `slow` is under way; 1 event of `slow` waits for an instance; \
             2 events of `a/b` wait for an instance; the next attempt of function `slow` is due at 2026-11-22T14:51:24Z"
        );
    }
}
