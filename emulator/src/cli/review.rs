//! `backlot accept` and `backlot reject`: what becomes of outcomes that differ from their snapshots.

use std::path::PathBuf;

use clap::Args;

use super::exit::{CommandError, Exit, chain};
use super::print;
use crate::scenario::snapshot::{self, SnapshotFile};

/// Outcomes under review.
#[derive(Debug, Args)]
struct Pending {
    /// Scenarios by name; all that wait for review if left out
    names: Vec<String>,

    /// The folder of the snapshots
    #[arg(
        long,
        value_name = "DIR",
        default_value = "snapshots",
        env = "BACKLOT_SNAPSHOTS"
    )]
    snapshots: PathBuf,
}

/// Makes outcomes under review the new snapshots.
#[derive(Debug, Args)]
pub(super) struct Accept {
    #[command(flatten)]
    pending: Pending,
}

/// Throws outcomes under review away.
#[derive(Debug, Args)]
pub(super) struct Reject {
    #[command(flatten)]
    pending: Pending,
}

impl Accept {
    pub(super) fn run(self) -> Result<Exit, CommandError> {
        self.pending.settle("accepted", SnapshotFile::accept)
    }
}

impl Reject {
    pub(super) fn run(self) -> Result<Exit, CommandError> {
        self.pending.settle("rejected", SnapshotFile::discard)
    }
}

impl Pending {
    fn settle(
        self,
        done: &str,
        act: fn(&SnapshotFile) -> Result<bool, snapshot::Error>,
    ) -> Result<Exit, CommandError> {
        let failed = |error: snapshot::Error| CommandError::environment(chain(&error));
        let waiting = SnapshotFile::pending(&self.snapshots).map_err(failed)?;
        let unknown: Vec<_> = self
            .names
            .iter()
            .filter(|name| !waiting.contains(name))
            .collect();
        if let Some(name) = unknown.first() {
            let message = format!(
                "nothing of `{name}` to accept or reject: no `{name}.snap.new` in `{}`",
                self.snapshots.display()
            );
            return Err(CommandError::new(Exit::NothingMatched, message)
                .hint("`backlot test` keeps outcomes that differ"));
        }
        let chosen = if self.names.is_empty() {
            waiting
        } else {
            self.names
        };
        if chosen.is_empty() {
            return Err(CommandError::new(
                Exit::NothingMatched,
                format!(
                    "nothing to accept or reject: no `*.snap.new` in `{}`",
                    self.snapshots.display()
                ),
            ));
        }
        for name in chosen {
            act(&SnapshotFile::new(&self.snapshots, &name)).map_err(failed)?;
            print(&format!("{done} {name}\n"))?;
        }
        Ok(Exit::Passed)
    }
}
