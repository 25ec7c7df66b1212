//! The code of a version as a zip: the package that it came in, or its folder, packed.

use std::sync::OnceLock;

use super::Scf;
use super::books::Missing;
use super::function::{Code, Function};
use super::function_key::FunctionKey;
use super::package::{PackageError, pack};
use backlot_base::signal::FunctionTarget;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Why there is no zip.
#[derive(Debug, thiserror::Error)]
pub enum CodeZipError {
    /// There is no such function or version.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The code is not files that could be packed.
    #[error(
        "the code of the function `{0}` is a command of the configuration, which has no package"
    )]
    NoPackage(FunctionKey),
    /// The zip cannot be read, or the folder cannot be packed.
    #[error("the code of the function `{function}` cannot be packed")]
    Package {
        /// Whose code it is.
        function: FunctionKey,
        /// What is wrong.
        source: PackageError,
    },
}

/// Where zips are downloaded, once the stage has said so: the beginning of their addresses.
#[derive(Debug, Default)]
pub(super) struct CodeAddress(OnceLock<String>);

impl CodeAddress {
    /// The address of the zip of a version; `None` without a server.
    pub(super) fn of(&self, target: &FunctionTarget) -> Option<String> {
        let base = self.0.get()?;
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        Some(format!(
            "{base}?function={}&namespace={}&qualifier={}",
            encoded(&target.function),
            encoded(&target.namespace),
            encoded(&target.qualifier)
        ))
    }
}

impl Scf {
    /// Says where zips are downloaded, such as `http://127.0.0.1:4680/_backlot/code`. Only the first word counts.
    pub fn offer_code_at(&self, base: String) {
        // A second address would be a mistake of the stage, and change nothing.
        let _ = self.inner.code_address.0.set(base);
    }

    /// The code of the version that `target` names, as a zip. Reads files: it is done where that may block.
    pub async fn code_zip(&self, target: &FunctionTarget) -> Result<Vec<u8>, CodeZipError> {
        let function = self.function(target)?;
        let packed = tokio::task::spawn_blocking(move || zip_of(&function)).await;
        packed.expect("no code panics while it packs")
    }
}

fn zip_of(function: &Function) -> Result<Vec<u8>, CodeZipError> {
    let failed = |source| CodeZipError::Package {
        function: function.key(),
        source,
    };
    if let Some(package) = &function.package {
        let path = package.zip();
        let read = std::fs::read(&path);
        return read.map_err(|source| failed(PackageError::Machine { path, source }));
    }
    match &function.code {
        Code::Folder(dir) | Code::Handler { dir, .. } => pack(dir).map_err(failed),
        Code::Command { .. } | Code::InProcess(_) => Err(CodeZipError::NoPackage(function.key())),
    }
}
