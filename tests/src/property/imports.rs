//! Deployment files of other tools: a text is read, or its mistakes are shown at places inside of it.

use std::io;
use std::path::Path;

use backlot::base::source::SourceFile;
use backlot::config::import::{Imported, Surroundings};
use backlot::config::{Config, Error};

/// The names that files of each format have.
const NAMES: [&str; 5] = [
    "serverless.yml",
    "template.yaml",
    "main.tf",
    "plan.json",
    "config.json",
];

/// One byte for the format, then the text. Files that it names hold the text itself.
pub(super) fn check(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let file = |path: &Path| match path.extension() {
        Some(_) => Ok(text.to_owned()),
        None => Err(io::Error::other("there is none")),
    };
    let surroundings = Surroundings {
        variables: &|name| (name.len() % 2 == 0).then(|| name.to_owned()),
        files: &file,
        folders: &|_| Ok(Vec::new()),
    };
    let path = Path::new("given").join(NAMES[usize::from(*kind) % NAMES.len()]);
    let mut imported = Imported::default();
    imported.add_text(&SourceFile::new(path, text), &surroundings);
    match Config::of_imports(imported) {
        Ok(loaded) => {
            for name in &loaded.functions {
                assert!(loaded.config.functions.contains_key(name), "{name}");
            }
            assert!(loaded.notes.iter().all(|note| !note.is_empty()));
        }
        Err(Error::Imported(mistakes)) => {
            assert!(!mistakes.is_empty(), "refused without a mistake");
            for mistakes in &mistakes {
                super::scenario::shown(mistakes, text);
            }
        }
        Err(error) => panic!("{error}"),
    }
}
