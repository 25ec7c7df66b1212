//! The service as a stage uses it.

use std::sync::Arc;

use backlot::base::clock::Clock;
use backlot::base::json::Value;
use backlot::base::seed::Seed;
use backlot::context::Context;
use backlot::fault::NoFaults;
use backlot::journal::{Journal, Lane, MpsRecord, What};
use backlot::mps::request::{EditRequest, WorkflowRequest};
use backlot::mps::sample::{EventKind, event};
use backlot::mps::{Binding, Error, EventType, Mps, Profile, Settings};

use super::demo;

fn context() -> Context {
    let clock = Clock::virtual_default();
    Context {
        journal: Journal::new(&clock),
        clock,
        seed: Seed(7),
        faults: Arc::new(NoFaults),
    }
}

fn parse(bytes: &[u8]) -> Value {
    Value::parse(std::str::from_utf8(bytes).unwrap()).unwrap()
}

#[tokio::test]
async fn a_task_is_told_at_its_time() {
    let context = context();
    let mut mps = Mps::new(context.clone(), Settings::default());
    let request: WorkflowRequest = serde_saphyr::from_str("{}").unwrap();
    let hold = context.clock.hold("a task");
    let created = context.clock.now();
    let planned = mps.plan_workflow(&request, Some(&demo()), created).unwrap();
    assert!(context.journal.appended().is_empty(), "not told yet");
    let hold = hold.sleep_until(planned.timeline().finishes).await;
    let finished = planned.finish(hold);
    assert_eq!((finished.task, finished.err_code), (1, 0));
    let records = context.journal.appended();
    assert_eq!(records[0].lane, Lane::Task(1));
    assert_eq!(records[0].at.as_second() - created.as_second(), 7);
    assert_eq!(
        records[0].what,
        What::Mps(MpsRecord::TaskFinished {
            task_id: finished.task_id.clone(),
            event_type: "WorkflowTask".into(),
            err_code: 0
        })
    );
    let event = parse(&finished.event);
    let id = event.pointer("/WorkflowTaskEvent/TaskId").unwrap();
    assert_eq!(id.as_str(), Some(&*finished.task_id));
}

#[test]
fn tasks_are_numbered_and_named_by_the_seed() {
    let ids = || {
        let context = context();
        let mut mps = Mps::new(context.clone(), Settings::default());
        let created = context.clock.now();
        let request = WorkflowRequest {
            profile: Some(Profile::Modern),
            ..WorkflowRequest::default()
        };
        let workflow = mps.plan_workflow(&request, Some(&demo()), created).unwrap();
        let edit = EditRequest::default();
        let edit = mps.plan_edit(&edit, &[Some(demo())], created).unwrap();
        assert_eq!((workflow.number(), edit.number()), (1, 2));
        [workflow.task_id().to_owned(), edit.task_id().to_owned()]
    };
    let [workflow, edit] = ids();
    assert!(workflow.starts_with("2600000001-WorkflowTask-") && workflow.ends_with("tt7"));
    assert!(edit.starts_with("2600000001-EditMedia-") && edit.ends_with("t0"));
    assert_eq!(ids(), [workflow, edit]);
}

#[test]
fn a_bound_function_gets_the_bytes_and_a_missing_one_is_recorded() {
    let context = context();
    let mut mps = Mps::new(context.clone(), Settings::default());
    let binding = Binding::new(EventType::EditMediaTask, "archive");
    mps.bindings_mut().bind(binding).unwrap();
    let created = context.clock.now();
    let hold = context.clock.hold("an edit");
    let edit = mps
        .finish_edit(&EditRequest::default(), &[Some(demo())], created, hold)
        .unwrap();
    let wanted = mps.invocations(&edit);
    assert_eq!(wanted.len(), 1);
    assert_eq!(
        (&*wanted[0].function, &*wanted[0].source),
        ("archive", "MPS_TRIGGER")
    );
    assert_eq!(wanted[0].event, edit.event);
    let hold = context.clock.hold("a workflow");
    let workflow = mps
        .finish_workflow(&WorkflowRequest::default(), Some(&demo()), created, hold)
        .unwrap();
    assert!(mps.invocations(&workflow).is_empty());
    let last = context.journal.appended().pop().unwrap();
    assert_eq!(last.lane, Lane::Task(2));
    assert_eq!(
        last.what,
        What::Mps(MpsRecord::TriggerMissing {
            event_type: "WorkflowTask".into()
        })
    );
}

#[test]
fn a_refused_request_uses_no_number() {
    let context = context();
    let mut mps = Mps::new(context.clone(), Settings::default());
    let created = context.clock.now();
    let error = mps.plan_edit(&EditRequest::default(), &[], created).err();
    assert_eq!(
        error,
        Some(Error::SourceCount {
            files: 1,
            sources: 0
        })
    );
    let request = WorkflowRequest::default();
    let planned = mps.plan_workflow(&request, None, created).unwrap();
    assert_eq!(planned.number(), 1);
}

