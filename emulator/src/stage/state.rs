//! Import and export: buckets and objects of a folder that a stage begins with, and the folder in which they are kept at its
//! end.
//!
//! A folder to begin with holds what [`Stage::export`] has written, or else files as people have them: `<bucket>/<key…>`.

use std::io;
use std::path::{Path, PathBuf};

use super::Stage;
use backlot_cos::StateError;
use backlot_cos::dump::import::ImportError;
use backlot_cos::names::split_bucket;

/// The name of the file that holds everything, with versions, metadata and configurations.
pub const STATE_FILE: &str = "objects.backlot";

/// Why buckets and objects could not be read or written. Sources are boxed because they are large and rare.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or a folder cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A folder of files holds something that is not a bucket's folder.
    #[error("`{}` is not a bucket: expected a folder such as `media-in-1250000000`", path.display())]
    NoBucket {
        /// The file or folder.
        path: PathBuf,
    },
    /// A path is not UTF-8, so it cannot be a key.
    #[error("`{}` cannot be a key, as its name is not UTF-8", path.display())]
    NoKey {
        /// The file or folder.
        path: PathBuf,
    },
    /// A file did not become an object.
    #[error("`{}` cannot become an object", path.display())]
    Object {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: Box<ImportError>,
    },
    /// A saved state cannot be loaded.
    #[error("`{}` cannot be loaded", path.display())]
    Load {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: Box<StateError>,
    },
    /// Buckets and objects cannot be kept.
    #[error("`{}` cannot be written", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: Box<StateError>,
    },
    /// A bucket cannot be made.
    #[error("the bucket `{name}` cannot be made")]
    Bucket {
        /// The bucket's full name.
        name: String,
        /// The cause.
        #[source]
        source: Box<backlot_cos::Error>,
    },
}

/// A file that becomes an object.
struct Found {
    path: PathBuf,
    key: String,
}

impl Stage {
    /// Begins with what is in a folder, or in a file of a saved state, and returns the number of objects. A saved state
    /// replaces all that is there; files are added to it. Imported objects fire no triggers.
    pub async fn import(&self, path: &Path) -> Result<u64, Error> {
        let state = if path.is_dir() {
            path.join(STATE_FILE)
        } else {
            path.to_owned()
        };
        if path.is_dir() && !state.exists() {
            return self.import_tree(path).await;
        }
        let opened = tokio::fs::File::open(&state).await;
        let opened = opened.map_err(|source| Error::Unreadable {
            path: state.clone(),
            source,
        })?;
        let loaded = self.services.load(opened).await;
        let objects = loaded.map_err(|error| Error::Load {
            path: state,
            source: Box::new(error),
        })?;
        for bucket in &self.info().buckets {
            self.ensure(bucket).await?;
        }
        Ok(objects)
    }

    /// Writes all buckets and objects into a folder, which is made if need be, and returns the number of objects.
    pub async fn export(&self, folder: &Path) -> Result<u64, Error> {
        let path = folder.join(STATE_FILE);
        let failed = |error: StateError| Error::Write {
            path: path.clone(),
            source: Box::new(error),
        };
        let open = || {
            std::fs::create_dir_all(folder)?;
            let temporary = tempfile::NamedTempFile::new_in(folder)?;
            let file = temporary.reopen()?;
            Ok((temporary, file))
        };
        let (temporary, file) = open().map_err(|error: io::Error| failed(error.into()))?;
        let mut file = tokio::fs::File::from_std(file);
        let objects = self.services.save(&mut file).await.map_err(failed)?;
        temporary
            .persist(&path)
            .map_err(|error| failed(error.error.into()))?;
        Ok(objects)
    }

    async fn import_tree(&self, folder: &Path) -> Result<u64, Error> {
        let mut objects = 0;
        for path in sorted(folder)? {
            let name = path.file_name().and_then(|name| name.to_str());
            let Some(bucket) = name.filter(|name| path.is_dir() && split_bucket(name).is_some())
            else {
                return Err(Error::NoBucket { path });
            };
            self.ensure(bucket).await?;
            let mut found = Vec::new();
            walk(&path, "", &mut found)?;
            for Found { path, key } in found {
                let imported = self.services.cos.import_file(bucket, &key, &path).await;
                imported.map_err(|error| Error::Object {
                    path,
                    source: Box::new(error),
                })?;
                objects += 1;
            }
        }
        Ok(objects)
    }

    /// Makes a bucket that is not there.
    async fn ensure(&self, bucket: &str) -> Result<(), Error> {
        let region = &self.info().account.region;
        let made = self.services.cos.create_bucket(bucket, region).await;
        let made = made.map_err(|error| Error::Bucket {
            name: bucket.to_owned(),
            source: Box::new(error),
        });
        made.map(drop)
    }
}

/// Every file below a folder, with its key.
fn walk(folder: &Path, prefix: &str, found: &mut Vec<Found>) -> Result<(), Error> {
    for path in sorted(folder)? {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            return Err(Error::NoKey { path });
        };
        let key = format!("{prefix}{name}");
        if path.is_dir() {
            walk(&path, &format!("{key}/"), found)?;
        } else {
            found.push(Found { path, key });
        }
    }
    Ok(())
}

/// What is in a folder, by name.
fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let list = || {
        let entries = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
        let mut paths = entries.collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        Ok(paths)
    };
    list().map_err(|source| Error::Unreadable {
        path: folder.to_owned(),
        source,
    })
}
