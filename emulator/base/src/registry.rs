//! What clients have made of the services by their APIs: functions, triggers, namespaces and the like.
//!
//! Each service keeps its own parts, as JSON under a name such as `scf.functions`, and blobs, such as packages of code. With a
//! folder they survive a restart: a part is in the file before [`Registry::keep`] returns. What the configuration says is not
//! kept here, so an empty registry means the configuration alone.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::folder::{Folder, PRIVATE_FILE};

/// The file with all parts.
const PARTS: &str = "parts.json";
/// The form of that file and of a saved state.
const FORMAT: u32 = 1;

/// A handle to the registry of one stage; clones are the same registry.
#[derive(Clone, Debug)]
pub struct Registry {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    folder: Option<Folder>,
    // A plain mutex: the file has to agree with the memory, so it is written under the lock. Nothing is awaited.
    content: Mutex<Content>,
}

#[derive(Clone, Debug, Default)]
struct Content {
    parts: BTreeMap<String, Value>,
    /// Blobs, unless they are in the folder.
    blobs: BTreeMap<String, Bytes>,
}

/// Everything in a registry, as the state of an emulator is saved.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SavedRegistry {
    format: u32,
    parts: BTreeMap<String, Value>,
    /// In base64, by name.
    #[serde(default)]
    blobs: BTreeMap<String, String>,
}

/// Why something could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A file could not be read or written.
    #[error("`{}` cannot be read or written", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// What was kept under a name is not what the service expects.
    #[error("the part `{part}` of the registry cannot be read")]
    Part {
        /// The name of the part.
        part: String,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// The file with all parts is not JSON of this form.
    #[error("`{}` is damaged: remove it to begin with the configuration alone", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// A later version of the emulator wrote it.
    #[error("the registry has the form {0}, which this version of backlot does not read")]
    Format(u32),
    /// A blob of a saved state is not base64.
    #[error("the blob `{0}` of the saved registry is damaged")]
    Blob(String),
}

impl Registry {
    /// An empty registry that ends with its last handle.
    pub fn in_memory() -> Self {
        Self::with(None, Content::default())
    }

    /// The registry in a folder, which is created if it does not exist.
    pub fn open(folder: &Path) -> Result<Self, RegistryError> {
        let failed = |path: PathBuf| move |source| RegistryError::File { path, source };
        let opened = Folder::create(folder).map_err(failed(folder.to_owned()))?;
        let path = opened.path_of(PARTS);
        let parts = match opened.read_text(PARTS) {
            Ok(text) => {
                let saved: SavedRegistry = serde_json::from_str(&text)
                    .map_err(|source| RegistryError::Damaged { path, source })?;
                saved.check_format()?;
                saved.parts
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(failed(path)(error)),
        };
        let content = Content {
            parts,
            ..Content::default()
        };
        Ok(Self::with(Some(opened), content))
    }

    fn with(folder: Option<Folder>, content: Content) -> Self {
        Self {
            inner: Arc::new(Inner {
                folder,
                content: Mutex::new(content),
            }),
        }
    }

    /// What is kept under a name; `None` if there is nothing.
    pub fn part<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, RegistryError> {
        let part = self.content().parts.get(name).cloned();
        let read = part.map(serde_json::from_value).transpose();
        read.map_err(|source| RegistryError::Part {
            part: name.to_owned(),
            source,
        })
    }

    /// Keeps `part` under a name, in place of what is there. If it fails, nothing has changed.
    pub fn keep<T: Serialize>(&self, name: &str, part: &T) -> Result<(), RegistryError> {
        let value = serde_json::to_value(part).map_err(|source| RegistryError::Part {
            part: name.to_owned(),
            source,
        })?;
        let mut content = self.content();
        if content.parts.get(name) == Some(&value) {
            return Ok(());
        }
        let mut parts = content.parts.clone();
        parts.insert(name.to_owned(), value);
        self.write(&parts)?;
        content.parts = parts;
        Ok(())
    }

    /// Keeps bytes under a name of letters, digits, `.` and `-`. The same name always means the same bytes.
    pub fn keep_blob(&self, name: &str, bytes: &Bytes) -> Result<(), RegistryError> {
        let Some(folder) = &self.inner.folder else {
            let mut content = self.content();
            content.blobs.insert(name.to_owned(), bytes.clone());
            return Ok(());
        };
        let written = folder.replace(name, bytes, PRIVATE_FILE);
        written.map_err(|source| failed(folder, name, source))
    }

    /// The bytes under a name; `None` if the registry has no such name.
    pub fn blob(&self, name: &str) -> Result<Option<Bytes>, RegistryError> {
        let Some(folder) = &self.inner.folder else {
            return Ok(self.content().blobs.get(name).cloned());
        };
        match folder.read_bytes(name) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(failed(folder, name, source)),
        }
    }

