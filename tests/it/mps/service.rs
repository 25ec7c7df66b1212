//! The service as a stage uses it.

use std::sync::Arc;
use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::base::json::Value;
use backlot::base::seed::Seed;
use backlot::context::Context;
use backlot::journal::{Lane, MpsRecord, Record, What};
use backlot::mps::sample::{EventKind, event};
use backlot::mps::{
    Binding, Error, EventType, InvalidRequest, Mps, OutputObject, Profile, Settings, TaskRequest,
};
use backlot_tests::paper_host::PaperHost;
use bytes::Bytes;

use super::demo;

/// MPS without a stage, with a function that is bound to both types of events.
struct Rig {
    context: Context,
    host: Arc<PaperHost>,
    mps: Mps,
}

/// What a task has come to.
struct Told {
    task_id: String,
    err_code: i64,
    event: Bytes,
    outputs: Vec<OutputObject>,
}

impl Rig {
    fn new() -> Self {
        let rig = Self::unbound();
        for event_type in [EventType::WorkflowTask, EventType::EditMediaTask] {
            rig.mps.bind(Binding::new(event_type, "archive")).unwrap();
        }
        rig
    }

    fn unbound() -> Self {
        let context = Context::new(&Clock::virtual_default(), Seed(7));
        let host = Arc::new(PaperHost::default());
        let mps = Mps::new(context.clone(), Settings::default(), host.clone());
        Self { context, host, mps }
    }

    /// Finishes a task now.
    async fn finish(&self, request: TaskRequest) -> Told {
        let hold = self.context.clock.hold("a task");
        self.mps.finish_now(request, hold).await.unwrap();
        self.told()
    }

    /// The last task that has been told.
    fn told(&self) -> Told {
        let records = self.context.journal.appended();
        let mut finished = records
            .iter()
            .rev()
            .filter_map(|record| match &record.what {
                What::Mps(MpsRecord::TaskFinished {
                    task_id, err_code, ..
                }) => Some((record.lane, task_id.clone(), *err_code)),
                _ => None,
            });
        let (lane, task_id, err_code) = finished.next().expect("a task has finished");
        let is_its = |task: u32| Lane::Task(task) == lane;
        let delivered = self.host.delivered.lock().unwrap();
        let delivered = delivered.iter().find(|delivered| is_its(delivered.task));
        let delivered = delivered.expect("its event was delivered");
        let outputs = self.host.outputs.lock().unwrap();
        let outputs = outputs.iter().filter(|(task, _)| is_its(*task));
        Told {
            task_id,
            err_code,
            event: delivered.event.clone(),
            outputs: outputs.map(|(_, output)| output.clone()).collect(),
        }
    }

    fn records(&self) -> Vec<Record> {
        self.context.journal.appended()
    }
}

fn workflow(yaml: &str) -> TaskRequest {
    TaskRequest::Workflow(serde_saphyr::from_str(yaml).unwrap())
}

fn edit(yaml: &str) -> TaskRequest {
    TaskRequest::Edit(serde_saphyr::from_str(yaml).unwrap())
}

fn parse(bytes: &[u8]) -> Value {
    Value::parse(std::str::from_utf8(bytes).unwrap()).unwrap()
}

#[tokio::test]
async fn a_task_is_told_at_its_time() {
    let rig = Rig::new();
    let clock = &rig.context.clock;
    let hold = clock.hold("a test");
    let created = clock.now();
    let number = rig.mps.submit(workflow("{}"), "all", &hold).await.unwrap();
    assert_eq!(number, 1);
    let hold = hold.sleep(Duration::from_secs(6)).await;
    let records = rig.records();
    assert_eq!(records.len(), 1, "not told yet");
    let created_by = match &records[0].what {
        What::Mps(MpsRecord::TaskCreated { workflow, .. }) => workflow,
        other => panic!("{other:?}"),
    };
    assert_eq!(created_by, "all");
    drop(hold.until_idle().await);
    let records = rig.records();
    assert_eq!(records[1].lane, Lane::Task(1));
    assert_eq!(records[1].at.as_second() - created.as_second(), 7);
    let told = rig.told();
    assert_eq!(
        records[1].what,
        What::Mps(MpsRecord::TaskFinished {
            task_id: told.task_id.clone(),
            event_type: "WorkflowTask".into(),
            err_code: 0
        })
    );
    assert!(!told.outputs.is_empty());
    let event = parse(&told.event);
    let id = event.pointer("/WorkflowTaskEvent/TaskId").unwrap();
    assert_eq!(id.as_str(), Some(&*told.task_id));
}

