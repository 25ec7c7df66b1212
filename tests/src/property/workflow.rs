//! Tasks of MPS: what a request asks for is planned, and the event about it is JSON.

use backlot::base::json::Value;
use backlot::mps::definitions::Templates;
use backlot::mps::notification::Stamp;
use backlot::mps::request::{EditRequest, WorkflowRequest};
use backlot::mps::switches::Switches;
use backlot::mps::{Job, OutputObject, Profile, SourceObject};

use super::input::Input;
use super::rig;

/// Outputs of one task at most: a request is a small file.
const MANY: usize = 100_000;

/// A byte for what it is, a line for the source's key, then the request in YAML.
pub(super) fn check(data: &[u8]) {
    let mut input = Input(data);
    let (kind, size) = (input.byte(), input.below(1 << 16));
    let key = input.text();
    let Ok(text) = std::str::from_utf8(input.0) else {
        return;
    };
    let source = SourceObject {
        bucket: "media-1250000000".to_owned(),
        region: "ap-guangzhou".to_owned(),
        key,
        size: (size as u64) << (kind >> 3),
        etag: "\"x\"".to_owned(),
        metadata: Vec::new(),
    };
    let found = (kind & 2 == 0).then_some(source);
    let job = if kind & 1 == 0 {
        let Ok(request) = serde_saphyr::from_str::<WorkflowRequest>(text) else {
            return;
        };
        Job::Workflow { request, found }
    } else {
        let Ok(request) = serde_saphyr::from_str::<EditRequest>(text) else {
            return;
        };
        let found = vec![found; request.files.len()];
        Job::Edit { request, found }
    };
    let profile = Profile::default();
    if job.check(job.profile().unwrap_or(profile)).is_err() {
        return;
    }
    let stamp = Stamp {
        task_id: "2600000001-WorkflowTask-0t0".to_owned(),
        timeline: job.timeline(rig::context().clock.now()),
    };
    let finished = job.notification(stamp, profile, &Switches::default(), &Templates::default());
    let outputs = finished.outputs.len();
    assert!(outputs < MANY, "{outputs} outputs");
    for OutputObject { metadata, .. } in &finished.outputs {
        assert_eq!(metadata.len(), 1, "an output names its task");
    }
    let event = finished.bytes();
    let event = std::str::from_utf8(&event).expect("an event is text");
    let event = Value::parse(event).unwrap_or_else(|error| panic!("{error}: {event}"));
    let id = event.as_object().and_then(|members| {
        let mut members = members.iter();
        members.find_map(|(_, value)| value.get("TaskId").and_then(Value::as_str))
    });
    assert_eq!(id, Some(&*finished.task_id));
}
