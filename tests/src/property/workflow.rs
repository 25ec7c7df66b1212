//! Tasks of MPS: what a request asks for is planned, and the event about it is JSON.

use backlot::base::json::Value;
use backlot::mps::request::{EditRequest, WorkflowRequest};
use backlot::mps::{Mps, Settings};
use backlot::signal::{OutputObject, SourceObject};

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
    let context = rig::context();
    let created = context.clock.now();
    let mut mps = Mps::new(context.clone(), Settings::default());
    let found = (kind & 2 == 0).then_some(source);
    let planned = if kind & 1 == 0 {
        let Ok(request) = serde_saphyr::from_str::<WorkflowRequest>(text) else {
            return;
        };
        mps.plan_workflow(&request, found.as_ref(), created)
    } else {
        let Ok(request) = serde_saphyr::from_str::<EditRequest>(text) else {
            return;
        };
        let sources = vec![found; request.files.len()];
        mps.plan_edit(&request, &sources, created)
    };
    let Ok(planned) = planned else { return };
    assert!(
        planned.outputs().len() < MANY,
        "{} outputs",
        planned.outputs().len()
    );
    for OutputObject { metadata, .. } in planned.outputs() {
        assert_eq!(metadata.len(), 1, "an output names its task");
    }
    let finished = planned.finish(context.clock.hold("a task"));
    let event = std::str::from_utf8(&finished.event).expect("an event is text");
    let event = Value::parse(event).unwrap_or_else(|error| panic!("{error}: {event}"));
    let id = event.as_object().and_then(|members| {
        let mut members = members.iter();
        members.find_map(|(_, value)| value.get("TaskId").and_then(Value::as_str))
    });
    assert_eq!(id, Some(&*finished.task_id));
}
