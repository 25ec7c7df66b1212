//! Which files are scenarios: those that were named, and every `*.yaml` below folders that were named.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

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
        let name = name_of(&path);
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

/// The name of a scenario: the path of its file within `scenarios/`, or else within the current folder, without its ending. It
/// does not depend on what was typed to find the file. A file that is in neither is called by its own name.
pub fn name_of(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = path.with_extension("");
    let path = std::path::absolute(&path).unwrap_or(path);
    let relative = path.strip_prefix(&here).unwrap_or(&path);
    let parts: Vec<&std::ffi::OsStr> = relative
        .components()
        .filter(|part| !matches!(part, Component::CurDir))
        .map(Component::as_os_str)
        .collect();
    let all: Vec<&std::ffi::OsStr> = path.components().map(Component::as_os_str).collect();
    let scenarios = all.iter().rposition(|part| *part == "scenarios");
    let is_outside = relative.is_absolute() || relative.starts_with("..");
    if let Some(folder) = scenarios.filter(|folder| folder + 1 < all.len()) {
        return join(&all[folder + 1..]);
    }
    let first = if is_outside {
        parts.len().saturating_sub(1)
    } else {
        0
    };
    join(&parts[first..])
}

fn join(parts: &[&std::ffi::OsStr]) -> String {
    let parts: Vec<_> = parts.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
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
        assert_eq!(
            found,
            [a, b],
            "by name: files outside the project have their own"
        );
        file("b.yml");
        let error = discover(&[folder.path().to_owned()]).unwrap_err();
        assert!(error.to_string().contains("have the same name"), "{error}");
    }

    #[test]
    fn a_name_is_the_path_within_scenarios_or_the_project() {
        for (path, name) in [
            ("scenarios/burst.yaml", "burst"),
            ("scenarios/deep/a.yml", "deep/a"),
            ("./scenarios/a.b.yaml", "a.b"),
            ("services/x/scenarios/y/z.yaml", "y/z"),
            ("e2e/a.yaml", "e2e/a"),
            ("a.yaml", "a"),
            ("scenarios.yaml", "scenarios"),
            ("/elsewhere/e2e/a.yaml", "a"),
            ("../other/a.yaml", "a"),
            ("/elsewhere/scenarios/x/a.yaml", "x/a"),
        ] {
            assert_eq!(name_of(Path::new(path)), name, "{path}");
        }
    }
}
