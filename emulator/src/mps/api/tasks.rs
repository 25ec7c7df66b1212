//! `DescribeTasks`, `DescribeTaskDetail` and `ManageTask`: what has become of tasks. Follows: mps.md section 11.1.

use jiff::Timestamp;

use crate::mps::Mps;
use crate::mps::tasks::{
    AbortRefused, Entry, KEPT_HOURS, Query, Row, Status, TableError, unfinished, written,
};
use backlot_base::json::{Object, Value};
use backlot_http::cloud_api::{ApiCall, ApiError, ApiResult, Parameter, Parameters};

const STATUSES: [(&str, Status); 3] = [
    ("WAITING", Status::Waiting),
    ("PROCESSING", Status::Processing),
    ("FINISH", Status::Finish),
];

/// Lists tasks of one status, by their time of creation.
///
/// Choice: `StartTime` and `EndTime` are about that time, and both are included; `SubTaskHasFailed` picks the tasks of which it
/// is true.
pub(super) fn describe_tasks(mps: &Mps, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let status = parameters.required("Status", |status| status.one_of(&STATUSES))?;
    let has_failed = parameters.optional("SubTaskHasFailed", Parameter::boolean)?;
    let limit = parameters.optional("Limit", |limit| {
        let code = "InvalidParameterValue.Limit";
        let limit = limit.integer_in(1..=100);
        limit.map_err(|error| error.with_code(code))
    })?;
    let now = mps.context().clock.now();
    let kept = jiff::SignedDuration::from_hours(KEPT_HOURS);
    let oldest = now.saturating_sub(kept).unwrap_or(Timestamp::MIN);
    let since = parameters
        .optional("StartTime", |at| time(&at))?
        .unwrap_or(oldest);
    let until = parameters.optional("EndTime", |at| time(&at))?;
    let table = mps.table();
    let from = parameters.optional("ScrollToken", |token| {
        let text = token.clone().text()?;
        if text.is_empty() {
            return Ok(None);
        }
        let row = table.find(text).map_err(|error| failed(&error))?;
        let row = row.ok_or_else(|| token.invalid("is no token of an earlier page"))?;
        Ok::<_, ApiError>(Some((row.row.created, row.row.number)))
    })?;
    let page = table.page(&Query {
        status,
        has_failed,
        since: since.max(oldest),
        until: until.unwrap_or(Timestamp::MAX),
        from: from.flatten(),
        limit: limit.and_then(|limit| limit.try_into().ok()).unwrap_or(10),
    });
    let page = page.map_err(|error| failed(&error))?;
    let tasks: Value = page.rows.iter().map(simple).collect();
    Ok(Object::new()
        .with("TaskSet", tasks)
        .with("ScrollToken", page.next.unwrap_or_default())
        .with("TotalCount", page.total)
        .into())
}

/// `TaskSimpleInfo`.
fn simple(row: &Row) -> Object {
    let kinds: Value = row.sub_tasks.iter().map(String::as_str).collect();
    Object::new()
        .with("TaskId", row.id.as_str())
        .with("TaskType", row.kind.as_str())
        .with("CreateTime", written(Some(row.created)))
        .with("BeginProcessTime", written(row.began))
        .with("FinishTime", written(row.finished))
        .with("SubTaskTypes", kinds)
}

