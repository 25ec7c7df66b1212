//! Notifications of MPS, in the shape of any year.
//!
//! The event names its type, and the member named after the type holds the task. Older events hold nothing else; newer
//! ones hold the members of the other types too, as nulls.
//!
//! Follows: MPS, "Envelopes" and "Payload profiles".

use super::View;

/// What MPS says about one task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// `WorkflowTask`, `EditMediaTask`, `ScheduleTask` …
    pub event_type: String,
    /// Opaque, never empty.
    pub task_id: String,
    /// `PROCESSING` or `FINISH`, as far as is known.
    pub status: Option<String>,
    /// The task's own error code; zero when all is well or when only a part of it failed.
    pub error_code: Option<i64>,
    /// What MPS says to it.
    pub message: Option<String>,
    /// Parts of the task that failed: the kind of part, and its code (`AnimatedGraphics 30010`).
    pub failures: Vec<String>,
}

/// Members that hold one entry for each part that was ordered. Follows: MPS, `WorkflowTask` and `ScheduleTask`.
const RESULT_SETS: [&str; 4] = [
    "MediaProcessResultSet",
    "AiContentReviewResultSet",
    "AiAnalysisResultSet",
    "AiRecognitionResultSet",
];

impl Notification {
    /// Reads the envelope; nothing, if this is no notification of a task.
    pub fn read(envelope: &View<'_>) -> Option<Self> {
        let event_type = envelope.text("EventType")?;
        let task = envelope.object(&member_of(&event_type))?;
        let task_id = task.text("TaskId").filter(|id| !id.is_empty())?;
        Some(Self {
            task_id,
            status: task.text("Status"),
            error_code: task.integer("ErrCode"),
            message: task.text("Message"),
            failures: failures(&task),
            event_type,
        })
    }
}

/// The type and the word `Event`, with one exception. Follows: MPS, "Envelopes", the member rule.
fn member_of(event_type: &str) -> String {
    match event_type {
        "ExtractBlindWatermark" => "ExtractBlindWatermarkTask".to_owned(),
        other => format!("{other}Event"),
    }
}

fn failures(task: &View<'_>) -> Vec<String> {
    let results = RESULT_SETS.iter().flat_map(|set| task.list(set));
    let of_results = results.flat_map(|result| failed_parts("Type", &result, &result));
    let activities = task.list("ActivityResultSet").into_iter();
    let of_activities = activities.flat_map(|activity| {
        let item = activity.object("ActivityResItem");
        item.map_or_else(Vec::new, |item| {
            failed_parts("ActivityType", &activity, &item)
        })
    });
    of_results.chain(of_activities).collect()
}

/// An entry says its kind beside members of all kinds, of which all but one are null or absent.
fn failed_parts(kind: &str, named: &View<'_>, holder: &View<'_>) -> Vec<String> {
    let kind = named.text(kind).unwrap_or_else(|| "unknown".to_owned());
    holder
        .objects()
        .filter(|part| part.text("Status").as_deref() == Some("FAIL"))
        .map(|part| match part.integer("ErrCode") {
            Some(code) => format!("{kind} {code}"),
            None => kind.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Event;
    use super::*;

    fn read(text: &str) -> Notification {
        match Event::classify(text.as_bytes()) {
            Event::Mps(notification) => notification,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_event_of_the_first_shape() {
        let notification = read(
            r#"{"EventType":"WorkflowTask","WorkflowTaskEvent":{"TaskId":"1-WorkflowTask-a","Status":"FINISH",
            "ErrCode":0,"Message":"","MediaProcessResultSet":[
              {"Type":"Transcode","TranscodeTask":{"Status":"SUCCESS","ErrCode":0},"AnimatedGraphicTask":null},
              {"Type":"AnimatedGraphics","TranscodeTask":null,"AnimatedGraphicTask":{"Status":"FAIL","ErrCode":30010}}
            ]}}"#,
        );
        assert_eq!(notification.task_id, "1-WorkflowTask-a");
        assert_eq!(notification.status.as_deref(), Some("FINISH"));
        assert_eq!(notification.error_code, Some(0));
        assert_eq!(notification.failures, ["AnimatedGraphics 30010"]);
    }

    #[test]
    fn members_of_other_types_are_passed_over() {
        let notification = read(
            r#"{"EventType":"EditMediaTask","WorkflowTaskEvent":null,"EditMediaTaskEvent":{"TaskId":"e",
            "Status":"FINISH","ErrCode":40000,"Message":"InvalidInput","Output":null},"SessionId":""}"#,
        );
        assert_eq!(notification.event_type, "EditMediaTask");
        assert_eq!(notification.error_code, Some(40000));
        assert!(notification.failures.is_empty());
    }

    #[test]
    fn schedules_name_their_failures_too() {
        let notification = read(
            r#"{"EventType":"ScheduleTask","ScheduleTaskEvent":{"TaskId":"s","ActivityResultSet":[
            {"ActivityType":"Transcode","ActivityResItem":{"TranscodeTask":{"Status":"FAIL","ErrCode":60000}}},
            {"ActivityType":"Dubbing","ActivityResItem":null}]}}"#,
        );
        assert_eq!(notification.failures, ["Transcode 60000"]);
    }

    #[test]
    fn the_exceptional_member_is_found() {
        let text =
            r#"{"EventType":"ExtractBlindWatermark","ExtractBlindWatermarkTask":{"TaskId":"x"}}"#;
        assert_eq!(read(text).status, None);
    }

    #[test]
    fn nulls_are_absences() {
        let text = r#"{"EventType":"WorkflowTask","WorkflowTaskEvent":{"TaskId":"t","Status":null,"ErrCode":null,
            "Message":null,"MediaProcessResultSet":null,"AiAnalysisResultSet":[null,{"Type":null}]}}"#;
        let notification = read(text);
        assert_eq!((notification.status, notification.error_code), (None, None));
    }
}
