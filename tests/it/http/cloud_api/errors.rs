//! The code of each mistake, and what an error tells.

use backlot::base::clock::Clock;
use backlot::http::auth::Credentials;
use serde_json::json;

use super::super::within;
use super::{Api, Call};

#[tokio::test]
async fn errors_of_a_service_arrive_as_they_are() {
    let api = Api::open().await;
    let answer = api.call(&Call::new("Fail", "{}")).await;
    assert_eq!(
        answer["Error"],
        json!({"Code": "ResourceNotFound.Thing", "Message": "no \"thing\""})
    );
    within(api.server.stop()).await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
async fn each_mistake_has_its_code() {
    let api = Api::open().await;
    let echo = || Call::new("Echo", "{}");
    let old = (Clock::real().client_now().as_second() - 400).to_string();
    let mut deleting = echo();
    deleting.method = "DELETE";
    let mut foreign = echo();
    foreign.service = "scf";
    let mut long = echo();
    long.method = "GET";
    long.query = format!("A={}", "x".repeat(32 * 1024));
    for (what, call, code) in [
        ("method", deleting, "UnsupportedProtocol"),
        (
            "type",
            echo().header("Content-Type", "text/plain"),
            "UnsupportedProtocol",
        ),
        (
            "no type",
            echo().without("Content-Type"),
            "UnsupportedProtocol",
        ),
        (
            "form",
            echo().header("Content-Type", "application/x-www-form-urlencoded"),
            "UnsupportedProtocol",
        ),
        ("body", Call::new("Echo", "{"), "InvalidParameter"),
        ("array", Call::new("Echo", "[]"), "InvalidParameter"),
        ("long query", long, "RequestSizeLimitExceeded"),
        (
            "no action",
            echo().without("X-TC-Action"),
            "MissingParameter",
        ),
        (
            "no version",
            echo().without("X-TC-Version"),
            "MissingParameter",
        ),
        (
            "no time",
            echo().without("X-TC-Timestamp"),
            "MissingParameter",
        ),
        ("no signature", echo().unsigned(), "MissingParameter"),
        (
            "unknown action",
            Call::new("Nothing", "{}"),
            "InvalidAction",
        ),
        (
            "unknown action, unsigned",
            Call::new("Nothing", "{}").unsigned(),
            "InvalidAction",
        ),
        (
            "version",
            echo().header("X-TC-Version", "2017-03-12"),
            "NoSuchVersion",
        ),
        (
            "absent action",
            Call::new("Absent", "{}"),
            "UnsupportedOperation",
        ),
        (
            "absent action, unsigned",
            Call::new("Absent", "{}").unsigned(),
            "MissingParameter",
        ),
        (
            "absent service",
            echo().host("vod.tencentcloudapi.com"),
            "UnsupportedOperation",
        ),
        (
            "old",
            echo().header("X-TC-Timestamp", &old),
            "AuthFailure.SignatureExpire",
        ),
        (
            "no number",
            echo().header("X-TC-Timestamp", "now"),
            "AuthFailure.SignatureFailure",
        ),
        (
            "token",
            echo().header("X-TC-Token", "x"),
            "AuthFailure.TokenFailure",
        ),
        ("scope", foreign, "AuthFailure.SignatureFailure"),
        (
            "skip",
            echo().unsigned().header("Authorization", "SKIP"),
            "AuthFailure.SignatureFailure",
        ),
    ] {
        assert_eq!(api.code(&call).await, code, "{what}");
    }
    for (secret_id, code) in [
        ("AKIDSTRANGER", "AuthFailure.SecretIdNotFound"),
        ("", "AuthFailure.InvalidSecretId"),
        ("with space", "AuthFailure.InvalidSecretId"),
    ] {
        let credentials = Credentials {
            secret_id: secret_id.to_owned(),
            ..api.credentials.clone()
        };
        let authorization = echo().signed_with(&credentials);
        let call = echo().unsigned().header("Authorization", &authorization);
        assert_eq!(api.code(&call).await, code, "{secret_id}");
    }
    within(api.server.stop()).await;
}

#[tokio::test]
async fn a_wrong_signature_is_explained_without_secrets() {
    let api = Api::open().await;
    let usual = Call::new("Echo", "{}");
    let authorization = usual.signed_with(&api.credentials);
    let call = usual
        .unsigned()
        .header("Authorization", &authorization)
        .host("127.0.0.1:9100");
    let answer = api.call(&call).await;
    let message = answer["Error"]["Message"].as_str().unwrap();
    assert!(
        message.starts_with("The provided credentials could not be validated."),
        "{message}"
    );
    assert!(
        message
            .contains("`host:mps.tencentcloudapi.com` where the request has `host:127.0.0.1:9100`"),
        "{message}"
    );
    assert!(!message.contains(&api.credentials.secret_key), "{message}");
    within(api.server.stop()).await;
}
