//! Events that wait, kept in a file of the data folder, so that queues survive the process.
//!
//! The file has a line of JSON for each thing that happens to an event (`line`): that it is in a queue, that another attempt
//! is planned, and that it has ended. A line is written before anything follows from it, so an event that was accepted is
//! run however the process ends, and the one whose end is written is not run again. What was under way at that moment is
//! run once more: delivery is at least once, as on the platform (SCF reference, section 10.1).
//!
//! The file grows by each line and is written anew, without the events that have ended, when it is mostly made of these. It
//! needs no upgrade: a folder of an earlier version has none, and so no event that waits.
//!
//! Only events are kept. What an attempt printed and answered is in the journal, which ends with the process.

mod line;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::waiting::Waiting;
use backlot_base::folder::{Folder, PRIVATE_FILE, Writing};
use backlot_base::signal::FunctionTarget;
use line::{FORMAT, Line, Queued};

/// The file in the data folder.
const FILE: &str = "events.jsonl";
/// A file of this size, in bytes, is written anew if more than half of it is about events that have ended.
const COMPACT_AT: usize = 1024 * 1024;

/// An event that waits, with where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// The request id, which all attempts share.
    pub(super) request_id: String,
    pub(super) target: FunctionTarget,
    /// The version that was chosen for the event, which an alias may not choose again. Earlier versions did not keep it.
    pub(super) version: Option<String>,
    /// What sent the event, in SCF's words.
    pub(super) source: String,
    /// The payload, byte for byte.
    pub(super) event: Bytes,
    /// When the event arrived.
    pub(super) queued: Timestamp,
    /// `RetryNum` of the event.
    pub(super) retry_num: u8,
    /// `MsgTTL` of the event.
    pub(super) msg_ttl: Duration,
    /// The number of the coming attempt, from 1.
    pub(super) attempt: u32,
    /// Retries so far that count against `RetryNum`.
    pub(super) retries: u8,
    /// When the coming attempt is due; at once if `None`.
    pub(super) due: Option<Timestamp>,
}

/// A handle to the file; clones write the same one.
#[derive(Clone, Debug)]
pub struct QueueFile {
    // A plain mutex: a line is short. Lines must not mix, and each has to be written before its event goes on.
    inner: Arc<Mutex<Inner>>,
}

/// What writes down what happens to one event that is kept.
#[derive(Debug)]
pub(super) struct Keeping {
    file: QueueFile,
    request_id: String,
}

/// Why the queues of a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum QueueFileError {
    /// The file cannot be read or written.
    #[error("the waiting events in `{}` cannot be read or written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A line is not what was written.
    #[error(
        "line {line} of `{}` is damaged ({found}): move the file away to start without the events that waited", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        found: String,
    },
    /// A later version has written the file.
    #[error(
        "`{}` has waiting events in format {found}, and this version knows format {FORMAT}: use the version that wrote it", path.display()
    )]
    LaterFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
}

#[derive(Debug)]
struct Inner {
    folder: Folder,
    file: File,
    /// Whether an accepted event survives a loss of power, not only the end of the process.
    is_synced: bool,
    /// What the file has, in bytes.
    size: usize,
    /// By request id, each with its place among all that arrived.
    waiting: HashMap<String, (u64, Kept)>,
    arrived: u64,
}

impl QueueFile {
    /// Opens the file of a data folder, or creates it. With `is_synced`, an accepted event survives a loss of power, else
    /// only the end of the process.
    pub fn open(folder: &Path, is_synced: bool) -> Result<Self, QueueFileError> {
        let failed = |source| QueueFileError::Io {
            path: folder.join(FILE),
            source,
        };
        let opened = Folder::create(folder).map_err(failed)?;
        let text = match opened.read_bytes(FILE) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(failed)?,
        };
        let (waiting, arrived) = read(&opened.path_of(FILE), &text)?;
        let mut inner = Inner {
            // Opened without a look at it: it is replaced at once.
            file: opened.write(FILE, Writing::Append).map_err(failed)?,
            folder: opened,
            is_synced,
            size: 0,
            waiting,
            arrived,
        };
        inner.write_anew().map_err(failed)?;
        Ok(Self {
            inner: Arc::new(Mutex::new(inner)),
        })
    }

    /// The events that wait, in the order of their arrival.
    pub(super) fn waiting(&self) -> Vec<Kept> {
        self.inner().in_order()
    }

    /// Keeps an event until its end.
    pub(super) fn keep(&self, kept: Kept) -> io::Result<Option<Keeping>> {
        let mut inner = self.inner();
        let request_id = kept.request_id.clone();
        let line = Line::Queued(Queued::from(&kept));
        inner.append(&line)?;
        if inner.is_synced {
            inner.file.sync_data()?;
        }
        inner.arrived += 1;
        let place = inner.arrived;
        inner.waiting.insert(request_id.clone(), (place, kept));
        drop(inner);
        Ok(Some(self.keeping(request_id)))
    }

    /// How many events wait, and when the first retry is due.
    pub(super) fn summary(&self) -> Waiting {
        let inner = self.inner();
        let waiting = inner.waiting.values();
        let due = waiting.filter_map(|(_, kept)| kept.due);
        let retries = due.clone().count();
        Waiting {
            queued: inner.waiting.len() - retries,
            retries,
            next: due.min(),
        }
    }

    /// Goes on with an event that the file has.
    pub(super) fn keeping(&self, request_id: String) -> Keeping {
        Keeping {
            file: self.clone(),
            request_id,
        }
    }

    /// Forgets all events.
    pub(super) fn clear(&self) {
        let mut inner = self.inner();
        inner.waiting.clear();
        inner.written_anew();
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner
            .lock()
            .expect("no code panics while it writes a line")
    }
}