#[tokio::test]
async fn a_reset_aborts_tasks_that_wait_and_numbers_go_on() {
    let rig = Rig::new();
    let clock = &rig.context.clock;
    let hold = clock.hold("a test");
    let submit = async |hold: &_| rig.mps.submit(workflow("{}"), "all", hold).await.unwrap();
    submit(&hold).await;
    // The first one is being processed by now, and the second one waits.
    let hold = hold.sleep(Duration::from_secs(3)).await;
    submit(&hold).await;
    rig.mps.reset().unwrap();
    assert_eq!(submit(&hold).await, 3);
    drop(hold.until_idle().await);
    let records = rig.records();
    let told = records
        .iter()
        .filter(|record| matches!(record.what, What::Mps(MpsRecord::TaskFinished { .. })));
    let lanes: Vec<_> = told.map(|record| record.lane).collect();
    assert_eq!(lanes, [Lane::Task(3)]);
    rig.mps.stop().await;
}

#[tokio::test]
async fn tasks_are_numbered_and_named_by_the_seed() {
    let ids = async || {
        let rig = Rig::new();
        let workflow = rig.finish(workflow("profile: modern")).await;
        let edit = rig.finish(edit("{}")).await;
        let lanes: Vec<_> = rig.records().iter().map(|record| record.lane).collect();
        assert_eq!(lanes, [Lane::Task(1), Lane::Task(2)]);
        [workflow.task_id, edit.task_id]
    };
    let [workflow, edit] = ids().await;
    assert!(workflow.starts_with("2600000001-WorkflowTask-") && workflow.ends_with("tt7"));
    assert!(edit.starts_with("2600000001-EditMedia-") && edit.ends_with("t0"));
    assert_eq!(ids().await, [workflow, edit]);
}

#[tokio::test]
async fn a_bound_function_gets_the_bytes_and_a_missing_one_is_recorded() {
    let rig = Rig::unbound();
    let binding = Binding::new(EventType::EditMediaTask, "archive");
    rig.mps.bind(binding).unwrap();
    let told = rig.finish(edit("{}")).await;
    {
        let delivered = rig.host.delivered.lock().unwrap();
        assert_eq!(delivered.len(), 1);
        let first = &delivered[0];
        assert_eq!(
            (first.task, &*first.function, &*first.source),
            (1, "archive", "MPS_TRIGGER")
        );
        assert_eq!(first.event, told.event);
    }
    let hold = rig.context.clock.hold("a workflow");
    rig.mps.finish_now(workflow("{}"), hold).await.unwrap();
    assert_eq!(rig.host.delivered.lock().unwrap().len(), 1);
    let last = rig.records().pop().unwrap();
    assert_eq!(last.lane, Lane::Task(2));
    assert_eq!(
        last.what,
        What::Mps(MpsRecord::TriggerMissing {
            event_type: "WorkflowTask".into()
        })
    );
}

#[tokio::test]
async fn a_refused_request_uses_no_number() {
    let rig = Rig::new();
    let hold = rig.context.clock.hold("an edit");
    let error = rig.mps.finish_now(edit("files: []"), hold).await;
    let error = error.unwrap_err();
    assert!(
        matches!(error, Error::Invalid(InvalidRequest::NoFiles)),
        "{error:?}"
    );
    rig.finish(workflow("{}")).await;
    assert_eq!(rig.records()[0].lane, Lane::Task(1));
}

#[tokio::test]
async fn a_source_that_the_request_does_not_describe_is_looked_up() {
    let rig = Rig::new();
    let request = || workflow("source: { bucket: media-in-1250000000, key: in/demo.mp4 }");
    assert_eq!(rig.finish(request()).await.err_code, 30009, "it is missing");
    rig.host.stored.lock().unwrap().push(demo());
    assert_eq!(rig.finish(request()).await.err_code, 0);
}