/// Tells all of one task.
pub(super) fn describe_task_detail(mps: &Mps, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let id = parameters.required("TaskId", Parameter::filled_text)?;
    let found = mps.table().find(id).map_err(|error| failed(&error))?;
    let Some(entry) = found else {
        let message =
            format!("The task `{id}` does not exist, or was created more than 7 days ago.");
        return Err(ApiError::new("ResourceNotFound", message));
    };
    let mut body = Some(body(mps, &entry)?);
    let kind = entry.row.kind.as_str();
    let mut of = |wanted: &str| Value::from(body.take_if(|_| kind == wanted));
    let row = &entry.row;
    Ok(Object::new()
        .with("TaskType", kind)
        .with("Status", row.status.as_str())
        .with("CreateTime", written(Some(row.created)))
        .with("BeginProcessTime", written(row.began))
        .with("FinishTime", written(row.finished))
        .with("EditMediaTask", of("EditMediaTask"))
        .with("WorkflowTask", of("WorkflowTask"))
        .with("LiveStreamProcessTask", Value::Null)
        .with("TaskNotifyConfig", notify(&entry)?)
        .with("TasksPriority", entry.priority)
        .with("SessionId", entry.session_id.as_str())
        .with("SessionContext", entry.session_context.as_str())
        .with("ExtInfo", "")
        .with("ScheduleTask", of("ScheduleTask"))
        .with("LiveScheduleTask", Value::Null)
        .into())
}

fn body(mps: &Mps, entry: &Entry) -> Result<Value, ApiError> {
    let id = &entry.row.id;
    match (&entry.detail, &entry.job) {
        (Some(detail), _) => Value::parse(detail).map_err(|error| damaged(id, &error)),
        (None, Some(job)) => {
            let job = serde_json::from_str(job).map_err(|error| damaged(id, &error))?;
            Ok(unfinished(entry, &job, &mps.definitions().templates()))
        }
        (None, None) => Ok(Value::Null),
    }
}

/// Choice: the key that signs callbacks is a secret, and not shown.
fn notify(entry: &Entry) -> Result<Value, ApiError> {
    let Some(text) = &entry.notify else {
        return Ok(Value::Null);
    };
    let sent = Value::parse(text).map_err(|error| damaged(&entry.row.id, &error))?;
    let text = |name: &str| sent.get(name).cloned().unwrap_or_else(|| Value::from(""));
    let texts = [
        "NotifyType",
        "NotifyMode",
        "NotifyUrl",
        "CmqModel",
        "CmqRegion",
        "TopicName",
        "QueueName",
    ];
    let config = texts
        .iter()
        .fold(Object::new(), |config, name| config.with(name, text(name)));
    Ok(config.with("AwsSQS", Value::Null).into())
}

/// Aborts a task that waits.
///
/// Choice: a task that has finished or is processed is no longer waiting, and the code of both is `NotProcessingTask`.
pub(super) async fn manage_task(mps: &Mps, call: ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    parameters.required("OperationType", |kind| {
        let code = "InvalidParameterValue.InvalidOperationType";
        let kind = kind.one_of(&[("Abort", ())]);
        kind.map_err(|error| error.with_code(code))
    })?;
    let id = parameters.required("TaskId", Parameter::filled_text)?;
    match mps.abort(id, &call.hold).await {
        Ok(()) => Ok(Value::Null),
        Err(refused) => {
            let code = match &refused {
                AbortRefused::Unknown(_) => "InvalidParameterValue.TaskId",
                AbortRefused::NotWaiting { .. } => "InvalidParameterValue.NotProcessingTask",
                AbortRefused::Failed(_) => "InternalError",
            };
            Err(ApiError::sentence(code, &refused))
        }
    }
}

/// A time such as `2024-01-01T00:00:00Z` or `2024-01-01T08:00:00+08:00`.
fn time(time: &Parameter<'_>) -> Result<Timestamp, ApiError> {
    let text = time.clone().text()?;
    let parsed = text.parse();
    parsed.map_err(|_| {
        let rule = "must be a time in ISO 8601, such as `2024-01-01T00:00:00Z`";
        time.invalid(rule).into()
    })
}

fn failed(error: &TableError) -> ApiError {
    ApiError::sentence("InternalError", error)
}

fn damaged(id: &str, why: &impl std::fmt::Display) -> ApiError {
    let message = format!("The task `{id}` in the table of tasks is damaged: {why}.");
    ApiError::new("InternalError", message)
}
