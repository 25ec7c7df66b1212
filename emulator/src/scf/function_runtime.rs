//! What all instances of one function share.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::account::Account;
use super::function::Function;
use super::launcher::Launcher;
use super::runtime::{Runtime, launcher};
use super::runtime_api::LimitHeaders;
use backlot_base::context::Context;
use backlot_http::auth::Keyring;

/// A function with everything that an instance of it needs.
#[derive(Debug)]
pub(super) struct FunctionRuntime {
    pub(super) context: Context,
    pub(super) keyring: Keyring,
    pub(super) account: Account,
    pub(super) platform_extra: Vec<(String, String)>,
    pub(super) function: Function,
    pub(super) runtime: Runtime,
    pub(super) launcher: Arc<dyn Launcher>,
    pub(super) limits: LimitHeaders,
    /// The file of the code that names `/tmp`, if any does; looked for when an instance shares `/tmp`.
    pub(super) user_of_tmp: OnceLock<Option<PathBuf>>,
}

impl FunctionRuntime {
    /// For a function that was checked.
    pub(super) fn new(
        context: Context,
        keyring: Keyring,
        account: Account,
        platform_extra: Vec<(String, String)>,
        function: Function,
    ) -> Self {
        let runtime = Runtime::of(&function.code);
        Self {
            context,
            keyring,
            account,
            platform_extra,
            runtime,
            launcher: launcher(&function),
            limits: LimitHeaders::new(function.memory_mb, function.timeout),
            function,
            user_of_tmp: OnceLock::new(),
        }
    }
}
