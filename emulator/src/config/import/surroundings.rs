//! What imported files refer to outside of themselves: environment variables, `.env` files, other files.

use std::io;
use std::path::{Path, PathBuf};

/// The largest file that an import reads, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A way to look a name up.
type Lookup<'a, K, V> = &'a (dyn Fn(&K) -> V + Sync);

/// Where names outside of the file are looked up.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The value of an environment variable.
    pub variables: Lookup<'a, str, Option<String>>,
    /// The text of a file.
    pub files: Lookup<'a, Path, io::Result<String>>,
    /// The paths of what is in a folder, in order.
    pub folders: Lookup<'a, Path, io::Result<Vec<PathBuf>>>,
}

impl Surroundings<'static> {
    /// Those of this process.
    pub fn real() -> Self {
        Self {
            variables: &|name| std::env::var(name).ok(),
            files: &read,
            folders: &list,
        }
    }
}

impl Surroundings<'_> {
    /// The value of an environment variable: that of the process, else that of the file `.env` in the folder, which the
    /// Serverless Framework reads too.
    pub(super) fn variable(&self, name: &str, folder: &Path) -> Option<String> {
        (self.variables)(name).or_else(|| {
            let text = self.file(&folder.join(".env")).ok()?;
            in_env_file(&text, name)
        })
    }

    /// The paths of what is in a folder, in order; the empty path is the current folder.
    pub(super) fn folder(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        (self.folders)(path)
    }

    pub(super) fn file(&self, path: &Path) -> io::Result<String> {
        (self.files)(path)
    }
}

/// The text of an ordinary file that is not too large.
fn read(path: &Path) -> io::Result<String> {
    let found = std::fs::metadata(path)?;
    if !found.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    if found.len() > LARGEST {
        return Err(io::Error::other("it is larger than 4 MB"));
    }
    std::fs::read_to_string(path)
}

fn list(path: &Path) -> io::Result<Vec<PathBuf>> {
    let is_here = path.as_os_str().is_empty();
    let entries = std::fs::read_dir(if is_here { Path::new(".") } else { path })?;
    let names = entries.map(|entry| Ok(path.join(entry?.file_name())));
    let mut paths: Vec<_> = names.collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

/// The value of a name in lines `NAME=value`, with or without `export` and quotes. The last one counts.
fn in_env_file(text: &str, name: &str) -> Option<String> {
    let values = text.lines().rev().filter_map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (found, value) = line.split_once('=')?;
        let value = value.trim();
        let unquoted = ['"', '\'']
            .iter()
            .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
        (found.trim() == name).then(|| unquoted.unwrap_or(value).to_owned())
    });
    values.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_env_file_is_read_as_shells_write_it() {
        let text = "# A=9\nA=1\nexport B = 'two words'\nA=\"3\"\nC=a=b\n";
        let value = |name| in_env_file(text, name);
        assert_eq!(value("A").as_deref(), Some("3"));
        assert_eq!(value("B").as_deref(), Some("two words"));
        assert_eq!(value("C").as_deref(), Some("a=b"));
        assert_eq!(value("D"), None);
    }
}
