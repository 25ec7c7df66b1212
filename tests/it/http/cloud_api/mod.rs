//! The envelope of the Cloud API over real sockets, with a service that echoes its calls.

mod calls;
mod errors;
mod forms;
mod records;

use std::fmt::Write as _;
use std::sync::Arc;

use backlot::base::clock::Clock;
use backlot::base::json::{Object, Value as Tree};
use backlot::base::seed::Seed;
use backlot::context::Context;
use backlot::http::auth::{Credentials, Keyring, Principal, tc3};
use backlot::http::cloud_api::{
    Action, ApiCall, ApiError, ApiResult, ApiService, CloudApi, at_once,
};
use backlot::http::{Request, Server};
use backlot::journal::Journal;
use hyper::HeaderMap;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{answer, loopback};

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
        let context = Context::new(&clock, Seed(7));
        let journal = context.journal.clone();
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