impl Keeping {
    /// An attempt failed, and another is planned.
    pub(super) fn retry(&self, attempt: u32, retries: u8, due: Timestamp) {
        let mut inner = self.file.inner();
        let Some((_, kept)) = inner.waiting.get_mut(&self.request_id) else {
            return;
        };
        (kept.attempt, kept.retries, kept.due) = (attempt, retries, Some(due));
        let line = Line::Retry {
            id: self.request_id.clone(),
            attempt,
            retries,
            due,
        };
        inner.note(&line);
    }

    /// Nothing more is done about the event.
    pub(super) fn end(&self) {
        let mut inner = self.file.inner();
        if inner.waiting.remove(&self.request_id).is_none() {
            return;
        }
        let id = self.request_id.clone();
        inner.note(&Line::Ended { id });
        if inner.size > COMPACT_AT && inner.is_mostly_ended() {
            inner.written_anew();
        }
    }
}

impl Inner {
    fn append(&mut self, line: &Line) -> io::Result<()> {
        let text = line.text();
        self.file.write_all(text.as_bytes())?;
        self.size += text.len();
        Ok(())
    }

    /// Appends what the events that are kept can do without: if it is not there, an attempt is run once more.
    fn note(&mut self, line: &Line) {
        if let Err(error) = self.append(line) {
            let path = self.folder.path_of(FILE);
            tracing::error!(%error, path = %path.display(), "what became of an event cannot be written down: it is run again after a restart");
        }
    }

    fn in_order(&self) -> Vec<Kept> {
        let mut waiting: Vec<_> = self.waiting.values().collect();
        waiting.sort_unstable_by_key(|(place, _)| *place);
        waiting.into_iter().map(|(_, kept)| kept.clone()).collect()
    }

    fn is_mostly_ended(&self) -> bool {
        let waiting = self.waiting.values();
        let events: usize = waiting.map(|(_, kept)| kept.event.len()).sum();
        events < self.size / 2
    }

    /// Writes the file without the events that have ended.
    fn write_anew(&mut self) -> io::Result<()> {
        let mut text = Line::Format(FORMAT).text();
        for kept in self.in_order() {
            text.push_str(&Line::Queued(Queued::from(&kept)).text());
        }
        self.folder.replace(FILE, text.as_bytes(), PRIVATE_FILE)?;
        self.file = self.folder.write(FILE, Writing::Extend)?;
        self.size = text.len();
        if self.is_synced {
            self.file.sync_data()?;
        }
        Ok(())
    }

    /// [`Inner::write_anew`]; if that fails, the file goes on as it is.
    fn written_anew(&mut self) {
        if let Err(error) = self.write_anew() {
            let path = self.folder.path_of(FILE);
            tracing::error!(%error, path = %path.display(), "the file of waiting events cannot be written anew");
        }
    }
}

/// Events that have not ended, with the place of each, by their ids.
type Unended = HashMap<String, (u64, Kept)>;

/// The events of a file that have not ended, and how many places were given.
fn read(path: &Path, text: &[u8]) -> Result<(Unended, u64), QueueFileError> {
    let mut waiting = HashMap::new();
    let mut arrived = 0;
    let mut lines = text.split_inclusive(|byte| *byte == b'\n').enumerate();
    lines.try_for_each(|(index, line)| {
        // The process ended while it wrote its last line, so nothing has followed from it.
        let Some(line) = line.strip_suffix(b"\n") else {
            return Ok(());
        };
        let line = serde_json::from_slice(line).map_err(|error| QueueFileError::Damaged {
            path: path.to_owned(),
            line: index + 1,
            found: error.to_string(),
        })?;
        match line {
            Line::Format(1..=FORMAT) => {}
            Line::Format(found) => {
                let path = path.to_owned();
                return Err(QueueFileError::LaterFormat { path, found });
            }
            Line::Queued(queued) => {
                arrived += 1;
                waiting.insert(queued.id.clone(), (arrived, Kept::from(queued)));
            }
            Line::Retry {
                id,
                attempt,
                retries,
                due,
            } => {
                if let Some((_, kept)) = waiting.get_mut(&id) {
                    (kept.attempt, kept.retries, kept.due) = (attempt, retries, Some(due));
                }
            }
            Line::Ended { id } => drop(waiting.remove(&id)),
        }
        Ok(())
    })?;
    Ok((waiting, arrived))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
