//! Which files can be imported, and where they are looked for.

use std::path::{Path, PathBuf};

use super::surroundings::Surroundings;

/// The names under which a folder is searched for files to import, in this order.
const NAMES: [&str; 2] = ["serverless.yml", "serverless.yaml"];

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `serverless.yml` of the Serverless Framework.
    Serverless,
}

impl Kind {
    /// The format of a file, by its name and by what it says; `None` if it is none of them.
    pub fn of(path: &Path, text: &str) -> Option<Self> {
        let name = path.file_name().and_then(|name| name.to_str());
        let has_key = |key: &str| {
            text.lines().any(|line| {
                let rest = line.trim_start_matches('\u{feff}').strip_prefix(key);
                rest.is_some_and(|rest| rest.trim_start().starts_with(':'))
            })
        };
        if name.is_some_and(|name| NAMES.contains(&name)) || has_key("component") {
            return Some(Self::Serverless);
        }
        None
    }

    /// Whether a file that nothing names is one of this platform, and not one of another with the same name.
    fn is_of_platform(self, text: &str) -> bool {
        match self {
            Self::Serverless => text.lines().any(|line| {
                let value = line.strip_prefix("component:").map(str::trim);
                value.is_some_and(|value| value.trim_matches(['"', '\'']).starts_with("scf"))
            }),
        }
    }
}

/// The files in a folder that are imported without being named; none if there are none.
pub fn find(folder: &Path, surroundings: &Surroundings<'_>) -> Vec<PathBuf> {
    let found = NAMES.iter().map(|name| folder.join(name)).find(|path| {
        let text = surroundings.file(path).ok();
        text.is_some_and(|text| {
            let kind = Kind::of(path, &text);
            kind.is_some_and(|kind| kind.is_of_platform(&text))
        })
    });
    found.into_iter().collect()
}
