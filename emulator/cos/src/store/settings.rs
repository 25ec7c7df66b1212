//! Which store to open, where, and what it promises.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where bodies are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing on disk.
    Memory,
    /// One database file.
    Sqlite,
    /// Plain files.
    Fs,
}

/// What an acknowledged change survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A loss of power.
    #[default]
    Full,
    /// The end of the process, but not of the machine.
    Relaxed,
}

/// Which store to open, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// Where bodies are kept.
    pub kind: Kind,
    /// The database file, or the folder of the plain files. Not used by [`Kind::Memory`].
    pub path: PathBuf,
    /// What acknowledged changes survive.
    pub durability: Durability,
}

impl StoreSettings {
    /// A store that forgets everything.
    pub fn memory() -> Self {
        Self {
            kind: Kind::Memory,
            path: PathBuf::new(),
            durability: Durability::Relaxed,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
            Self::Fs => "fs",
        })
    }
}

/// Not the name of a store.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a store; there are `memory`, `sqlite` and `fs`")]
pub struct UnknownKind(String);

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        match text {
            "memory" => Ok(Self::Memory),
            "sqlite" => Ok(Self::Sqlite),
            "fs" => Ok(Self::Fs),
            other => Err(UnknownKind(other.to_owned())),
        }
    }
}
