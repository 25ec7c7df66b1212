//! What a run leaves for its user: the snapshot or an outcome that waits for review, and the journal.

use std::path::Path;

use super::Test;
use crate::cli::exit::{CommandError, chain};
use crate::scenario::run::Finished;
use crate::scenario::snapshot::{Comparison, SnapshotFile};
use backlot_base::journal::lines;

impl Test {
    /// Stores the snapshot if asked to, else keeps what differs for review; writes the journal if asked to.
    pub(super) fn keep(&self, finished: &mut Finished) -> Result<(), CommandError> {
        let snapshot = SnapshotFile::new(self.snapshots.folder(), &finished.name);
        let is_same = finished.comparison == Some(Comparison::Same);
        let kept = if is_same || finished.comparison.is_none() {
            snapshot.discard().map(drop)
        } else if self.accept && (finished.is_sound() || self.even_if_failed) {
            finished.comparison = Some(Comparison::Same);
            snapshot.store(&finished.text)
        } else if is_ci() {
            Ok(())
        } else {
            snapshot.propose(&finished.text, &finished.problems())
        };
        kept.map_err(|error| CommandError::environment(chain(&error)))?;
        match &self.journal {
            Some(folder) => write_journal(folder, finished),
            None => Ok(()),
        }
    }
}

/// Whether snapshots are only checked, never written for review.
pub(super) fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false" && value != "0")
}

fn write_journal(folder: &Path, finished: &Finished) -> Result<(), CommandError> {
    let path = folder.join(format!("{}.jsonl", finished.name));
    let text = lines::write_repeatable(&finished.outcome.records);
    let parent = path.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(&path, text))
        .map_err(|error| {
            CommandError::environment(format!(
                "journal `{}` cannot be written: {error}",
                path.display()
            ))
        })
}
