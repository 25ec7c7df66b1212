//! Why code is not accepted.

use std::io;
use std::path::PathBuf;

use zip::result::ZipError;

use super::UNZIPPED_LIMIT;

/// Why code is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// It is not a zip, or it is cut off.
    #[error("the package is not a zip file that can be read")]
    NotAZip(#[source] ZipError),
    /// There is no file in it.
    #[error("the package has no files")]
    Empty,
    /// It has more than one entry of the same name.
    #[error("the package has entries of the same name")]
    Twice,
    /// An entry cannot be unpacked.
    #[error("`{name}` in the package {why}")]
    Entry {
        /// Its name, as it is in the zip.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// An entry cannot be read: it is damaged, encrypted, or compressed in another way than `deflate`.
    #[error("`{name}` in the package cannot be read")]
    Unreadable {
        /// Its name, as it is in the zip.
        name: String,
        /// What the reader says.
        source: ZipError,
    },
    /// The files are too large together.
    #[error("the package has more than {} MB unzipped", UNZIPPED_LIMIT / (1024 * 1024))]
    TooLarge,
    /// There are too many files.
    #[error("the package has {0} entries, more than {most}", most = super::ENTRY_LIMIT)]
    TooMany(usize),
    /// The machine could not read or write a file.
    #[error("`{}` could not be read or written", .path.display())]
    Machine {
        /// The file, or a folder above it.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The zip is not valid: `InvalidParameterValue.ZipFile`.
    Zip,
    /// The code is too large or has too many files: `InvalidParameterValue.Code`.
    Size,
    /// The machine: `InternalError`.
    Machine,
}

impl PackageError {
    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::TooLarge | Self::TooMany(_) => Fault::Size,
            Self::Machine { .. } => Fault::Machine,
            Self::NotAZip(_)
            | Self::Empty
            | Self::Twice
            | Self::Entry { .. }
            | Self::Unreadable { .. } => Fault::Zip,
        }
    }
}
