//! The runtime API as a function sees it.

use std::time::Duration;

use backlot::scf::{Embedded, Function, InProcess, RuntimeClient, RuntimeError};
use bytes::Bytes;
use hyper::{Method, StatusCode};

use super::rig::Rig;

/// A function without retries whose code is `code`.
fn function<F>(code: impl Fn(Embedded) -> F + Send + Sync + 'static) -> Function
where
    F: Future<Output = ()> + Send + 'static,
{
    Function {
        retry_num: 0,
        memory_mb: 256,
        ..Function::in_process("api", InProcess::new(code))
    }
}

#[tokio::test]
async fn next_before_ready_is_held_open_and_does_not_count_as_ready() {
    let rig = Rig::new([Function {
        init_timeout_after: Some(Duration::from_millis(100)),
        ..function(|embedded| async move {
            let mut client = RuntimeClient::connect(embedded.api).await.unwrap();
            client.next().await.map(drop).unwrap_err();
        })
    }]);
    assert_eq!(rig.reply("api", "{}").await.status.0, 450);
    rig.scf.stop().await;
}

#[tokio::test]
async fn other_paths_and_methods_are_refused() {
    let rig = Rig::new([function(|embedded| async move {
        let mut client = RuntimeClient::connect(embedded.api).await.unwrap();
        let mut statuses = Vec::new();
        for (method, path) in [
            (Method::GET, "/"),
            (Method::POST, "/2018-06-01/runtime/invocation/next"),
            (Method::POST, "/runtime/invocation/next"),
            (Method::GET, "/runtime/init/ready"),
            (Method::PUT, "/runtime/invocation/response"),
        ] {
            match client.ask(method, path, Bytes::new()).await {
                Err(RuntimeError::Refused(status)) => statuses.push(status),
                other => panic!("{other:?}"),
            }
        }
        let (gone, not_allowed) = (StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(
            statuses,
            [gone, gone, not_allowed, not_allowed, not_allowed]
        );
        client.ready().await.unwrap();
        client.next().await.unwrap();
        client.response("all as expected").await.unwrap();
    })]);
    assert_eq!(rig.reply("api", "{}").await.ret_msg, "all as expected");
    rig.scf.stop().await;
}
