//! A stage with functions that only note their events, and its Cloud API without signatures.

use std::time::Duration;

use backlot::base::source::SourceFile;
use backlot::config::Config;
use backlot::cos::Upload;
use backlot::http::auth::{Keyring, Principal};
use backlot::http::cloud_api::CloudApi;
use backlot::http::exchange::full;
use backlot::journal::{Lane, Record, ScfRecord, What};
use backlot::scf::{Function, InProcess};
use backlot::stage::{Settings, Stage};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

/// The host of the bucket `media-in`.
pub(super) const MEDIA: &str = "media-in-1250000000.cos.ap-guangzhou.myqcloud.com";

/// In real time; a test that takes longer hangs.
const WATCHDOG: Duration = Duration::from_secs(60);

/// A stage and its API.
pub(super) struct TriggerStage {
    pub(super) stage: Stage,
    api: CloudApi,
}

/// An event that a function was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) function: String,
    pub(super) source: String,
    pub(super) event: String,
    /// Seconds after the start.
    pub(super) at: i64,
}

impl TriggerStage {
    /// The functions `one` and `two`, and what else `text` configures, but functions.
    pub(super) async fn start(text: &str) -> Self {
        Self::with(text, |_| {}).await
    }

    pub(super) async fn with(text: &str, change: impl FnOnce(&mut Settings)) -> Self {
        let config = Config::read(&SourceFile::new("backlot.yaml", text));
        let config = config.unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let mut settings = Settings::from_config(&config).unwrap();
        let functions = ["one", "two"].map(|name| {
            let code = InProcess::handler(|_, event: Bytes| async move { Ok(event) });
            Function::in_process(name, code)
        });
        settings.functions = functions.into();
        change(&mut settings);
        let stage = Stage::start(settings).await.unwrap();
        let services = stage.services();
        let api = CloudApi::new(&services.context, Keyring::default())
            .with(services.scf.clone())
            .with(services.mps.clone())
            .allowing_unsigned(Principal::new("owner", None));
        Self { stage, api }
    }

    /// `Response` of a call, without `RequestId`.
    pub(super) async fn call(&self, service: &str, action: &str, parameters: Value) -> Value {
        let version = match service {
            "mps" => "2019-06-12",
            _ => "2018-04-16",
        };
        let body = Bytes::from(parameters.to_string());
        let request = hyper::Request::post("/")
            .header("host", format!("{service}.tencentcloudapi.com"))
            .header("content-type", "application/json")
            .header("content-length", body.len())
            .header("authorization", "SKIP")
            .header("x-tc-action", action)
            .header("x-tc-version", version)
            .header("x-tc-timestamp", "1704067200")
            .header("x-tc-region", "ap-guangzhou")
            .body(full(body));
        let answer = self.api.serve(request.unwrap()).await.unwrap();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let mut answer: Value = serde_json::from_slice(&body).unwrap();
        let mut response = answer["Response"].take();
        response.as_object_mut().unwrap().remove("RequestId");
        response
    }

    /// The answer of SCF to a call that succeeds.
    pub(super) async fn scf(&self, action: &str, parameters: Value) -> Value {
        let answer = self.call("scf", action, parameters).await;
        assert_eq!(answer.get("Error"), None, "{action}");
        answer
    }

    /// The code of the error of a call to SCF, with its message.
    pub(super) async fn refused(&self, action: &str, parameters: Value) -> (String, String) {
        let answer = self.call("scf", action, parameters.clone()).await;
        let text = |name: &str| answer["Error"][name].as_str().map(str::to_owned);
        let found = text("Code").zip(text("Message"));
        found.unwrap_or_else(|| panic!("{action} {parameters}: {answer}"))
    }

    /// The triggers of a function, as the API lists them.
    pub(super) async fn triggers(&self, function: &str) -> Vec<Value> {
        let listed = self.scf("ListTriggers", json!({ "FunctionName": function }));
        listed.await["Triggers"].as_array().unwrap().clone()
    }

    /// Writes an object from inside.
    pub(super) async fn upload(&self, key: &str) {
        let upload = Upload {
            bucket: "media-in-1250000000".into(),
            key: key.into(),
            body: Bytes::from_static(b"x"),
            ..Upload::default()
        };
        self.stage.put_object(Lane::Stage, upload).await.unwrap();
        self.pass(0).await;
    }

    /// Lets so many seconds pass, and waits until what came of them is done.
    pub(super) async fn pass(&self, seconds: u64) {
        let clock = self.stage.clock();
        let passing = async {
            let hold = clock.hold("the test");
            let hold = hold.sleep(Duration::from_secs(seconds)).await;
            drop(hold.until_idle().await);
        };
        let passed = clock.within(WATCHDOG, passing).await;
        passed.unwrap_or_else(|_| panic!("busy: {:?}", clock.busy()));
    }

    /// The events that functions were given so far, in the order in which they were queued.
    pub(super) fn given(&self) -> Vec<Given> {
        let start = self.stage.info().started;
        let records = self.stage.journal().ordered();
        let given = records.into_iter().filter_map(|record: Record| {
            let at = record.at.as_second() - start.as_second();
            match record.what {
                What::Scf(ScfRecord::InvocationQueued {
                    function,
                    source,
                    event,
                    ..
                }) => Some(Given {
                    function,
                    source,
                    event: event.as_text()?.to_owned(),
                    at,
                }),
                _ => None,
            }
        });
        given.collect()
    }

    /// Which functions were given an event so far.
    pub(super) fn ran(&self) -> Vec<String> {
        self.given()
            .into_iter()
            .map(|given| given.function)
            .collect()
    }

    pub(super) async fn stop(self) {
        self.stage.stop().await;
    }
}
