//! Calls that wait for their outcome.

use std::time::Duration;

use backlot::scf::{Function, InProcess};
use bytes::Bytes;

use super::rig::{Rig, python, trouble};

#[tokio::test]
async fn the_caller_gets_the_answer_and_the_tail_of_the_log() {
    let rig = Rig::new([python("echo", &["echo.py"])]);
    let reply = rig.reply("echo", "[1]").await;
    rig.scf.stop().await;
    assert_eq!((reply.status.0, reply.invoke_result), (200, 0));
    assert_eq!(reply.ret_msg, "[1]");
    assert_eq!(reply.err_msg, "");
    let id = &reply.request_id;
    let expected = format!(
        "START RequestId: {id}\nEvent RequestId: {id}\ninitialized\nout 1\nerr 1\nno end\n\
         END RequestId: {id}\nReport RequestId: {id} Duration:0ms Memory:128MB MemUsage:0MB"
    );
    assert_eq!(reply.log, expected);
}

#[tokio::test]
async fn a_failure_is_an_outcome_and_is_not_retried() {
    let rig = Rig::new([Function {
        retry_num: 2,
        ..trouble("fails")
    }]);
    let reply = rig.reply("fails", "{}").await;
    rig.scf.stop().await;
    assert_eq!((reply.status.0, reply.invoke_result), (430, 1));
    assert_eq!(reply.err_msg, "user code exception caught");
    assert_eq!(rig.attempts(1).len(), 1);
}

#[tokio::test]
async fn a_timeout_does_not_block_on_the_hold_of_its_caller() {
    let rig = Rig::new([Function {
        timeout_after: Some(Duration::from_millis(50)),
        ..Function::in_process("slow", InProcess::handler(|_, _| std::future::pending()))
    }]);
    let called = rig.call("slow", "{}").await;
    assert!(called.hold.is_some());
    let reply = called.reply.unwrap();
    rig.scf.stop().await;
    assert_eq!((reply.status.0, reply.invoke_result), (433, -1));
    assert_eq!(reply.duration, Duration::from_secs(3));
}

#[tokio::test]
async fn six_megabytes_pass_and_one_byte_more_does_not() {
    let rig = Rig::new([Function::in_process(
        "sized",
        InProcess::handler(|_, event: Bytes| async move {
            let wanted: usize = std::str::from_utf8(&event).unwrap().trim().parse().unwrap();
            Ok(Bytes::from(vec![b'x'; wanted]))
        }),
    )]);
    let limit = 6 * 1024 * 1024;
    let reply = rig.reply("sized", limit.to_string()).await;
    assert_eq!((reply.status.0, reply.ret_msg.len()), (200, limit));
    let reply = rig.reply("sized", (limit + 1).to_string()).await;
    assert_eq!(reply.status.0, 407);
    let text = "The size of response exceeds the upper limit (6MB)";
    assert_eq!(reply.err_msg, text);
    let large = format!("1{}", " ".repeat(limit - 1));
    let reply = rig.reply("sized", large.clone()).await;
    assert_eq!(reply.status.0, 200);
    let refused = rig.call("sized", large + " ").await.reply.unwrap_err();
    assert_eq!(refused.status.0, 406);
    rig.scf.stop().await;
    assert_eq!(rig.instances().len(), 1, "it is kept");
}
