//! The forms of a call: JSON, query, form and multipart, in both editions of the signature.

use backlot::base::clock::Clock;
use backlot::http::Query;
use backlot::http::auth::v1;
use serde_json::{Value, json};

use super::super::within;
use super::{Api, Call};

#[tokio::test]
async fn a_port_in_the_host_may_be_signed_or_not() {
    let api = Api::open().await;
    let mut call = Call::new("Echo", "{}").host("127.0.0.1:9100");
    assert_eq!(api.call(&call).await["Caller"], "owner");
    let authorization = Call::new("Echo", "{}")
        .host("127.0.0.1")
        .signed_with(&api.credentials);
    call = call.unsigned().header("Authorization", &authorization);
    assert_eq!(api.call(&call).await["Caller"], "owner");
    within(api.server.stop()).await;
}

#[tokio::test]
async fn flattened_parameters_become_structures() {
    let api = Api::open().await;
    let mut call =
        Call::new("Echo", "").header("Content-Type", "application/x-www-form-urlencoded");
    call.method = "GET";
    "Limit=10&Filters.0.Name=a+b&Filters.0.Values.0=%2Fx&Status=%E4%BB%BB"
        .clone_into(&mut call.query);
    let answer = api.call(&call).await;
    assert_eq!(
        answer["Parameters"],
        json!({"Limit": "10", "Filters": [{"Name": "a b", "Values": ["/x"]}], "Status": "任"})
    );
    within(api.server.stop()).await;
}

#[tokio::test]
async fn multipart_parameters_are_read() {
    let api = Api::open().await;
    let body = "--Xy\r\nContent-Disposition: form-data; name=\"Name\"\r\n\r\nvalue\r\n--Xy\r\n\
                Content-Disposition: form-data; name=\"Data\"; filename=\"f\"\r\n\r\nbytes\r\n--Xy--\r\n";
    let call = Call::new("Echo", body).header("Content-Type", "multipart/form-data; boundary=Xy");
    let answer = api.call(&call).await;
    assert_eq!(
        answer["Parameters"],
        json!({"Name": "value", "Data": "bytes"})
    );
    // The SDKs that sign lower-cased values sign the boundary so, too.
    let lower = Call::new("Echo", body).header("Content-Type", "multipart/form-data; boundary=xy");
    let authorization = lower.signed_with(&api.credentials);
    let call = call.unsigned().header("Authorization", &authorization);
    let answer = api.call(&call).await;
    assert_eq!(answer["Caller"], "owner");
    within(api.server.stop()).await;
}

/// A request of the first edition, in the query for GET and as a form for POST.
async fn first_edition(api: &Api, method: &str, parameters: &str) -> Value {
    let host = "scf.tencentcloudapi.com";
    let signed = v1::Signed {
        method,
        hosts: &[host],
        parameters: &Query::parse(parameters),
    };
    let signature = v1::sign(&signed, &api.credentials.secret_key).unwrap();
    let signature = signature.replace('+', "%2B");
    let all = format!("{parameters}&Signature={signature}");
    let (query, body) = if method == "GET" {
        (&all[..], "")
    } else {
        ("", &all[..])
    };
    let head = format!(
        "{method} /?{query} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    api.raw(&head, body.as_bytes()).await
}

#[tokio::test]
async fn the_first_edition_is_accepted_as_query_and_as_form() {
    let api = Api::open().await;
    let now = Clock::real().client_now().as_second();
    let parameters = format!(
        "Name=a%20b&Action=Echo&Version=2018-04-16&Timestamp={now}&Nonce=1&SecretId=AKIDOWNER&Language=en-US&L.0=1"
    );
    for method in ["GET", "POST"] {
        for kind in [
            "",
            "&SignatureMethod=HmacSHA1",
            "&SignatureMethod=HmacSHA256",
        ] {
            let answer = first_edition(&api, method, &format!("{parameters}{kind}")).await;
            assert_eq!(answer["Service"], "scf", "{method} {kind}: {answer}");
            assert_eq!(answer["Language"], "en-US");
            assert_eq!(answer["Parameters"], json!({"Name": "a b", "L": ["1"]}));
        }
    }
    for (old, new, code) in [
        ("Action=Echo", "Action=Nothing", "InvalidAction"),
        ("&Version=2018-04-16", "", "MissingParameter"),
        ("&Nonce=1", "", "MissingParameter"),
        ("L.0=1", "L.1=1", "InvalidParameter"),
        ("AKIDOWNER", "AKIDOTHER", "AuthFailure.SecretIdNotFound"),
        (
            &format!("{now}"),
            "1700000000",
            "AuthFailure.SignatureExpire",
        ),
        ("L.0=1", "Token=x", "AuthFailure.TokenFailure"),
    ] {
        let changed = parameters.replace(old, new);
        let answer = first_edition(&api, "POST", &changed).await;
        assert_eq!(answer["Error"]["Code"], code, "{new}: {answer}");
    }
    within(api.server.stop()).await;
}
