//! `backlot accept` and `backlot reject`: what becomes of outcomes that differ from their snapshots.

use clap::Args;

use super::configuration::{Configuration, Snapshots};
use super::exit::{CommandError, Exit, chain};
use super::print;
use crate::scenario::snapshot::{self, SnapshotFile};
use backlot_base::source::nearest;

/// Outcomes under review.
#[derive(Debug, Args)]
struct Pending {
    /// Scenarios by name; all that wait for review if left out
    names: Vec<String>,

    #[command(flatten)]
    configuration: Configuration,

    #[command(flatten)]
    snapshots: Snapshots,
}

/// Makes outcomes under review the new snapshots.
#[derive(Debug, Args)]
pub(super) struct Accept {
    #[command(flatten)]
    pending: Pending,

    /// Accept outcomes of runs in which claims or the oracle failed
    #[arg(long)]
    even_if_failed: bool,
}

/// Throws outcomes under review away.
#[derive(Debug, Args)]
pub(super) struct Reject {
    #[command(flatten)]
    pending: Pending,
}

impl Accept {
    pub(super) fn run(mut self) -> Result<Exit, CommandError> {
        let chosen = self.pending.chosen()?;
        let folder = self.pending.snapshots.folder();
        let mut refused = Vec::new();
        for name in chosen {
            let file = SnapshotFile::new(folder, &name);
            let problems = file.problems().map_err(failed)?.unwrap_or_default();
            if !problems.is_empty() && !self.even_if_failed {
                refused.push((name, problems));
                continue;
            }
            file.accept().map_err(failed)?;
            print(&format!("accepted {name}\n"))?;
        }
        if refused.is_empty() {
            return Ok(Exit::Passed);
        }
        Err(CommandError::new(Exit::Failed, refusal(&refused)).hint(
            "mend the function or the scenario and run `backlot test` again; `--even-if-failed` accepts the outcome as it is",
        ))
    }
}

impl Reject {
    pub(super) fn run(mut self) -> Result<Exit, CommandError> {
        for name in self.pending.chosen()? {
            let file = SnapshotFile::new(self.pending.snapshots.folder(), &name);
            file.discard().map_err(failed)?;
            print(&format!("rejected {name}\n"))?;
        }
        Ok(Exit::Passed)
    }
}

/// Which outcomes are not accepted, and what was wrong with them.
fn refusal(refused: &[(String, Vec<String>)]) -> String {
    let of_each = refused.iter().map(|(name, problems)| {
        let problems: Vec<_> = problems
            .iter()
            .map(|problem| format!("\n  {problem}"))
            .collect();
        format!(
            "`{name}` is not accepted, because its run failed:{}",
            problems.concat()
        )
    });
    of_each.collect::<Vec<_>>().join("\n\n")
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn failed(error: snapshot::Error) -> CommandError {
    CommandError::environment(chain(&error))
}

impl Pending {
    /// The outcomes that are meant, at least one.
    fn chosen(&mut self) -> Result<Vec<String>, CommandError> {
        self.snapshots.settle(&self.configuration.folder()?);
        let waiting = SnapshotFile::pending(self.snapshots.folder()).map_err(failed)?;
        let folder = self.snapshots.folder().display();
        let mut unknown = self.names.iter().filter(|name| !waiting.contains(name));
        if let Some(name) = unknown.next() {
            let message = format!(
                "nothing of `{name}` to accept or reject: no `{name}.snap.new` in `{folder}`"
            );
            let hint = match nearest(name, waiting.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`backlot test` keeps outcomes that differ".to_owned(),
            };
            return Err(CommandError::new(Exit::NothingMatched, message).hint(hint));
        }
        if !self.names.is_empty() {
            return Ok(self.names.clone());
        }
        if waiting.is_empty() {
            let message = format!("nothing to accept or reject: no `*.snap.new` in `{folder}`");
            return Err(CommandError::new(Exit::NothingMatched, message));
        }
        Ok(waiting)
    }
}
