//! `GetFunctionEventInvokeConfig` and `UpdateFunctionEventInvokeConfig`. Follows: SCF reference, sections 10 and 15.2.

use backlot::scf::{Function, InProcess};
use bytes::Bytes;
use serde_json::{Value, json};

use super::rig::Rig;

fn failing() -> Function {
    let code = InProcess::handler(|_, _| async { Err("Traceback".to_owned()) });
    Function::in_process("fails", code)
}

fn config(config: &Value) -> Value {
    json!({"FunctionName": "fails", "AsyncTriggerConfig": config})
}

#[tokio::test]
async fn a_change_holds_for_the_next_events_and_keeps_the_instance() {
    let rig = Rig::new([failing()]);
    let before = rig
        .answer(
            "GetFunctionEventInvokeConfig",
            json!({"FunctionName": "fails"}),
        )
        .await;
    let expected = json!({"MsgTTL": 21_600, "RetryConfig": [{"RetryNum": 2}, {"RetryNum": -1}]});
    assert_eq!(before["AsyncTriggerConfig"], expected);
    let scenario = rig.clock.hold("the scenario");
    rig.queue("fails", Bytes::from_static(b"1"), &scenario)
        .unwrap();
    let changed = json!({"MsgTTL": 60, "RetryConfig": [{"RetryNum": 1}]});
    rig.answer("UpdateFunctionEventInvokeConfig", config(&changed))
        .await;
    rig.queue("fails", Bytes::from_static(b"2"), &scenario)
        .unwrap();
    rig.quiet(scenario).await;
    let starts = |number| {
        let attempts = rig.attempts(number);
        let starts = attempts.iter().map(|attempt| attempt.started);
        starts.collect::<Vec<_>>()
    };
    assert_eq!(starts(1), [0, 60, 120], "it keeps what it came with");
    assert_eq!(starts(2), [0, 60]);
    let after = rig
        .answer(
            "GetFunctionEventInvokeConfig",
            json!({"FunctionName": "fails"}),
        )
        .await;
    let expected = json!({"MsgTTL": 60, "RetryConfig": [{"RetryNum": 1}, {"RetryNum": -1}]});
    assert_eq!(after["AsyncTriggerConfig"], expected);
    assert_eq!(rig.instances().len(), 1);
    // What is left out stays, and what the getter returns can be sent back.
    let sent = json!({"RetryConfig": [{"RetryNum": 0}, {"RetryNum": -1}]});
    rig.answer("UpdateFunctionEventInvokeConfig", config(&sent))
        .await;
    let after = rig
        .answer(
            "GetFunctionEventInvokeConfig",
            json!({"FunctionName": "fails"}),
        )
        .await;
    assert_eq!(after["AsyncTriggerConfig"]["MsgTTL"], 60);
    // A reset brings back what is configured.
    rig.scf.reset().await;
    let after = rig
        .answer(
            "GetFunctionEventInvokeConfig",
            json!({"FunctionName": "fails"}),
        )
        .await;
    assert_eq!(after["AsyncTriggerConfig"]["MsgTTL"], 21_600);
    rig.scf.stop().await;
}

#[tokio::test]
async fn values_beyond_the_limits_have_the_documented_codes() {
    let rig = Rig::new([failing()]);
    let malformed = "InvalidParameterValue.AsyncTriggerConfig";
    let cases = [
        (json!({"FunctionName": "fails"}), "MissingParameter"),
        (
            json!({"FunctionName": "other", "AsyncTriggerConfig": {}}),
            "ResourceNotFound.Function",
        ),
        (config(&json!(7)), malformed),
        (config(&json!({"MsgTTL": 59})), "LimitExceeded.MsgTTL"),
        (config(&json!({"MsgTTL": 21_601})), "LimitExceeded.MsgTTL"),
        (config(&json!({"MsgTTL": "long"})), malformed),
        (
            config(&json!({"RetryConfig": [{"RetryNum": 3}]})),
            "LimitExceeded.RetryNum",
        ),
        (
            config(&json!({"RetryConfig": [{"RetryNum": -1}]})),
            "LimitExceeded.RetryNum",
        ),
        (
            config(&json!({"RetryConfig": [{"RetryNum": 1}, {"RetryNum": 1}]})),
            malformed,
        ),
        (config(&json!({"RetryConfig": [{}]})), malformed),
    ];
    for (parameters, code) in cases {
        let found = rig
            .code("UpdateFunctionEventInvokeConfig", parameters.clone())
            .await;
        assert_eq!(found, code, "{parameters}");
    }
    rig.scf.stop().await;
}
