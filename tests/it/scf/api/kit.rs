//! Calls of the API on a service without the rest of a stage, and zips.

use std::io::{Cursor, Write as _};

use backlot::base::clock::Clock;
use backlot::base::registry::Registry;
use backlot::base::seed::Seed;
use backlot::context::Context;
use backlot::http::auth::Keyring;
use backlot::http::cloud_api::ApiError;
use backlot::scf::{Account, Function, InProcess, Scf};
use backlot_tests::cloud_api;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A handler that returns its event.
pub(super) const ECHO: &str = "def main_handler(event, context):\n    return event\n";

/// The API of one service.
pub(super) struct Api {
    pub(super) clock: Clock,
    pub(super) scf: Scf,
    pub(super) context: Context,
}

impl Api {
    /// Without functions.
    pub(super) fn new() -> Self {
        Self::with([])
    }

    /// With functions of the configuration.
    pub(super) fn with(functions: impl IntoIterator<Item = Function>) -> Self {
        Self::on(Registry::in_memory(), functions).unwrap()
    }

    /// On what earlier runs have kept.
    pub(super) fn on(
        registry: Registry,
        functions: impl IntoIterator<Item = Function>,
    ) -> Result<Self, String> {
        let clock = Clock::virtual_default();
        let context = Context::new(&clock, Seed(7));
        let account = Account {
            app_id: 1_250_000_000,
            uin: "100000000001".into(),
            region: "ap-guangzhou".into(),
        };
        let keyring = Keyring::default();
        let scf = Scf::start_with(context.clone(), keyring, account, Vec::new(), registry);
        for function in functions {
            scf.create_function(function).unwrap();
        }
        scf.restore().map_err(|error| error.to_string())?;
        Ok(Self {
            clock,
            scf,
            context,
        })
    }

    pub(super) async fn call(&self, action: &str, parameters: Value) -> Result<Value, ApiError> {
        cloud_api::call(&self.scf, &self.clock, action, &parameters).await
    }

    /// The answer of a call that succeeds.
    pub(super) async fn ok(&self, action: &str, parameters: Value) -> Value {
        let answer = self.call(action, parameters).await;
        answer.unwrap_or_else(|error| panic!("{action}: {error}"))
    }

    /// The code of a call that fails.
    pub(super) async fn code(&self, action: &str, parameters: Value) -> String {
        match self.call(action, parameters).await {
            Ok(answer) => panic!("{action} succeeds: {answer}"),
            Err(error) => {
                assert!(error.message.ends_with('.'), "a sentence: {error}");
                error.code
            }
        }
    }

    /// Creates a function in Python from the text of `index.py`.
    pub(super) async fn create(&self, name: &str, code: &str) {
        self.ok("CreateFunction", python(name, code)).await;
    }

    /// `RetMsg` of a synchronous call.
    pub(super) async fn ret_msg(&self, name: &str, qualifier: &str) -> String {
        let call = json!({"FunctionName": name, "Qualifier": qualifier});
        let answer = self.ok("Invoke", call).await;
        answer["Result"]["RetMsg"].as_str().unwrap().to_owned()
    }
}

/// The parameters of `CreateFunction` for a function in Python.
pub(super) fn python(name: &str, code: &str) -> Value {
    json!({
        "FunctionName": name,
        "Runtime": "Python3.10",
        "Handler": "index.main_handler",
        "Code": {"ZipFile": zip(&[("index.py", code)])},
    })
}

/// A handler that returns a text.
pub(super) fn saying(text: &str) -> String {
    format!("def main_handler(event, context):\n    return {text:?}\n")
}

/// A zip in base64.
pub(super) fn zip(files: &[(&str, &str)]) -> String {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = SimpleFileOptions::default().unix_permissions(0o755);
        zip.start_file(*name, options).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    BASE64.encode(zip.finish().unwrap().into_inner())
}

/// A function of the configuration that returns its event.
pub(super) fn echo(name: &str) -> Function {
    let code = InProcess::handler(|_, event: Bytes| async move { Ok(event) });
    Function::in_process(name, code)
}
