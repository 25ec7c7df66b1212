//! The actions of the Cloud API of MPS, on a service without the rest of a stage.

mod edit_media;
mod life;
mod parse_notification;
mod process_media;
mod restart;
mod tasks;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use backlot::base::clock::{Clock, Hold};
use backlot::base::seed::Seed;
use backlot::context::Context;
use backlot::http::cloud_api::ApiError;
use backlot::mps::tasks::TaskTable;
use backlot::mps::{Binding, EventType, Mps, Settings, SourceObject};
use backlot_tests::cloud_api;
use backlot_tests::paper_host::PaperHost;
use serde_json::{Value, json};

/// The API of one service, whose outside is on paper.
pub(super) struct Api {
    pub(super) context: Context,
    pub(super) mps: Mps,
    pub(super) host: Arc<PaperHost>,
}

impl Api {
    pub(super) fn new() -> Self {
        Self::with(Settings::default())
    }

    /// With a function `archive` that is bound to everything, and an object `in/a.mp4` of a hundred seconds.
    pub(super) fn with(settings: Settings) -> Self {
        let context = Context::new(&Clock::virtual_default(), Seed(7));
        let host = Arc::new(PaperHost::default());
        host.stored.lock().unwrap().push(stored("in/a.mp4"));
        let mps = Mps::new(context.clone(), settings, host.clone());
        for event_type in [EventType::WorkflowTask, EventType::EditMediaTask] {
            mps.bind(Binding::new(event_type, "archive")).unwrap();
        }
        Self { context, mps, host }
    }

    /// On the table of a data folder.
    pub(super) fn on(folder: &Path, settings: Settings) -> Self {
        let api = Self::with(settings);
        let table = TaskTable::open(folder, false).unwrap();
        api.mps.keep_tasks_in(table).unwrap();
        api
    }

    /// Keeps the clock where it is.
    pub(super) fn hold(&self) -> Hold {
        self.context.clock.hold("a test")
    }

    /// Lets some seconds pass, and then keeps the clock.
    pub(super) async fn pass(&self, hold: Hold, seconds: u64) -> Hold {
        hold.sleep(Duration::from_secs(seconds)).await
    }

    /// Lets everything come to its end.
    pub(super) async fn idle(&self) {
        drop(self.hold().until_idle().await);
    }

    /// The id of a new task that transcodes `in/a.mp4`, with other parameters.
    pub(super) async fn process(&self, other: Value) -> String {
        let answer = self.ok("ProcessMedia", process_media(other)).await;
        answer["TaskId"].as_str().unwrap().to_owned()
    }

    /// The answer of `DescribeTaskDetail`.
    pub(super) async fn detail(&self, id: &str) -> Value {
        self.ok("DescribeTaskDetail", json!({ "TaskId": id })).await
    }

    /// `Status` of a task.
    pub(super) async fn status(&self, id: &str) -> String {
        let detail = self.detail(id).await;
        detail["Status"].as_str().unwrap().to_owned()
    }

    /// The events that the function was given, in order.
    pub(super) fn delivered(&self) -> Vec<Value> {
        let delivered = self.host.delivered.lock().unwrap();
        let events = delivered.iter().map(|delivered| &delivered.event);
        events
            .map(|event| serde_json::from_slice(event).unwrap())
            .collect()
    }

    /// The answer to a call, or its error.
    pub(super) async fn call(&self, action: &str, parameters: Value) -> Result<Value, ApiError> {
        cloud_api::call(&self.mps, &self.context.clock, action, &parameters).await
    }

    /// The answer of a call that succeeds.
    pub(super) async fn ok(&self, action: &str, parameters: Value) -> Value {
        let answer = self.call(action, parameters).await;
        answer.unwrap_or_else(|error| panic!("{action}: {error}"))
    }

    /// The code and the message of a call that fails.
    pub(super) async fn refused(&self, action: &str, parameters: Value) -> (String, String) {
        match self.call(action, parameters).await {
            Ok(answer) => panic!("{action} succeeds: {answer}"),
            Err(error) => {
                assert!(error.message.ends_with('.'), "a sentence: {error}");
                (error.code, error.message)
            }
        }
    }

    /// The code of a call that fails.
    pub(super) async fn code(&self, action: &str, parameters: Value) -> String {
        self.refused(action, parameters).await.0
    }
}

/// An object of a hundred seconds, which takes ten to process.
pub(super) fn stored(key: &str) -> SourceObject {
    SourceObject {
        key: key.into(),
        metadata: vec![("x-cos-meta-mps-duration-ms".into(), "100000".into())],
        ..super::demo()
    }
}

/// `InputInfo` of an object.
pub(super) fn input(key: &str) -> Value {
    let cos = json!({"Bucket": "media-in-1250000000", "Region": "ap-guangzhou", "Object": key});
    json!({"Type": "COS", "CosInputInfo": cos})
}

/// The parameters of `ProcessMedia` for one transcode of `in/a.mp4`, with others in their place.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it reads as the parameters do"
)]
pub(super) fn process_media(other: Value) -> Value {
    let mut parameters = json!({
        "InputInfo": input("/in/a.mp4"),
        "MediaProcessTask": {"TranscodeTaskSet": [{"Definition": 100_010}]},
    });
    for (name, value) in other.as_object().unwrap() {
        parameters[name] = value.clone();
    }
    parameters
}
