//! Import and export: buckets and objects of a folder that a stage begins with, and the folder in which they are kept at its
//! end.
//!
//! A folder to begin with holds what [`Stage::export`] has written, or else files as people have them: `<bucket>/<key…>`.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::Stage;
use super::tree::{self, TreeError};
use backlot_base::folder::{Folder, create_private, open_regular};
use backlot_cos::StateError;
use backlot_cos::dump::import::ImportError;

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
    /// A folder of files cannot be read, or holds something that cannot become an object.
    #[error(transparent)]
    Tree(#[from] TreeError),
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
    /// The objects cannot be stored.
    #[error("the files of `{}` cannot be stored, and buckets and objects are as they were before", path.display())]
    Store {
        /// The folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: Box<backlot_cos::Error>,
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

impl Stage {
    /// Begins with what is in a folder, or in a file of a saved state, and returns the number of objects. A saved state
    /// replaces all that is there; files are added to it. Imported objects fire no triggers.
    ///
    /// If it fails, nothing has changed. Only regular files are read, and links in a folder are not followed.
    pub async fn import(&self, path: &Path) -> Result<u64, Error> {
        let unreadable = |path: &Path, source| Error::Unreadable {
            path: path.to_owned(),
            source,
        };
        if !path.is_dir() {
            let file = open_regular(path).map_err(|error| unreadable(path, error))?;
            return self.import_state(path, file).await;
        }
        let folder = Folder::open(path).map_err(|error| unreadable(path, error))?;
        let state = folder.path_of(STATE_FILE);
        let kind = folder.kind(STATE_FILE);
        if kind.map_err(|error| unreadable(&state, error))?.is_none() {
            return self.import_tree(folder).await;
        }
        let file = folder.read(STATE_FILE);
        let file = file.map_err(|error| unreadable(&state, error))?;
        self.import_state(&state, file).await
    }

    async fn import_state(&self, path: &Path, file: File) -> Result<u64, Error> {
        let loaded = self.services.load(tokio::fs::File::from_std(file)).await;
        let objects = loaded.map_err(|error| Error::Load {
            path: path.to_owned(),
            source: Box::new(error),
        })?;
        let region = &self.info().account.region;
        for bucket in &self.info().buckets {
            let made = self.services.cos.create_bucket(bucket, region).await;
            made.map_err(|error| no_bucket(bucket, error))?;
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
            create_private(folder)?;
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

    async fn import_tree(&self, folder: Folder) -> Result<u64, Error> {
        let path = folder.path().to_owned();
        let found = tree::find(&folder).await?;
        let region = &self.info().account.region;
        let mut import = self.services.cos.import();
        for bucket in &found.buckets {
            let added = import.bucket(bucket, region);
            added.map_err(|error| no_bucket(bucket, error))?;
        }
        for file in found.files {
            let path = folder.path_of(file.inside());
            let opened = folder.read(file.inside());
            let opened = opened.map_err(|source| Error::Unreadable {
                path: path.clone(),
                source,
            })?;
            let added = import.file(&file.bucket, &file.key, opened).await;
            added.map_err(|error| Error::Object {
                path,
                source: Box::new(error),
            })?;
        }
        let stored = import.finish().await;
        stored.map_err(|error| Error::Store {
            path,
            source: Box::new(error),
        })
    }
}

fn no_bucket(name: &str, error: backlot_cos::Error) -> Error {
    Error::Bucket {
        name: name.to_owned(),
        source: Box::new(error),
    }
}
