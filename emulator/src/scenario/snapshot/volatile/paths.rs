//! Folders that are another one on each machine or in each run.

use std::path::{Path, PathBuf};

use regex::{Captures, Regex};

use super::Volatile;
use crate::config::FILE_NAME;

/// The patterns of a machine's folders.
#[derive(Clone, Debug)]
pub struct Folders {
    project: Option<Regex>,
    private: Regex,
    temporary: Regex,
    python: Regex,
}

impl Folders {
    /// The folder of a project, under each of its names, and the folder in which temporary ones are made.
    pub fn new(project: &[PathBuf], temporary: &Path) -> Self {
        let project: Vec<_> = project
            .iter()
            .filter(|path| path.components().count() > 2)
            .map(|path| escaped(path))
            .collect();
        let project = match project.join("|") {
            none if none.is_empty() => None,
            any => Some(pattern(&format!(r"(?:{any})(?P<after>[^\w.-]|$)"))),
        };
        let temporary = escaped(temporary);
        Self {
            project,
            private: pattern(&format!(
                r"{temporary}/(?:(?:backlot-\d+/)?run-[0-9a-f]{{16}}|\.tmp[A-Za-z0-9]{{6}})"
            )),
            temporary: pattern("/tmp[a-z0-9_]{8}"),
            python: pattern(r"(?:/[\w.+-]+)+/lib/python3\.\d+"),
        }
    }

    /// Those of the project that a folder belongs to: the nearest one above with a `backlot.yaml`, or else the current one.
    pub fn around(folder: &Path) -> Self {
        let here = std::env::current_dir().ok();
        let folder = std::path::absolute(folder).ok();
        let mut above = folder.iter().flat_map(|folder| folder.ancestors());
        let project = above.find(|folder| folder.join(FILE_NAME).is_file());
        let project = project.map(Path::to_owned).or(here);
        let real = project
            .as_ref()
            .and_then(|project| project.canonicalize().ok());
        let mut names: Vec<PathBuf> = project.into_iter().chain(real).collect();
        // The longer name first, as it may hold the other one.
        names.sort_by_key(|path| std::cmp::Reverse(path.as_os_str().len()));
        names.dedup();
        Self::new(&names, &std::env::temp_dir())
    }
}

/// Replaces all of them.
pub(super) fn replace(volatile: &mut Volatile<'_>, text: &str) -> String {
    if !text.contains('/') {
        return text.to_owned();
    }
    let folders = volatile.folders;
    // The project first: it may lie in the folder of temporary ones.
    let text = match &folders.project {
        Some(project) => volatile.pass(text, project, |volatile, found| {
            let token = volatile.token("project");
            Some(format!("{token}{}", &found["after"]))
        }),
        None => text.to_owned(),
    };
    let text = volatile.pass(&text, &folders.private, private);
    let text = volatile.pass(&text, &folders.python, |volatile, _| {
        Some(volatile.token("python"))
    });
    volatile.pass(&text, &folders.temporary, |volatile, found| {
        let is_given = volatile.is_given(&found[0]);
        (!is_given).then(|| format!("/{}", volatile.token("tmp")))
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the form that `pass` asks for")]
fn private(volatile: &mut Volatile<'_>, found: &Captures<'_>) -> Option<String> {
    let number = volatile.number("folder", &found[0]);
    Some(volatile.token(&format!("folder:{number}")))
}

fn escaped(path: &Path) -> String {
    let text = path.to_string_lossy();
    regex::escape(text.trim_end_matches('/'))
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("an escaped path is a valid pattern")
}