/// What happened to each sub-task: type, `ErrCode` and, in the modern profile, `ErrCodeExt`.
async fn outcomes(yaml: &str) -> (Value, Vec<(String, i64, String)>) {
    let told = Rig::new().finish(workflow(yaml)).await;
    let event = parse(&told.event);
    let results = event
        .pointer("/WorkflowTaskEvent/MediaProcessResultSet")
        .unwrap();
    let outcomes = results
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let kind = entry.get("Type").unwrap().as_str().unwrap().to_owned();
            let members = entry.as_object().unwrap().iter();
            let mut results = members.filter(|(name, value)| name != "Type" && !value.is_null());
            let (_, result) = results.next().unwrap();
            assert!(results.next().is_none(), "one member is not null");
            let ext = result.get("ErrCodeExt").map(|ext| ext.as_str().unwrap());
            let code = result.get("ErrCode").unwrap().as_i64().unwrap();
            let is_ok = result.get("Status").unwrap().as_str() == Some("SUCCESS");
            assert_eq!(is_ok, !result.get("Output").unwrap().is_null());
            (kind, code, ext.unwrap_or_default().to_owned())
        })
        .collect();
    (event, outcomes)
}

#[tokio::test]
async fn natural_failures() {
    let (_, found) = outcomes(
        "profile: modern\n\
         tasks:\n\
         - transcode: { definition: 12345 }\n\
         - transcode: { start: 70 }\n\
         - animated: { start: 3, end: 3 }\n\
         - snapshot-by-time: { times: [63] }\n\
         - snapshot-by-time: { times: [100%] }\n\
         - sprite: { definition: 11 }\n",
    )
    .await;
    let found: Vec<_> = found
        .iter()
        .map(|(_, code, ext)| (*code, ext.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (40000, "InvalidInput.DefinitionNotExist"),
            (40000, "InvalidInput.InvalidTimeOffset"),
            (40000, "InvalidInput.InvalidTimeOffset"),
            (40000, "InvalidInput.InvalidTimeOffset"),
            (0, "SUCCESS"),
            (40000, "InvalidInput.DefinitionNotExist"),
        ]
    );
}

#[tokio::test]
async fn sound_has_no_screenshots() {
    let song = "source: { key: a/song.mp3, size: 1000000 }\n\
         tasks: [ { sampled: {} }, { transcode: { definition: 1010 } } ]\n";
    let (event, found) = outcomes(&format!("profile: modern\n{song}")).await;
    assert_eq!(
        found,
        [
            ("Transcode".to_owned(), 0, "SUCCESS".to_owned()),
            (
                "SampleSnapshot".to_owned(),
                60000,
                "SourceFileError.NoVideoMedia".to_owned()
            ),
        ],
        "in the order of the documents"
    );
    let video = event
        .pointer("/WorkflowTaskEvent/MetaData/VideoStreamSet")
        .unwrap();
    assert_eq!(video.as_array(), Some(&[][..]));
    let (_, legacy) = outcomes(song).await;
    assert_eq!(legacy[1].1, 30009);
}

#[tokio::test]
async fn switches_change_what_they_say() {
    let tasks = "tasks: [ { transcode: { definition: 100210 } }, { snapshot-by-time: {} } ]\n";
    let path = |event: &Value, pointer: &str| {
        let results = "/WorkflowTaskEvent/MediaProcessResultSet";
        let found = event.pointer(&format!("{results}{pointer}"));
        found.map(ToString::to_string).unwrap()
    };
    let (event, _) = outcomes(&format!(
        "profile: modern\n{tasks}switches: {{ zero-definition: true, empty-success-code: true, \
         old-snapshot-names: true, size-mode: actual }}\n"
    ))
    .await;
    assert_eq!(path(&event, "/0/TranscodeTask/Output/Definition"), "0");
    assert_eq!(path(&event, "/0/TranscodeTask/Input/Definition"), "100210");
    assert_eq!(path(&event, "/0/TranscodeTask/ErrCodeExt"), "\"\"");
    assert_eq!(
        path(
            &event,
            "/1/SnapshotByTimeOffsetTask/Output/PicInfoSet/0/Path"
        ),
        "\"/out/demo_snapshotByOffset_10_0.jpg\""
    );
    let size: u64 = path(&event, "/0/TranscodeTask/Output/Size")
        .parse()
        .unwrap();
    assert!(size < 1000, "playlist and segment as written");
}

