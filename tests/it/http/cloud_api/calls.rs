//! How a call finds its service, and who may call.

use backlot::http::auth::Principal;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::super::{rest, within};
use super::{Api, Call};

#[tokio::test]
async fn a_signed_json_call_reaches_its_service() {
    let api = Api::open().await;
    let call =
        Call::new("Echo", r#"{"B": [1, 2.50], "A": "é"}"#).header("X-TC-Region", "ap-beijing");
    let mut answer = api.call(&call).await;
    let id = answer["RequestId"].take();
    assert_eq!(
        answer,
        json!({
            "Service": "mps",
            "Region": "ap-beijing",
            "Language": "zh-CN",
            "Parameters": {"A": "é", "B": [1, 2.5]},
            "Caller": "owner",
            "SecretId": "AKIDOWNER",
            "RequestId": null,
        })
    );
    let next = api.call(&call).await;
    assert_ne!(next["RequestId"], id);
    within(api.server.stop()).await;
    // The same seed and the same order make the same ids.
    let again = Api::open().await;
    assert_eq!(again.call(&call).await["RequestId"], id);
    within(again.server.stop()).await;
}

#[tokio::test]
async fn services_are_found_by_host_scope_action_and_version() {
    let api = Api::open().await;
    let scf = |host: &str| {
        let mut call = Call::new("Echo", "")
            .header("X-TC-Version", "2018-04-16")
            .host(host);
        call.service = "scf";
        call
    };
    let answer = api.call(&scf("scf.ap-shanghai.tencentcloudapi.com")).await;
    assert_eq!(answer["Service"], "scf");
    assert_eq!(answer["Region"], "ap-shanghai");
    let answer = api.call(&scf("127.0.0.1:9100")).await;
    assert_eq!(answer["Service"], "scf");
    // A client that takes the first label of its endpoint for the service.
    let mut odd = scf("127.0.0.1:9100");
    odd.service = "127";
    assert_eq!(api.call(&odd).await["Service"], "scf");
    within(api.server.stop()).await;
}

#[tokio::test]
async fn unsigned_calls_are_accepted_where_they_are_allowed() {
    let api = Api::with(|api| api.allowing_unsigned(Principal::new("anybody", None))).await;
    let call = Call::new("Echo", "{}")
        .unsigned()
        .header("Authorization", "SKIP");
    let answer = api.call(&call).await;
    assert_eq!(answer["Caller"], "anybody");
    assert_eq!(answer["SecretId"], Value::Null);
    let wrong = Call::new("Echo", "{}")
        .unsigned()
        .header("Authorization", "SKIPPED");
    assert_eq!(api.code(&wrong).await, "AuthFailure.SignatureFailure");
    within(api.server.stop()).await;
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_gets_no_answer() {
    let api = Api::open().await;
    let mut stream = TcpStream::connect(api.server.address()).await.unwrap();
    let head = "POST / HTTP/1.1\r\nHost: mps.tencentcloudapi.com\r\nContent-Type: application/json\r\n\
                X-TC-Action: Echo\r\nContent-Length: 10\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(rest(&mut stream).await, "");
    within(api.server.stop()).await;
}
