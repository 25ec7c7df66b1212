//! Outcomes as they should be: text files under `snapshots/`, in the format of `insta`, so that its reviewer works on them
//! too.
//!
//! [`text`] says what an outcome looks like, `record` what a record looks like in it, [`tokens`] which ids
//! are volatile, [`volatile`] finds other values that differ from run to run, [`header`] is what precedes the text; here are the files.

pub mod header;
mod record;
pub mod text;
pub mod tokens;
pub mod volatile;

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

    /// Every scenario of which a folder holds an outcome that waits for review, in order.
    pub fn pending(folder: &Path) -> Result<Vec<String>, Error> {
        names(folder, ".snap.new")
    }

    /// Every scenario of which a folder holds a snapshot, in order.
    pub fn stored(folder: &Path) -> Result<Vec<String>, Error> {
        names(folder, ".snap")
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
        // A checkout may have changed the ends of lines.
        let expected = header::split(&text).1.replace("\r\n", "\n");
        let outcome = outcome.replace("\r\n", "\n");
        if expected.trim_end() == outcome.trim_end() {
            return Ok(Comparison::Same);
        }
        let difference = TextDiff::from_lines(&expected, &outcome)
            .unified_diff()
            .context_radius(3)
            .header("snapshot", "this run")
            .to_string();
        Ok(Comparison::Differs { difference })
    }

    /// Keeps `outcome` for review, beside the snapshot. `problems` are what claims and oracle object to.
    pub fn propose(&self, outcome: &str, problems: &[String]) -> Result<(), Error> {
        self.write(&self.pending_path(), &header::pending(problems), outcome)
    }

    /// Makes `outcome` the snapshot.
    pub fn store(&self, outcome: &str) -> Result<(), Error> {
        let before = match std::fs::read_to_string(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text.map_err(|source| self.failed("read", source))?,
        };
        let header = header::kept(&before, &self.path);
        self.write(&self.path, &header, outcome)?;
        self.discard().map(drop)
    }

    /// What claims and oracle object to in the outcome under review; `None` if no outcome is under review.
    pub fn problems(&self) -> Result<Option<Vec<String>>, Error> {
        let text = self.under_review()?;
        Ok(text.map(|text| header::problems(header::split(&text).0)))
    }

    /// Makes the outcome under review the snapshot. `false` if no outcome is under review.
    pub fn accept(&self) -> Result<bool, Error> {
        let Some(text) = self.under_review()? else {
            return Ok(false);
        };
        self.store(header::split(&text).1)?;
        Ok(true)
    }

    /// Removes the outcome under review. `false` if no outcome is under review.
    pub fn discard(&self) -> Result<bool, Error> {
        match std::fs::remove_file(self.pending_path()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(self.failed("discarded", source)),
        }
    }

    fn under_review(&self) -> Result<Option<String>, Error> {
        match std::fs::read_to_string(self.pending_path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            text => text.map(Some).map_err(|source| self.failed("read", source)),
        }
    }

    /// Writes beside the target first, so that a snapshot is never half-written.
    fn write(&self, target: &Path, header: &str, outcome: &str) -> Result<(), Error> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let write = || {
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            write!(file, "---\n{header}---\n")?;
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

/// The names of all files below a folder that end so, as paths with `/`.
fn names(folder: &Path, ending: &str) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    let mut waiting = vec![(folder.to_owned(), String::new())];
    while let Some((folder, before)) = waiting.pop() {
        let failed = |source| Error {
            path: folder.clone(),
            act: "listed",
            source,
        };
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(failed)?,
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let name = format!("{before}{}", entry.file_name().to_string_lossy());
            if entry.file_type().map_err(failed)?.is_dir() {
                waiting.push((entry.path(), format!("{name}/")));
            } else if let Some(name) = name.strip_suffix(ending) {
                names.push(name.to_owned());
            }
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_stored_compared_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = SnapshotFile::new(folder.path(), "burst");
        assert_eq!(file.compare("a\n").unwrap(), Comparison::Missing);
        file.propose("a\nb\n", &[]).unwrap();
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
    fn an_outcome_under_review_remembers_what_was_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let file = SnapshotFile::new(folder.path(), "deep/one");
        assert_eq!(file.problems().unwrap(), None);
        let problems = ["expected \"2\": found 1".to_owned(), "lost".to_owned()];
        file.propose("text", &problems).unwrap();
        assert_eq!(SnapshotFile::pending(folder.path()).unwrap(), ["deep/one"]);
        assert_eq!(file.problems().unwrap().unwrap(), problems);
        assert!(file.accept().unwrap());
        let stored = std::fs::read_to_string(file.path()).unwrap();
        assert_eq!(stored, "---\nexpression: outcome\n---\ntext\n");
        assert_eq!(SnapshotFile::stored(folder.path()).unwrap(), ["deep/one"]);
    }

    #[test]
    fn ends_of_lines_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let file = SnapshotFile::new(folder.path(), "one");
        std::fs::write(
            file.path(),
            "---\r\nexpression: outcome\r\n---\r\na\r\nb\r\n",
        )
        .unwrap();
        assert_eq!(file.compare("a\nb\n").unwrap(), Comparison::Same);
    }
}
