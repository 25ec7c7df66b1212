//! The custom runtime's loop: ready, next, response or error, and again.
//!
//! Every request goes over one connection that is kept open. The wait for the next event has no limit, because the
//! platform answers it when there is one. Anything but a 200 from the runtime API is fatal: the loop cannot know any
//! more whether the platform heard it.
//!
//! Follows: SCF, "Custom runtime API".

use std::time::Duration;

use bytes::Bytes;
use http::header::HeaderMap;
use http::uri::Authority;
use http::{Method, Request, StatusCode, Uri};
use http_body_util::Full;
use tokio::sync::watch;

use crate::function::{Function, Invocation};
use crate::link::{self, Dial, Link};

/// The platform's side of one instance.
#[derive(Debug)]
pub struct RuntimeApi {
    authority: Authority,
    link: Link,
}

/// Why the loop cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The runtime API is not there, or went away.
    #[error("failed to call `{path}` of the runtime API at `{authority}`")]
    NoAnswer {
        /// The path that was called.
        path: &'static str,
        /// Host and port.
        authority: Authority,
        /// What the connection said.
        #[source]
        source: link::Error,
    },
    /// The runtime API does not want us.
    #[error("the runtime API at `{authority}` answered {status} to `{path}`, not 200: {body}")]
    Refused {
        /// The path that was called.
        path: &'static str,
        /// Host and port.
        authority: Authority,
        /// The status.
        status: StatusCode,
        /// The beginning of what it said.
        body: String,
    },
}

impl RuntimeApi {
    /// The runtime API at `authority`; nothing is connected yet. It is local, so no proxy is asked.
    pub fn new(authority: Authority) -> Self {
        let target = Uri::builder()
            .scheme("http")
            .authority(authority.clone())
            .path_and_query("/")
            .build()
            .expect("an authority makes a URI");
        Self {
            authority,
            link: Link::new(Dial::new(target, None), usize::MAX),
        }
    }

    /// Ends the init window. The body is not empty because the platform may refuse an empty one.
    async fn ready(&self) -> Result<(), Error> {
        let body = Bytes::from_static(b"ready");
        self.post("/runtime/init/ready", body).await
    }

    /// Waits for the next event, as long as it takes.
    async fn next(&self) -> Result<Invocation, Error> {
        let path = "/runtime/invocation/next";
        let answer = self.call(Method::GET, path, Bytes::new()).await?;
        let (head, event) = answer.into_parts();
        let milliseconds = text(&head.headers, "time_limit_in_ms");
        Ok(Invocation {
            request_id: text(&head.headers, "request_id"),
            time_limit: milliseconds
                .and_then(|text| text.parse().ok())
                .map(Duration::from_millis),
            event,
        })
    }

    async fn post(&self, path: &'static str, body: Bytes) -> Result<(), Error> {
        self.call(Method::POST, path, body).await.map(|_| ())
    }

    async fn call(
        &self,
        method: Method,
        path: &'static str,
        body: Bytes,
    ) -> Result<http::Response<Bytes>, Error> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.authority.as_str())
            .header("content-type", "application/json")
            .body(Full::new(body))
            .expect("the parts of the request are constant");
        let answer = self
            .link
            .send(request)
            .await
            .map_err(|source| Error::NoAnswer {
                path,
                authority: self.authority.clone(),
                source,
            })?;
        if answer.status() == StatusCode::OK {
            return Ok(answer);
        }
        let body = String::from_utf8_lossy(answer.body());
        Err(Error::Refused {
            path,
            authority: self.authority.clone(),
            status: answer.status(),
            body: body.chars().take(200).collect(),
        })
    }
}

/// Serves events until `stop` says so: at once while waiting, after the result is posted while handling one.
pub async fn serve(
    api: &RuntimeApi,
    function: &Function,
    mut stop: watch::Receiver<bool>,
) -> Result<(), Error> {
    api.ready().await?;
    while !*stop.borrow() {
        let invocation = tokio::select! {
            // An event that came at the same moment is still handled.
            biased;
            invocation = api.next() => invocation?,
            _ = stop.wait_for(|stopped| *stopped) => break,
        };
        match function.handle(&invocation).await {
            Ok(receipt) => {
                let body = json(&receipt);
                api.post("/runtime/invocation/response", body).await?;
            }
            Err(report) => {
                let body = json(&report);
                api.post("/runtime/invocation/error", body).await?;
            }
        }
    }
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Bytes {
    serde_json::to_vec(value)
        .expect("receipts and reports are made of texts and numbers")
        .into()
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (!value.is_empty()).then(|| value.to_owned())
}
