//! The envelope of the Cloud API over real sockets, with a service that echoes what it was asked.

use std::fmt::Write as _;
use std::sync::Arc;

use backlot::base::clock::Clock;
use backlot::base::json::{Object, Value as Tree};
use backlot::base::seed::Seed;
use backlot::context::Context;
use backlot::fault::NoFaults;
use backlot::http::auth::{Acting, Credentials, Keyring, Principal, tc3, v1};
use backlot::http::cloud_api::{
    Action, ApiCall, ApiError, ApiResult, ApiService, CloudApi, at_once,
};
use backlot::http::{Query, Request, Server};
use backlot::journal::{HttpRecord, Journal, Lane, NoticeRecord, What};
use hyper::HeaderMap;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{answer, loopback, within};

/// A service that repeats its calls.
#[derive(Debug)]
struct Echo(&'static str, &'static str);

impl ApiService for Echo {
    fn name(&self) -> &'static str {
        self.0
    }

    fn version(&self) -> &'static str {
        self.1
    }

    fn actions() -> &'static [Action<Self>] {
        const ACTIONS: &[Action<Echo>] = &[
            Action::supported("Echo", |_, call| at_once(Ok(repeated(call)))),
            Action::supported("Fail", |echo, _| Box::pin(echo.fail())),
            Action::unsupported("Absent"),
        ];
        ACTIONS
    }
}

impl Echo {
    async fn fail(&self) -> ApiResult {
        tokio::task::yield_now().await;
        Err(ApiError::new("ResourceNotFound.Thing", "no \"thing\""))
    }
}

fn repeated(call: ApiCall) -> Tree {
    let answer = Object::new()
        .with("Service", call.service)
        .with("Region", call.region)
        .with("Language", call.language)
        .with("Parameters", call.parameters)
        .with("Caller", call.principal.name)
        .with("SecretId", call.secret_id);
    answer.into()
}

struct Api {
    server: Server,
    journal: Journal,
    owner: Principal,
    credentials: Credentials,
}

/// What a client is about to send.
struct Call {
    host: String,
    method: &'static str,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    service: &'static str,
    is_signed: bool,
}

impl Call {
    fn new(action: &str, body: &str) -> Self {
        let now = Clock::real().client_now().as_second();
        let headers = [
            ("Content-Type", "application/json"),
            ("X-TC-Action", action),
            ("X-TC-Version", "2019-06-12"),
            ("X-TC-Timestamp", &now.to_string()),
        ];
        Self {
            host: "mps.tencentcloudapi.com".to_owned(),
            method: "POST",
            query: String::new(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            body: body.into(),
            service: "mps",
            is_signed: true,
        }
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(found, _)| found != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(found, _)| found != name);
        self
    }

    fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    fn unsigned(mut self) -> Self {
        self.is_signed = false;
        self
    }

    fn signed_with(&self, credentials: &Credentials) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name: hyper::header::HeaderName = name.parse().unwrap();
            headers.insert(name, value.parse().unwrap());
        }
        let timestamp = headers.get("x-tc-timestamp");
        let timestamp = timestamp.map_or(0, |value| value.to_str().unwrap().parse().unwrap_or(0));
        let signed = tc3::Signed {
            method: self.method,
            hosts: &[&self.host],
            query: &self.query,
            headers: &headers,
            body: &self.body,
            service: None,
        };
        tc3::sign(&signed, &[], credentials, self.service, timestamp)
    }
}

impl Api {
    async fn open() -> Self {
        Self::with(|api| api).await
    }

