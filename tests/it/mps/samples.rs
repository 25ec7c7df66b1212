//! Whole notifications against samples: every member, in order, to the spelling of numbers.
//!
//! Task ids and times are those of the sample. The samples let fifteen seconds pass between begin and finish, where the
//! time line would have six for this source; that is why times are given.

use backlot::base::json::Value;
use backlot::mps::SourceObject;
use backlot::mps::definitions::Templates;
use backlot::mps::notification::{Stamp, State};
use backlot::mps::request::{EditRequest, Source, WorkflowRequest};
use backlot::mps::switches::Switches;
use backlot::mps::timeline::Timeline;
use backlot::mps::{Notification, Profile, edit_event, schedule_event, workflow_event};

use super::{demo, second, vector};

fn stamp(sample: &Value, member: &str) -> Stamp {
    let task_id = sample.get(member).unwrap().get("TaskId").unwrap();
    Stamp {
        task_id: task_id.as_str().unwrap().to_owned(),
        timeline: Timeline {
            begins: "2024-05-17T08:56:26Z".parse().unwrap(),
            finishes: "2024-05-17T08:56:41Z".parse().unwrap(),
        },
    }
}

#[track_caller]
fn assert_same(found: &Notification, sample: &Value) {
    assert_eq!(found.event.to_pretty(), sample.to_pretty());
    assert_eq!(found.bytes(), sample.to_string());
}

#[track_caller]
fn workflow(name: &str, profile: Profile, source: &SourceObject, yaml: &str) -> Notification {
    workflow_in(State::Finished, name, profile, source, yaml)
}

#[track_caller]
fn workflow_in(
    state: State,
    name: &str,
    profile: Profile,
    source: &SourceObject,
    yaml: &str,
) -> Notification {
    let sample = vector(name);
    let request = WorkflowRequest {
        source: Some(Source::from(source.clone())),
        output_bucket: Some("media-out-1250000000".into()),
        output_dir: Some("/out/".into()),
        ..serde_saphyr::from_str(yaml).unwrap()
    };
    request.check(profile).unwrap();
    let stamp = stamp(&sample, "WorkflowTaskEvent");
    let switches = Switches::default();
    let found = workflow_event::in_state(
        state,
        &request,
        Some(source),
        stamp,
        profile,
        &switches,
        &Templates::default(),
    );
    assert_same(&found, &sample);
    found
}

#[track_caller]
fn edit(name: &str, profile: Profile, sources: &[SourceObject], yaml: &str) -> Notification {
    let sample = vector(name);
    let mut request: EditRequest = serde_saphyr::from_str(yaml).unwrap();
    request.output_bucket = Some("media-out-1250000000".into());
    for (file, source) in request.files.iter_mut().zip(sources) {
        file.source = Source::from(source.clone());
    }
    request.check().unwrap();
    let stamp = stamp(&sample, "EditMediaTaskEvent");
    let sources: Vec<_> = sources.iter().cloned().map(Some).collect();
    let found = edit_event::notification(&request, &sources, stamp, profile, &Switches::default());
    assert_same(&found, &sample);
    found
}

fn keys(notification: &Notification) -> Vec<&str> {
    let outputs = notification.outputs.iter();
    outputs.map(|object| object.key.as_str()).collect()
}

#[test]
fn workflow_success_legacy() {
    let found = workflow(
        "trigger-workflow-success-legacy.json",
        Profile::Legacy,
        &demo(),
        "tasks:\n\
         - transcode: { definition: 10 }\n\
         - transcode: { definition: 210 }\n\
         - animated: { start: 0, end: 3 }\n\
         - snapshot-by-time: { times: [0, 2.5] }\n\
         - sampled: {}\n\
         - sprite: {}\n",
    );
    assert_eq!(found.err_code, 0);
    let keys = keys(&found);
    assert_eq!(keys.len(), 1 + 2 + 1 + 2 + 10 + 2);
    assert_eq!(
        keys[..4],
        [
            "out/demo_transcode_10.mp4",
            "out/demo_transcode_210.m3u8",
            "out/demo_transcode_210_0.ts",
            "out/demo_animatedGraphic_20000.gif"
        ]
    );
}

