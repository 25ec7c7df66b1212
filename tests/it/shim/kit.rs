//! A stage with one handler in a folder of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use backlot::journal::{Lane, Record, ScfRecord, What};
use backlot::scf::Function;
use backlot::scf::shim::HandlerRuntime;
use backlot::signal::{FunctionTarget, InvokeWanted};
use backlot::stage::{Settings, Stage};
use bytes::Bytes;
use serde_json::Value;
use tempfile::TempDir;

/// The code of the function `notify`, whose handler is `index.main_handler`.
pub(super) struct Code {
    folder: TempDir,
    runtime: HandlerRuntime,
}

/// What became of one event.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) text: String,
    /// What the handler printed.
    pub(super) lines: Vec<String>,
    pub(super) request_id: String,
    pub(super) duration_ms: u64,
}

impl Code {
    pub(super) fn python(text: &str) -> Self {
        Self::of("Python3.10", text)
    }

    pub(super) fn node(text: &str) -> Self {
        Self::of("Nodejs18.15", text)
    }

    /// A Node handler that is this expression.
    pub(super) fn node_handler(text: &str) -> Self {
        Self::node(&format!("exports.main_handler = {text};\n"))
    }

    /// The file `index` of a runtime, such as `Python3.9`.
    pub(super) fn of(runtime: &str, text: &str) -> Self {
        let runtime = HandlerRuntime::parse(runtime).expect("a supported runtime");
        let code = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            runtime: runtime.expect("a runtime that calls a handler"),
        };
        let file = code.runtime.entry_file(code.runtime.default_handler());
        let file = file.expect("a file and a function");
        code.write(file.to_str().expect("UTF-8"), text);
        code
    }

    pub(super) fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("room on the disk");
        std::fs::write(path, text).expect("room on the disk");
    }

    /// The folder without links, as programs report it.
    pub(super) fn path(&self) -> PathBuf {
        self.folder
            .path()
            .canonicalize()
            .expect("the folder exists")
    }

    pub(super) fn function(&self) -> Function {
        Function {
            retry_num: 0,
            ..Function::handler("notify", self.runtime, "index.main_handler", self.path())
        }
    }

    /// The answer to one event, on a stage of its own.
    pub(super) async fn answer(&self, event: &str) -> Answer {
        let mut answers = self.answers(&[event]).await;
        answers.pop().expect("an answer to each event")
    }

    /// The answers to events, one after the other.
    pub(super) async fn answers(&self, events: &[&str]) -> Vec<Answer> {
        self.run(self.function(), events).await
    }

    /// The answers of `function`, which may differ from [`Code::function`].
    pub(super) async fn run(&self, function: Function, events: &[&str]) -> Vec<Answer> {
        let mut settings = Settings::default();
        let target = FunctionTarget {
            namespace: function.namespace.clone().into(),
            ..FunctionTarget::named(&function.name)
        };
        settings.functions.push(function);
        let stage = Stage::start(settings).await.expect("a port and memory");
        for event in events {
            send(&stage, &target, event).await;
        }
        let answers = answers(&stage.journal().ordered());
        stage.stop().await;
        answers
    }
}

/// Delivers an event as a trigger does, which may send what is not JSON, and waits until it is over.
async fn send(stage: &Stage, target: &FunctionTarget, event: &str) {
    let test = stage.clock().hold("the test");
    stage.invoke(InvokeWanted {
        target: target.clone(),
        source: "MPS_TRIGGER".into(),
        event: Bytes::copy_from_slice(event.as_bytes()),
        hold: test.another("an event on its way"),
    });
    drop(test.until_idle().await);
}

fn answers(records: &[Record]) -> Vec<Answer> {
    let mut answers: BTreeMap<Lane, Answer> = BTreeMap::new();
    for record in records {
        let answer = answers.entry(record.lane).or_default();
        match &record.what {
            What::Scf(ScfRecord::InvocationQueued { request_id, .. }) => {
                request_id.clone_into(&mut answer.request_id);
            }
            What::Scf(ScfRecord::LogLine { text, .. }) => answer.lines.push(text.clone()),
            What::Scf(ScfRecord::AttemptFinished {
                status,
                result,
                duration_ms,
                ..
            }) => {
                (answer.status, answer.duration_ms) = (*status, *duration_ms);
                result.as_text().expect("text").clone_into(&mut answer.text);
            }
            _ => {}
        }
    }
    answers
        .into_values()
        .filter(|answer| answer.status > 0)
        .collect()
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The text of an error object, without the path of the code.
    pub(super) fn trace(&self, member: &str, code: &Path) -> String {
        let value = self.json();
        let text = value[member].as_str().unwrap_or_else(|| panic!("{self:?}"));
        text.replace(&code.display().to_string(), "CODE")
    }
}
