//! The operator's API: `/_backlot/…` on the front door's local names.
//!
//! [`route`] lists what there is, `guard` refuses pages of other origins, and one file for each operation does the rest.
//! `openapi.json` describes it for programs; a test compares the two. It acts on
//! [`Services`] and has no state of its own but the wish to stop. No answer holds a secret.

pub mod invoke;
pub mod route;

mod answer;
mod clock;
mod code;
mod events;
mod faults;
mod findings;
mod guard;
mod health;
mod idle;
mod reset;
mod state;
mod stream;

use std::sync::{Arc, OnceLock};

use http::header::{ALLOW, HeaderValue};
use http::{Method, StatusCode};
use tokio_util::sync::CancellationToken;

use crate::services::Services;
use backlot_http::{Query, Request, Response};

use answer::{AdminError, json};
use findings::Findings;
use route::{Operation, ROUTES};

/// The beginning of every path.
pub const PREFIX: &str = "/_backlot/";

/// The description of the API, in OpenAPI 3.
pub const OPENAPI: &str = include_str!("openapi.json");

/// The API of one stage; clones are the same API.
#[derive(Clone, Debug)]
pub struct Admin {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    services: Arc<Services>,
    stop_wanted: CancellationToken,
    stopping: CancellationToken,
    closing: CancellationToken,
    findings: Findings,
    /// How many events are lost because the stage stops, once that is known.
    lost: OnceLock<usize>,
}

impl Admin {
    /// An API over the services of a stage.
    pub fn new(services: Arc<Services>) -> Self {
        Self {
            inner: Arc::new(Inner {
                services,
                stop_wanted: CancellationToken::new(),
                stopping: CancellationToken::new(),
                closing: CancellationToken::new(),
                findings: Findings::default(),
                lost: OnceLock::new(),
            }),
        }
    }

    /// Whether a path belongs to the operator's API.
    pub fn answers_for(path: &str) -> bool {
        path.starts_with(PREFIX) || path == PREFIX.trim_end_matches('/')
    }

    /// Waits until a client asks for the stage to be stopped.
    pub async fn stop_wanted(&self) {
        self.inner.stop_wanted.cancelled().await;
    }

    /// Answers whoever waits for the end of the work: events that wait are not run any more.
    pub fn begin_to_stop(&self) {
        self.inner.stopping.cancel();
    }

    /// Notes how many events are lost because the stage stops, for whoever has asked it to. The first note counts.
    pub fn note_lost(&self, events: usize) {
        _ = self.inner.lost.set(events);
    }

    /// Ends answers that follow the journal, after what is in it.
    pub fn close(&self) {
        self.inner.closing.cancel();
    }

    /// Answers a request.
    pub async fn serve(&self, request: Request) -> Response {
        match self.inner.dispatch(request).await {
            Ok(response) => response,
            Err(error) => error.into_response(),
        }
    }
}

impl Inner {
    async fn dispatch(self: &Arc<Self>, request: Request) -> Result<Response, AdminError> {
        if let Err(refused) = guard::check(&request, self.services.info.address) {
            self.services.record_page(&request);
            return Err(refused);
        }
        let path = request.uri().path();
        let path = path.strip_prefix(PREFIX.trim_end_matches('/'));
        let path = path.unwrap_or_default();
        let here: Vec<_> = ROUTES.iter().filter(|route| route.path == path).collect();
        if here.is_empty() {
            return Err(AdminError::not_found(path));
        }
        let Some(route) = here.iter().find(|route| route.method == request.method()) else {
            let methods: Vec<&str> = here.iter().map(|route| route.method.as_str()).collect();
            return Ok(wrong_method(request.method(), &methods.join(", ")));
        };
        let query = Query::parse(request.uri().query().unwrap_or_default());
        if let Some(unknown) = query
            .iter()
            .find(|part| !route.parameters.contains(&part.name.as_str()))
        {
            let message = format!("there is no parameter `{}`", unknown.name);
            return Err(AdminError::bad(message));
        }
        match route.operation {
            Operation::Health => Ok(self.health()),
            Operation::Idle => self.idle(&query).await,
            Operation::Invoke => self.invoke(request, &query).await,
            Operation::SendEvent => self.send_event(request, &query).await,
            Operation::Reset => self.reset().await,
            Operation::Stop => Ok(self.stop()),
            Operation::Code => self.code(&query).await,
            Operation::Clock => Ok(self.clock()),
            Operation::Advance => self.advance(request).await,
            Operation::RunUntilIdle => self.run_until_idle().await,
            Operation::Faults => Ok(self.faults()),
            Operation::PutFaults => self.put_faults(request).await,
            Operation::Journal => self.journal(&request, &query),
            Operation::Logs => self.logs(&request, &query),
            Operation::State => self.save(),
            Operation::PutState => self.load(request).await,
            Operation::OpenApi => Ok(json(StatusCode::OK, OPENAPI.to_owned())),
        }
    }
}

fn wrong_method(method: &Method, allowed: &str) -> Response {
    let message = format!("`{method}` is not allowed here");
    let mut response = AdminError::new(StatusCode::METHOD_NOT_ALLOWED, message).into_response();
    let allowed = HeaderValue::from_str(allowed).expect("methods are names");
    response.headers_mut().insert(ALLOW, allowed);
    response
}