#[test]
fn workflow_success_modern() {
    let found = workflow(
        "trigger-workflow-success-modern.json",
        Profile::Modern,
        &demo(),
        "session-context: order-42\n\
         tasks:\n\
         - transcode: { definition: 100010 }\n\
         - transcode: { definition: 100210 }\n\
         - animated: { start: 0, end: 3 }\n\
         - snapshot-by-time: { times: [0, 2.5s] }\n\
         - sampled: {}\n\
         - sprite: {}\n\
         - adaptive: {}\n",
    );
    let adaptive: Vec<_> = keys(&found)
        .into_iter()
        .filter(|key| key.contains("adaptive"))
        .collect();
    assert_eq!(adaptive.len(), 1 + 2 * 3, "240p, 480p and 720p");
    assert_eq!(adaptive[0], "out/demo_adaptiveDynamicStreaming_10.m3u8");
    assert_eq!(adaptive[6], "out/demo_adaptiveDynamicStreaming_10_2_0.ts");
    for output in &found.outputs {
        let expected = ("x-cos-meta-mps-task-id".to_owned(), found.task_id.clone());
        assert_eq!(output.metadata, [expected]);
        assert_eq!(output.bucket, "media-out-1250000000");
    }
}

/// The animated picture fails by itself; the transcode fails because it was planned to.
#[test]
fn workflow_partial_fail_legacy() {
    let found = workflow(
        "trigger-workflow-partial-fail-legacy.json",
        Profile::Legacy,
        &demo(),
        "tasks:\n\
         - transcode: { definition: 10 }\n\
         - transcode: { definition: 20 }\n\
         - animated: { start: 0, end: 600 }\n\
         - snapshot-by-time: {}\n\
         - sprite: {}\n\
         failures: [ { task: 2, code: InternalError } ]\n",
    );
    assert_eq!(found.err_code, 0, "the task as a whole went well");
}

#[test]
fn workflow_partial_fail_modern() {
    let found = workflow(
        "trigger-workflow-partial-fail-modern.json",
        Profile::Modern,
        &demo(),
        "tasks:\n\
         - transcode: { definition: 100010 }\n\
         - transcode: { definition: 100020 }\n\
         - animated: { start: 0, end: 600 }\n\
         - snapshot-by-time: { times: [0] }\n\
         - sprite: {}\n\
         failures: [ { kind: transcode, definition: 100020, code: InternalError } ]\n",
    );
    assert_eq!(
        keys(&found),
        [
            "out/demo_transcode_100010.mp4",
            "out/demo_snapshotByTimeOffset_10_0.jpg",
            "out/demo_imageSprite_10_0.jpg",
            "out/demo_imageSprite_10.vtt"
        ],
        "what failed leaves nothing"
    );
}

#[test]
fn workflow_source_error_modern() {
    let broken = SourceObject {
        key: "in/broken.mp4".into(),
        size: 512,
        ..demo()
    };
    let found = workflow(
        "trigger-workflow-source-error-modern.json",
        Profile::Modern,
        &broken,
        "tasks: [ { transcode: { definition: 100010 } }, { snapshot-by-time: { times: [0] } } ]",
    );
    assert_eq!(found.err_code, 60000);
    assert!(found.outputs.is_empty());
}

#[test]
fn workflow_processing_modern() {
    let found = workflow_in(
        State::Processing { ended: 1 },
        "trigger-workflow-processing-modern.json",
        Profile::Modern,
        &demo(),
        "tasks: [ { transcode: { definition: 100010 } }, { transcode: { definition: 100020 } } ]",
    );
    assert_eq!(keys(&found), ["out/demo_transcode_100010.mp4"]);
}

