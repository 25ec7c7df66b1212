//! A folder of files that become objects: `<bucket>/<key…>`. What cannot become one is reported, all at once.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use backlot_base::folder::{FileType, Folder, describe};
use backlot_cos::names::split_bucket;

/// Mistakes that a message shows at most.
const SHOWN: usize = 10;

/// Why a folder cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// A folder cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Something in it cannot become an object.
    #[error("{}", list(.0))]
    Unfit(Vec<Unfit>),
}

/// Something that cannot become an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// The file or folder.
    pub path: PathBuf,
    /// Why: `is a named pipe, and only regular files become objects`.
    pub why: String,
}

/// All mistakes of a folder, one a line.
fn list(all: &[Unfit]) -> String {
    let shown = all.iter().take(SHOWN);
    let mut lines: Vec<_> = shown
        .map(|Unfit { path, why }| format!("`{}` {why}", path.display()))
        .collect();
    if all.len() > SHOWN {
        lines.push(format!("and {} more", all.len() - SHOWN));
    }
    lines.join("\n  ")
}

/// What is in a folder.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// The buckets by name.
    pub(super) buckets: Vec<String>,
    /// The files of all buckets.
    pub(super) files: Vec<Leaf>,
}

/// A file that becomes an object.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) bucket: String,
    pub(super) key: String,
}

impl Leaf {
    /// Its path in the folder.
    pub(super) fn inside(&self) -> PathBuf {
        Path::new(&self.bucket).join(&self.key)
    }
}

/// Looks for buckets and files. Links are not followed, and nothing is opened but folders.
pub(super) async fn find(folder: &Folder) -> Result<Tree, TreeError> {
    let (mut tree, mut unfit) = (Tree::default(), Vec::new());
    for (name, kind) in listed(folder, Path::new("")).await? {
        let path = folder.path_of(&name);
        let bucket = name.to_str().filter(|name| split_bucket(name).is_some());
        match (bucket, kind) {
            (Some(bucket), FileType::Directory) => {
                tree.buckets.push(bucket.to_owned());
                walk(folder, bucket, &mut tree.files, &mut unfit).await?;
            }
            (_, kind) => {
                let what = describe(kind);
                let why = format!(
                    "is {what} and not a bucket: expected a folder such as `media-in-1250000000`"
                );
                unfit.push(Unfit { path, why });
            }
        }
    }
    if unfit.is_empty() {
        return Ok(tree);
    }
    Err(TreeError::Unfit(unfit))
}

/// Every file below the folder of a bucket, by name.
async fn walk(
    folder: &Folder,
    bucket: &str,
    files: &mut Vec<Leaf>,
    unfit: &mut Vec<Unfit>,
) -> Result<(), TreeError> {
    let mut above = vec![String::new()];
    while let Some(prefix) = above.pop() {
        let inside = Path::new(bucket).join(&prefix);
        let mut below = Vec::new();
        for (name, kind) in listed(folder, &inside).await? {
            let path = folder.path_of(inside.join(&name));
            let Some(name) = name.to_str() else {
                let why = "cannot be a key, as its name is not UTF-8".to_owned();
                unfit.push(Unfit { path, why });
                continue;
            };
            let key = format!("{prefix}{name}");
            match kind {
                FileType::Directory => below.push(format!("{key}/")),
                FileType::RegularFile => files.push(Leaf {
                    bucket: bucket.to_owned(),
                    key,
                }),
                other => {
                    let what = describe(other);
                    let why = format!("is {what}, and only regular files become objects");
                    unfit.push(Unfit { path, why });
                }
            }
        }
        above.extend(below.into_iter().rev());
    }
    Ok(())
}

/// What is right in a folder, by name. Other work goes on meanwhile, so that an import can be stopped.
async fn listed(folder: &Folder, inside: &Path) -> Result<Vec<(OsString, FileType)>, TreeError> {
    let path = folder.path_of(inside);
    let (folder, inside) = (folder.clone(), inside.to_owned());
    let list = move || {
        let folder = folder.folder(inside)?;
        let mut found = Vec::new();
        for name in folder.names()? {
            // It may have gone meanwhile.
            if let Some(kind) = folder.kind(&name)? {
                found.push((name, kind));
            }
        }
        Ok(found)
    };
    let listed = tokio::task::spawn_blocking(list).await;
    let listed = listed.map_err(io::Error::other).flatten();
    listed.map_err(|source| TreeError::Unreadable { path, source })
}