/// What happened to each sub-task: type, `ErrCode` and, in the modern profile, `ErrCodeExt`.
fn outcomes(yaml: &str) -> (Value, Vec<(String, i64, String)>) {
    let context = context();
    let mut mps = Mps::new(context.clone(), Settings::default());
    let request: WorkflowRequest = serde_saphyr::from_str(yaml).unwrap();
    let source = request.source().given();
    let created = context.clock.now();
    let hold = context.clock.hold("a task");
    let finished = mps
        .finish_workflow(&request, source.as_ref(), created, hold)
        .unwrap();
    let event = parse(&finished.event);
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

#[test]
fn natural_failures() {
    let (_, found) = outcomes(
        "profile: modern\n\
         tasks:\n\
         - transcode: { definition: 12345 }\n\
         - transcode: { start: 70 }\n\
         - animated: { start: 3, end: 3 }\n\
         - snapshot-by-time: { times: [63] }\n\
         - snapshot-by-time: { times: [100%] }\n\
         - sprite: { definition: 11 }\n",
    );
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

#[test]
fn sound_has_no_screenshots() {
    let song = "source: { key: a/song.mp3, size: 1000000 }\n\
         tasks: [ { sampled: {} }, { transcode: { definition: 1010 } } ]\n";
    let (event, found) = outcomes(&format!("profile: modern\n{song}"));
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
    let (_, legacy) = outcomes(song);
    assert_eq!(legacy[1].1, 30009);
}

#[test]
fn switches_change_what_they_say() {
    let tasks = "tasks: [ { transcode: { definition: 100210 } }, { snapshot-by-time: {} } ]\n";
    let path = |event: &Value, pointer: &str| {
        let results = "/WorkflowTaskEvent/MediaProcessResultSet";
        let found = event.pointer(&format!("{results}{pointer}"));
        found.map(ToString::to_string).unwrap()
    };
    let (event, _) = outcomes(&format!(
        "profile: modern\n{tasks}switches: {{ zero-definition: true, empty-success-code: true, \
         old-snapshot-names: true, size-mode: actual }}\n"
    ));
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

#[test]
fn a_string_array_holds_the_same_text() {
    let event = |switches: &str| {
        let context = context();
        let mut mps = Mps::new(context.clone(), Settings::default());
        let request: WorkflowRequest = serde_saphyr::from_str(switches).unwrap();
        let hold = context.clock.hold("a task");
        let now = context.clock.now();
        mps.finish_workflow(&request, Some(&demo()), now, hold)
            .unwrap()
            .event
    };
    let wrapped = parse(&event("switches: { string-array: true }"));
    let items = wrapped.as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].as_str().unwrap().as_bytes(), event("{}"));
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

#[test]
fn what_only_one_profile_can_say() {
    let tasks = "tasks:\n\
         - snapshot-by-time: { times: [1, 50%], watermarks: [515247] }\n\
         - adaptive: {}\n";
    let input = |event: &Value, result: &str, member: &str| {
        let results = "/WorkflowTaskEvent/MediaProcessResultSet";
        let found = event.pointer(&format!("{results}/{result}/Input/{member}"));
        found.map(ToString::to_string)
    };
    let (legacy, found) = outcomes(tasks);
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
    let (modern, _) = outcomes(&format!("profile: modern\n{tasks}"));
    assert_eq!(
        input(&modern, snapshot, "ExtTimeOffsetSet").unwrap(),
        r#"["1s","50%"]"#
    );
    assert_eq!(input(&modern, snapshot, "TimeOffsetSet").unwrap(), "[]");
}

#[test]
fn an_edit_of_a_missing_file_fails_and_one_to_a_directory_is_named_after_the_task() {
    let context = context();
    let mut mps = Mps::new(context.clone(), Settings::default());
    let created = context.clock.now();
    let request: EditRequest = serde_saphyr::from_str(
        "{ output-path: /joined/, output-config: { container: hls }, files: [ {}, { end: 5 } ] }",
    )
    .unwrap();
    let mut finish = |sources: &[_]| {
        let hold = context.clock.hold("an edit");
        mps.finish_edit(&request, sources, created, hold).unwrap()
    };
    let missing = finish(&[Some(demo()), None]);
    assert_eq!(missing.err_code, 30009);
    assert!(missing.outputs.is_empty());
    let made = finish(&[Some(demo()), Some(demo())]);
    let keys: Vec<_> = made.outputs.iter().map(|object| &object.key).collect();
    let id = &made.task_id;
    assert_eq!(
        keys,
        [&format!("joined/{id}.m3u8"), &format!("joined/{id}_0.ts")]
    );
}