#[test]
fn ai_review_modern() {
    let found = workflow(
        "trigger-workflow-ai-review-modern.json",
        Profile::Modern,
        &demo(),
        "tasks: []\n\
         ai:\n\
         \x20 review:\n\
         \x20   definition: 20\n\
         \x20   suggestions:\n\
         \x20     { Porn: block, Political: review, Political.Asr: review, Terrorism.Ocr: review }\n\
         \x20   failures: [ { type: Prohibited.Ocr, code: InternalError } ]\n",
    );
    let pictures = [0, 1, 2, 3].map(|number| format!("review/demo_{number}.jpg"));
    assert_eq!(keys(&found), pictures);
}

#[test]
fn ai_analysis_modern() {
    let found = workflow(
        "trigger-workflow-ai-analysis-modern.json",
        Profile::Modern,
        &demo(),
        "tasks: []\n\
         ai:\n\
         \x20 analysis:\n\
         \x20   definition: 20\n\
         \x20   types: [ Classification, Cover, Tag, FrameTag, Highlight, Description ]\n\
         \x20   failures: [ { type: Description, code: SourceFileError } ]\n",
    );
    assert_eq!(
        found.outputs.len(),
        3 + 2,
        "covers, and a highlight with its cover"
    );
}

#[test]
fn ai_recognition_modern() {
    let found = workflow(
        "trigger-workflow-ai-recognition-modern.json",
        Profile::Modern,
        &demo(),
        "tasks: []\n\
         ai:\n\
         \x20 recognition:\n\
         \x20   types: [ FaceRecognition, AsrWordsRecognition, AsrFullTextRecognition, OcrWordsRecognition,\n\
         \x20            OcrFullTextRecognition, TransTextRecognition, ObjectRecognition ]\n\
         \x20   failures: [ { type: ObjectRecognition, code: InternalError } ]\n",
    );
    assert_eq!(keys(&found), ["out/demo_asr.vtt", "out/demo_trans.vtt"]);
}

#[test]
fn schedule_success_modern() {
    let sample = vector("callback-schedule-success-modern.json");
    let request = WorkflowRequest {
        source: Some(Source::from(demo())),
        output_bucket: Some("media-out-1250000000".into()),
        output_dir: Some("/out/".into()),
        ..serde_saphyr::from_str("tasks: [ { transcode: {} }, { sampled: {} } ]").unwrap()
    };
    let found = schedule_event::in_state(
        State::Finished,
        &request,
        Some(&demo()),
        stamp(&sample, "ScheduleTaskEvent"),
        Profile::Modern,
        &Switches::default(),
        &Templates::default(),
    );
    assert_same(&found, &sample);
    assert_eq!(keys(&found).len(), 1 + 10);
}

const CLIP: &str = "{ files: [ { start: 2, end: 8 } ], output-path: /clip_result/clip_demo.mp4 }";

#[test]
fn edit_success() {
    edit(
        "trigger-edit-success-legacy.json",
        Profile::Legacy,
        &[demo()],
        CLIP,
    );
    let found = edit(
        "trigger-edit-success-modern.json",
        Profile::Modern,
        &[demo()],
        CLIP,
    );
    assert_eq!(keys(&found), ["clip_result/clip_demo.mp4"]);
}

#[test]
fn edit_fail() {
    let planned = "{ files: [ { start: 2, end: 8 } ], failure: { code: InternalError } }";
    edit(
        "trigger-edit-fail-legacy.json",
        Profile::Legacy,
        &[demo()],
        planned,
    );
    let beyond_the_end = "{ files: [ { start: 500, end: 900 } ] }";
    let found = edit(
        "trigger-edit-fail-modern.json",
        Profile::Modern,
        &[demo()],
        beyond_the_end,
    );
    assert_eq!(found.err_code, 40000);
    assert!(found.outputs.is_empty());
}

#[test]
fn edit_splice() {
    edit(
        "trigger-edit-splice-success-modern.json",
        Profile::Modern,
        &[demo(), second()],
        "files: [ { start: 0, end: 5 }, { start: 1, end: 4 } ]\n\
         output-path: /clip_result/joined.mp4\n\
         session-id: job-0001\n\
         session-context: '{\"jobId\":1}'\n",
    );
}