    /// Removes a blob, if it is there.
    pub fn remove_blob(&self, name: &str) -> Result<(), RegistryError> {
        let Some(folder) = &self.inner.folder else {
            self.content().blobs.remove(name);
            return Ok(());
        };
        match folder.remove_file(name) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(failed(folder, name, source))
            }
            _ => Ok(()),
        }
    }

    /// Removes all parts: what is left is what the configuration says. Services remove their blobs.
    pub fn clear(&self) -> Result<(), RegistryError> {
        let mut content = self.content();
        if content.parts.is_empty() {
            return Ok(());
        }
        self.write(&BTreeMap::new())?;
        content.parts.clear();
        Ok(())
    }

    /// All parts, and the blobs of these names.
    pub fn save(&self, blobs: &[String]) -> Result<SavedRegistry, RegistryError> {
        let mut saved = SavedRegistry {
            format: FORMAT,
            parts: self.content().parts.clone(),
            blobs: BTreeMap::new(),
        };
        for name in blobs {
            let bytes = self.blob(name)?;
            let bytes = bytes.ok_or_else(|| RegistryError::Blob(name.clone()))?;
            saved.blobs.insert(name.clone(), BASE64.encode(&bytes));
        }
        Ok(saved)
    }

    /// Replaces everything by what was saved. If it fails, the parts are as they were.
    pub fn load(&self, saved: SavedRegistry) -> Result<(), RegistryError> {
        saved.check_format()?;
        for (name, text) in &saved.blobs {
            let bytes = BASE64.decode(text);
            let bytes = bytes.map_err(|_| RegistryError::Blob(name.clone()))?;
            self.keep_blob(name, &bytes.into())?;
        }
        let mut content = self.content();
        self.write(&saved.parts)?;
        content.parts = saved.parts;
        Ok(())
    }

    fn write(&self, parts: &BTreeMap<String, Value>) -> Result<(), RegistryError> {
        let Some(folder) = &self.inner.folder else {
            return Ok(());
        };
        let saved = SavedRegistry {
            format: FORMAT,
            parts: parts.clone(),
            blobs: BTreeMap::new(),
        };
        let mut text = serde_json::to_vec_pretty(&saved).expect("a registry is plain data");
        text.push(b'\n');
        let written = folder.replace(PARTS, &text, PRIVATE_FILE);
        written.map_err(|source| failed(folder, PARTS, source))
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.inner
            .content
            .lock()
            .expect("no code panics while it changes the registry")
    }
}

impl SavedRegistry {
    /// Whether it could be loaded.
    pub fn check(&self) -> Result<(), RegistryError> {
        self.check_format()?;
        for (name, text) in &self.blobs {
            let decoded = BASE64.decode(text);
            decoded.map_err(|_| RegistryError::Blob(name.clone()))?;
        }
        Ok(())
    }

    fn check_format(&self) -> Result<(), RegistryError> {
        match self.format {
            FORMAT => Ok(()),
            other => Err(RegistryError::Format(other)),
        }
    }
}

fn failed(folder: &Folder, name: &str, source: io::Error) -> RegistryError {
    RegistryError::File {
        path: folder.path_of(name),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_blobs_survive_in_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry");
        let registry = Registry::open(&path).unwrap();
        registry.keep("scf.functions", &vec!["a"]).unwrap();
        registry
            .keep_blob("1.zip", &Bytes::from_static(b"PK"))
            .unwrap();
        let again = Registry::open(&path).unwrap();
        let part: Option<Vec<String>> = again.part("scf.functions").unwrap();
        assert_eq!(part, Some(vec!["a".to_owned()]));
        assert_eq!(again.blob("1.zip").unwrap().unwrap(), "PK");
        again.remove_blob("1.zip").unwrap();
        again.remove_blob("1.zip").unwrap();
        assert_eq!(again.blob("1.zip").unwrap(), None);
        again.clear().unwrap();
        let cleared = Registry::open(&path).unwrap();
        assert_eq!(cleared.part::<Vec<String>>("scf.functions").unwrap(), None);
    }

    #[test]
    fn a_saved_registry_replaces_another() {
        let (first, second) = (Registry::in_memory(), Registry::in_memory());
        first.keep("a", &1).unwrap();
        first.keep_blob("x", &Bytes::from_static(b"\0x")).unwrap();
        second.keep("b", &2).unwrap();
        let saved = first.save(&["x".to_owned()]).unwrap();
        let text = serde_json::to_string(&saved).unwrap();
        second.load(serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(second.part("a").unwrap(), Some(1));
        assert_eq!(second.part::<i32>("b").unwrap(), None);
        assert_eq!(second.blob("x").unwrap().unwrap(), b"\0x"[..]);
        let missing = first.save(&["y".to_owned()]);
        assert!(matches!(missing, Err(RegistryError::Blob(_))));
    }

    #[test]
    fn a_damaged_file_is_named_and_another_part_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(PARTS);
        std::fs::write(&path, "{").unwrap();
        let error = Registry::open(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains(PARTS) && error.contains("remove it"),
            "{error}"
        );
        std::fs::write(&path, r#"{"format":9,"parts":{}}"#).unwrap();
        let later = Registry::open(folder.path());
        assert!(matches!(later, Err(RegistryError::Format(9))));
        let registry = Registry::in_memory();
        registry.keep("a", &"text").unwrap();
        assert!(registry.part::<u32>("a").is_err());
    }
}