    async fn with(change: impl FnOnce(CloudApi) -> CloudApi) -> Self {
        let clock = Clock::real();
        let journal = Journal::new(&clock);
        let context = Context {
            journal: journal.clone(),
            clock: clock.clone(),
            seed: Seed(7),
            faults: Arc::new(NoFaults),
        };
        let keyring = Keyring::default();
        let credentials = Credentials {
            secret_id: "AKIDOWNER".to_owned(),
            secret_key: "unmistakable".to_owned(),
            token: None,
        };
        let owner = Principal::new("owner", None);
        keyring.issue(credentials.clone(), owner.clone());
        let api = CloudApi::new(&context, keyring)
            .with(Echo("mps", "2019-06-12"))
            .with(Echo("scf", "2018-04-16"));
        let api = Arc::new(change(api));
        let serve = move |request: Request| {
            let api = Arc::clone(&api);
            async move { api.serve(request).await }
        };
        let server = Server::start(&clock, loopback(), serve).await.unwrap();
        Self {
            server,
            journal,
            owner,
            credentials,
        }
    }

    async fn raw(&self, head: &str, body: &[u8]) -> Value {
        let mut stream = TcpStream::connect(self.server.address()).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let (head, body) = answer(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(
            head.contains("\r\nContent-Type: application/json\r\n"),
            "{head}"
        );
        let mut answer: Value = serde_json::from_str(&body).unwrap();
        let id = answer["Response"]["RequestId"].as_str().unwrap();
        assert_eq!(id.len(), 36, "{id}");
        answer["Response"].take()
    }

    async fn call(&self, call: &Call) -> Value {
        let Call {
            host,
            method,
            query,
            headers,
            body,
            ..
        } = call;
        let mut head =
            format!("{method} /?{query} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        if call.is_signed {
            let signature = call.signed_with(&self.credentials);
            write!(head, "Authorization: {signature}\r\n").unwrap();
        }
        write!(head, "Content-Length: {}\r\n\r\n", body.len()).unwrap();
        self.raw(&head, body).await
    }

    async fn code(&self, call: &Call) -> String {
        let answer = self.call(call).await;
        let message = answer["Error"]["Message"].as_str();
        assert!(
            message.is_some_and(|message| !message.is_empty()),
            "{answer}"
        );
        answer["Error"]["Code"].as_str().unwrap().to_owned()
    }
}

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
async fn the_first_edition_is_taken_by_query_and_by_form() {
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

#[tokio::test]
async fn calls_are_written_down_where_their_caller_acts() {
    let api = Api::open().await;
    let lane = Lane::Invocation(3);
    api.owner.act(Acting { lane, attempt: 1 });
    for call in [
        Call::new("Echo", "{\"Secret\":1}"),
        Call::new("Fail", "{}"),
        Call::new("Absent", "{}"),
        Call::new("Echo", "{}").unsigned(),
        Call::new("Echo", "{}").host("vod.tencentcloudapi.com"),
    ] {
        api.call(&call).await;
    }
    let request = |lane, service: &str, action: &str, code: Option<&str>| {
        format!("{lane} {service} {action} {code:?}")
    };
    let gap = |lane, service: &str, action: &str| format!("{lane} unsupported {service} {action}");
    let stage = Lane::Stage;
    let expected = [
        request(lane, "mps", "Echo", None),
        request(lane, "mps", "Fail", Some("ResourceNotFound.Thing")),
        gap(lane, "mps", "Absent"),
        request(lane, "mps", "Absent", Some("UnsupportedOperation")),
        request(stage, "mps", "Echo", Some("MissingParameter")),
        gap(stage, "vod", "Echo"),
        request(stage, "vod", "Echo", Some("UnsupportedOperation")),
    ];
    let records = api.journal.appended().into_iter();
    let found: Vec<_> = records
        .map(|record| match record.what {
            What::Http(HttpRecord::ApiRequest {
                service,
                action,
                version,
                code,
                ..
            }) => {
                assert_eq!(version, "2019-06-12");
                request(record.lane, &service, &action, code.as_deref())
            }
            What::Notice(NoticeRecord::Unsupported {
                service, feature, ..
            }) => gap(record.lane, &service, &feature),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(found, expected);
    within(api.server.stop()).await;
}

#[tokio::test]
async fn unsigned_calls_are_taken_where_they_are_allowed() {
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
    assert_eq!(super::rest(&mut stream).await, "");
    within(api.server.stop()).await;
}
