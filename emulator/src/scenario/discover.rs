//! Which files are scenarios: those that were named, and every `*.yaml` below folders that were named.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Why the scenarios could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A path does not exist or cannot be listed.
    #[error("`{}` cannot be read", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Two files would share a name, and so a snapshot.
    #[error("`{}` and `{}` have the same name", first.display(), second.display())]
    SameName {
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
}

/// The scenario files that `paths` mean, ordered by name.
pub fn discover(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for path in paths {
        let unreadable = |source| Error::Unreadable {
            path: path.clone(),
            source,
        };
        if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
            walk(path, &mut found).map_err(unreadable)?;
        } else {
            found.push(path.clone());
        }
    }
    let mut by_name: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in found {
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        match by_name.get(&name) {
            Some(first) if *first != path => {
                let first = first.clone();
                return Err(Error::SameName {
                    first,
                    second: path,
                });
            }
            _ => drop(by_name.insert(name, path)),
        }
    }
    Ok(by_name.into_values().collect())
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            walk(&path, found)?;
        } else if matches!(
            path.extension().and_then(|ending| ending.to_str()),
            Some("yaml" | "yml")
        ) {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked_and_names_must_differ() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
            path
        };
        let (b, a) = (file("b.yaml"), file("deep/a.yml"));
        file("events/c.json");
        let found = discover(&[folder.path().to_owned(), b.clone()]).unwrap();
        assert_eq!(found, [a, b]);
        file("other/b.yaml");
        let error = discover(&[folder.path().to_owned()]).unwrap_err();
        assert!(error.to_string().contains("have the same name"), "{error}");
    }
}
