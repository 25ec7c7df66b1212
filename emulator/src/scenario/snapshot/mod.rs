//! Outcomes as they should be: text files under `snapshots/`, in the format of `insta`, so that its reviewer works on them
//! too.
//!
//! [`text`] says what an outcome looks like, `record` what a record looks like in it, [`tokens`] what is volatile; here are
//! the files.

mod record;
pub mod text;
pub mod tokens;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use similar::TextDiff;

/// One snapshot on disk and, beside it, what a run made instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotFile {
    /// `<folder>/<scenario>.snap`.
    path: PathBuf,
}

/// What comparing came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The outcome is as it should be.
    Same,
    /// There is no snapshot yet.
    Missing,
    /// The outcome differs; the text shows how.
    Differs {
        /// A unified difference, `-` as it should be and `+` as it was.
        difference: String,
    },
}

/// A snapshot could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("snapshot `{}` cannot be {act}", path.display())]
pub struct Error {
    path: PathBuf,
    act: &'static str,
    #[source]
    source: io::Error,
}

impl SnapshotFile {
    /// The snapshot of a scenario in a folder.
    pub fn new(folder: &Path, scenario: &str) -> Self {
        Self {
            path: folder.join(format!("{scenario}.snap")),
        }
    }

    /// Every scenario of which a folder holds an outcome that waits for review.
    pub fn pending(folder: &Path) -> Result<Vec<String>, Error> {
        let failed = |source| Error {
            path: folder.to_owned(),
            act: "listed",
            source,
        };
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            let name = name
                .to_str()
                .and_then(|name| name.strip_suffix(".snap.new"));
            names.extend(name.map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    /// Where the snapshot is, or would be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where an outcome that differs is kept for review.
    pub fn pending_path(&self) -> PathBuf {
        self.path.with_extension("snap.new")
    }

    /// Compares `outcome` with the snapshot.
    pub fn compare(&self, outcome: &str) -> Result<Comparison, Error> {
        let text = match std::fs::read_to_string(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Comparison::Missing);
            }
            text => text.map_err(|source| self.failed("read", source))?,
        };
        let expected = contents(&text);
        if expected.trim_end() == outcome.trim_end() {
            return Ok(Comparison::Same);
        }
        let difference = TextDiff::from_lines(expected, outcome)
            .unified_diff()
            .context_radius(3)
            .header("snapshot", "this run")
            .to_string();
        Ok(Comparison::Differs { difference })
    }

    /// Keeps `outcome` for review, beside the snapshot.
    pub fn propose(&self, outcome: &str) -> Result<(), Error> {
        self.write(&self.pending_path(), outcome)
    }

    /// Makes `outcome` the snapshot.
    pub fn store(&self, outcome: &str) -> Result<(), Error> {
        self.write(&self.path, outcome)?;
        self.discard().map(drop)
    }

    /// Makes the outcome under review the snapshot. `false` if no outcome is under review.
    pub fn accept(&self) -> Result<bool, Error> {
        moved(std::fs::rename(self.pending_path(), &self.path))
            .map_err(|source| self.failed("accepted", source))
    }

    /// Removes the outcome under review. `false` if no outcome is under review.
    pub fn discard(&self) -> Result<bool, Error> {
        moved(std::fs::remove_file(self.pending_path()))
            .map_err(|source| self.failed("discarded", source))
    }

    /// Writes beside the target first, so that a snapshot is never half-written.
    fn write(&self, target: &Path, outcome: &str) -> Result<(), Error> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let write = || {
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            write!(
                file,
                "---\nsource: snapshots/replay.rs\nexpression: outcome\n---\n"
            )?;
            writeln!(file, "{}", outcome.trim_end())?;
            file.persist(target)?;
            Ok(())
        };
        write().map_err(|source| self.failed("written", source))
    }

    fn failed(&self, act: &'static str, source: io::Error) -> Error {
        Error {
            path: self.path.clone(),
            act,
            source,
        }
    }
}

/// The text after the header that is closed by the second `---`.
fn contents(file: &str) -> &str {
    let header = file
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"));
    header.map_or(file, |(_, contents)| contents)
}

fn moved(result: io::Result<()>) -> io::Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_stored_compared_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = SnapshotFile::new(folder.path(), "burst");
        assert_eq!(file.compare("a\n").unwrap(), Comparison::Missing);
        file.propose("a\nb\n").unwrap();
        assert_eq!(SnapshotFile::pending(folder.path()).unwrap(), ["burst"]);
        assert!(file.accept().unwrap());
        assert!(!file.accept().unwrap(), "nothing waits any more");
        assert_eq!(file.compare("a\nb\n").unwrap(), Comparison::Same);
        let Comparison::Differs { difference } = file.compare("a\nc\n").unwrap() else {
            panic!("the outcome differs");
        };
        assert!(difference.contains("-b\n+c\n"), "{difference}");
    }

    #[test]
    fn the_header_is_that_of_the_reviewer() {
        let folder = tempfile::tempdir().unwrap();
        let file = SnapshotFile::new(folder.path(), "one");
        file.store("text").unwrap();
        let stored = std::fs::read_to_string(file.path()).unwrap();
        assert_eq!(contents(&stored), "text\n");
        assert!(stored.starts_with("---\nsource: "), "{stored}");
    }
}
