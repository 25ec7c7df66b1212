//! What SCF writes into a dead-letter queue when it gives an event up.
//!
//! Follows: SCF reference, section 10.3.

use bytes::Bytes;
use serde::Serialize;

use super::account::Account;
use super::function::Function;
use super::invocation::Invocation;
use super::local_time;
use super::outcome::AttemptOutcome;

/// A message in a dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The queue's name.
    pub queue: String,
    /// The number of the invocation that was given up.
    pub invocation: u32,
    /// The message, one JSON object.
    pub message: Bytes,
}

/// The members in the order in which SCF writes them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Written<'a> {
    request_id: &'a str,
    error_code: i64,
    error_message: &'a str,
    body: Body<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    app_id: u64,
    uin: &'a str,
    sub_account_uin: &'a str,
    request_source: &'a str,
    function_name: &'a str,
    namespace: &'a str,
    qualifier: &'a str,
    /// The documented message says this of an asynchronous event.
    invocation_type: &'a str,
    client_context: &'a str,
    log_type: &'a str,
    time_stamp_for_invoker: String,
    request_id: &'a str,
    push_time: String,
    retry_num: u8,
    ttl: u8,
}

/// The message about an invocation whose last attempt came to `outcome`, after `retries` counted retries.
///
/// Choice: `PushTime` and `TimeStampForInvoker` are the time at which the event entered the queue.
pub(super) fn message(
    account: &Account,
    function: &Function,
    invocation: &Invocation,
    outcome: &AttemptOutcome,
    retries: u8,
) -> Bytes {
    let stack = outcome.stack_trace.as_deref();
    let message = Written {
        request_id: &invocation.request_id,
        error_code: outcome.error_code,
        error_message: stack.unwrap_or(&outcome.message),
        body: Body {
            app_id: account.app_id,
            uin: &account.uin,
            sub_account_uin: &account.uin,
            request_source: &invocation.source,
            function_name: &function.name,
            namespace: &function.namespace,
            qualifier: "$DEFAULT",
            invocation_type: "RequestResponse",
            // Events of triggers are not checked to be text.
            client_context: &String::from_utf8_lossy(&invocation.event),
            log_type: "",
            time_stamp_for_invoker: invocation.queued.as_millisecond().to_string(),
            request_id: &invocation.request_id,
            push_time: local_time::nanoseconds(invocation.queued),
            retry_num: retries,
            ttl: 0,
        },
    };
    serde_json::to_vec(&message)
        .expect("a message is plain data")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_has_the_documented_members_in_order() {
        let account = Account {
            app_id: 1_250_000_000,
            uin: "100000000001".into(),
            region: "ap-guangzhou".into(),
        };
        let function = Function::folder("archive", "/");
        let invocation = Invocation {
            number: 1,
            request_id: "R".into(),
            source: "TRIGGER_TIMER".into(),
            event: Bytes::from_static(br#"{"a": 1.0}"#),
            queued: "2020-10-10T01:22:00.061824591Z".parse().unwrap(),
            start: backlot_base::signal::StartWanted::Any,
            rules: crate::scf::queue::RetryRules {
                retry_num: 2,
                msg_ttl: std::time::Duration::from_secs(21_600),
                pauses: crate::scf::queue::AsyncRetries::Current,
            },
            keeping: None,
            caller: None,
        };
        let outcome = AttemptOutcome::reported("R", b"Traceback");
        let message = message(&account, &function, &invocation, &outcome, 2);
        let expected = concat!(
            r#"{"RequestId":"R","ErrorCode":-1,"ErrorMessage":"Traceback","Body":{"AppId":1250000000,"#,
            r#""Uin":"100000000001","SubAccountUin":"100000000001","RequestSource":"TRIGGER_TIMER","#,
            r#""FunctionName":"archive","Namespace":"default","Qualifier":"$DEFAULT","#,
            r#""InvocationType":"RequestResponse","ClientContext":"{\"a\": 1.0}","LogType":"","#,
            r#""TimeStampForInvoker":"1602292920061","RequestId":"R","#,
            r#""PushTime":"2020-10-10T09:22:00.061824591+08:00","RetryNum":2,"Ttl":0}}"#,
        );
        assert_eq!(std::str::from_utf8(&message).unwrap(), expected);
        let invocation = Invocation {
            event: Bytes::from_static(b"\xff"),
            ..invocation
        };
        let message = super::message(&account, &function, &invocation, &outcome, 2);
        let message: serde_json::Value = serde_json::from_slice(&message).unwrap();
        assert_eq!(message["Body"]["ClientContext"], "\u{fffd}");
    }
}
