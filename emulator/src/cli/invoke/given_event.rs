//! The event of a call: JSON on the command line, a file, or stdin.

use std::convert::Infallible;
use std::io::{IsTerminal as _, Read as _};
use std::path::PathBuf;
use std::str::FromStr;

use bytes::Bytes;

use crate::cli::exit::CommandError;
use crate::cli::notice;

/// Where an event comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GivenEvent {
    /// It is JSON, as typed.
    Inline(String),
    Stdin,
    File(PathBuf),
}

impl FromStr for GivenEvent {
    type Err = Infallible;

    /// What begins as an object, an array or a string does is JSON. A file with such a name can be given as `./{…`.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "-" => Self::Stdin,
            _ if text.trim_start().starts_with(['{', '[', '"']) => Self::Inline(text.to_owned()),
            _ => Self::File(text.into()),
        })
    }
}

impl GivenEvent {
    /// The event, byte for byte.
    pub(super) fn read(&self) -> Result<Bytes, CommandError> {
        let unreadable = |name: String, error: std::io::Error| {
            CommandError::usage(format!("event {name} cannot be read: {error}"))
                .hint("give a file, JSON such as `-e '{\"a\": 1}'`, or `-` for stdin")
        };
        match self {
            Self::Inline(text) => Ok(Bytes::from(text.clone())),
            Self::File(path) => {
                let read = std::fs::read(path);
                let name = format!("`{}`", path.display());
                read.map(Bytes::from)
                    .map_err(|error| unreadable(name, error))
            }
            Self::Stdin => {
                if std::io::stdin().is_terminal() {
                    notice("type the event and end it with Ctrl-D; `-e` gives one");
                }
                let mut bytes = Vec::new();
                let read = std::io::stdin().read_to_end(&mut bytes);
                read.map_err(|error| unreadable("from stdin".to_owned(), error))?;
                Ok(bytes.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_from_the_name_of_a_file() {
        let inline = |text: &str| GivenEvent::Inline(text.to_owned());
        for (text, expected) in [
            ("-", GivenEvent::Stdin),
            (" {\"a\": 1}", inline(" {\"a\": 1}")),
            ("[]", inline("[]")),
            ("\"x\"", inline("\"x\"")),
            ("event.json", GivenEvent::File("event.json".into())),
            ("./{", GivenEvent::File("./{".into())),
        ] {
            assert_eq!(text.parse::<GivenEvent>(), Ok(expected), "{text}");
        }
    }
}