#[tokio::test]
async fn a_string_array_holds_the_same_text() {
    let event = async |switches: &str| Rig::new().finish(workflow(switches)).await.event;
    let wrapped = parse(&event("switches: { string-array: true }").await);
    let items = wrapped.as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].as_str().unwrap().as_bytes(), event("{}").await);
}

#[test]
fn made_up_events_are_repeatable_and_of_their_kind() {
    let at = "2024-01-01T00:00:00Z".parse().unwrap();
    for profile in [Profile::Legacy, Profile::Modern] {
        for kind in EventKind::ALL {
            let made = event(kind, profile, Seed(1), at);
            assert_eq!(made, event(kind, profile, Seed(1), at));
            assert_eq!(kind.as_str().parse(), Ok(kind));
            let event_type = made.get("EventType").unwrap().as_str().unwrap();
            let task = made.get(&format!("{event_type}Event")).unwrap();
            let code = task.get("ErrCode").unwrap().as_i64().unwrap();
            let expected = match (kind, profile) {
                (EventKind::WorkflowSourceError, Profile::Legacy) => 30009,
                (EventKind::WorkflowSourceError, Profile::Modern) => 60000,
                (EventKind::EditFail, Profile::Legacy) => 30010,
                (EventKind::EditFail, Profile::Modern) => 70000,
                _ => 0,
            };
            assert_eq!(code, expected, "{kind} {profile}");
            let failed = made.to_string().matches("\"FAIL\"").count();
            let expected = match kind {
                EventKind::WorkflowPartialFail | EventKind::WorkflowSourceError => 2,
                _ => 0,
            };
            assert_eq!(failed, expected, "{kind} {profile}");
        }
    }
}

#[tokio::test]
async fn what_only_one_profile_can_say() {
    let tasks = "tasks:\n\
         - snapshot-by-time: { times: [1, 50%], watermarks: [515247] }\n\
         - adaptive: {}\n";
    let input = |event: &Value, result: &str, member: &str| {
        let results = "/WorkflowTaskEvent/MediaProcessResultSet";
        let found = event.pointer(&format!("{results}/{result}/Input/{member}"));
        found.map(ToString::to_string)
    };
    let (legacy, found) = outcomes(tasks).await;
    assert_eq!(
        found[1].0, "AdaptiveDynamicStreaming",
        "told when it is asked for"
    );
    let snapshot = "0/SnapshotByTimeOffsetTask";
    assert_eq!(input(&legacy, snapshot, "ExtTimeOffsetSet"), None);
    assert_eq!(
        input(&legacy, snapshot, "TimeOffsetSet").unwrap(),
        "[1,31.402000427246094]"
    );
    assert_eq!(
        input(&legacy, snapshot, "WatermarkSet").unwrap(),
        r#"[{"Definition":515247,"TextContent":"","SvgContent":""}]"#
    );
    let (modern, _) = outcomes(&format!("profile: modern\n{tasks}")).await;
    assert_eq!(
        input(&modern, snapshot, "ExtTimeOffsetSet").unwrap(),
        r#"["1s","50%"]"#
    );
    assert_eq!(input(&modern, snapshot, "TimeOffsetSet").unwrap(), "[]");
}

#[tokio::test]
async fn an_edit_of_a_missing_file_fails_and_one_to_a_directory_is_named_after_the_task() {
    let rig = Rig::new();
    let both = |second: &str| {
        edit(&format!(
            "{{ output-path: /joined/, output-config: {{ container: hls }}, files: [ {{}}, {second} ] }}"
        ))
    };
    let missing = rig
        .finish(both("{ source: { key: in/missing.mp4 } }"))
        .await;
    assert_eq!(missing.err_code, 30009);
    assert!(missing.outputs.is_empty());
    let made = rig.finish(both("{ end: 5 }")).await;
    let keys: Vec<_> = made.outputs.iter().map(|object| &object.key).collect();
    let id = &made.task_id;
    assert_eq!(
        keys,
        [&format!("joined/{id}.m3u8"), &format!("joined/{id}_0.ts")]
    );
}
