//! `backlot state save` and `backlot state load`: all buckets and objects in a file.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use futures_util::TryStreamExt as _;
use hyper::body::Frame;
use tokio_util::io::ReaderStream;

use super::exit::{CommandError, Exit};
use super::print;
use super::remote::{Remote, Target};
use backlot_base::words::count;
use backlot_http::Body;
use backlot_http::exchange::empty;

/// Saves or loads all buckets and objects of the running emulator
#[derive(Debug, Args)]
pub(super) struct State {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Save all buckets and objects to a file
    Save(Filed),
    /// Replace all buckets and objects with those in a file
    Load(Filed),
}

#[derive(Debug, Args)]
struct Filed {
    /// The file
    file: PathBuf,

    #[command(flatten)]
    target: Target,
}

impl State {
    pub(super) async fn run(self) -> Result<Exit, CommandError> {
        match self.act {
            Act::Save(Filed { file, target }) => save(&file, target.find()?).await?,
            Act::Load(Filed { file, target }) => load(&file, target.find()?).await?,
        }
        Ok(Exit::Passed)
    }
}

async fn save(path: &Path, remote: Remote) -> Result<(), CommandError> {
    let shown = path.display();
    let failed = |error: std::io::Error| {
        CommandError::environment(format!("`{shown}` cannot be written: {error}"))
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let mut body = remote.ask("GET", "/state", empty()).await?.into_body();
    while let Some(data) = remote.next_data(&mut body).await? {
        file.write_all(&data).map_err(failed)?;
    }
    file.persist(path).map_err(|error| failed(error.error))?;
    print(&format!("saved {shown}\n"))
}

async fn load(path: &Path, remote: Remote) -> Result<(), CommandError> {
    let shown = path.display();
    let file = tokio::fs::File::open(path).await;
    let file =
        file.map_err(|error| CommandError::usage(format!("`{shown}` cannot be read: {error}")))?;
    let body = Body::streaming(ReaderStream::new(file).map_ok(Frame::data));
    let said = remote.value("PUT", "/state", body).await?;
    let objects = count(
        said["objects"].as_u64().unwrap_or_default(),
        "object",
        "objects",
    );
    print(&format!("loaded {objects} from {shown}\n"))
}
