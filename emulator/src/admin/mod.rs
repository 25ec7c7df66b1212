//! The surface for whoever runs the emulator: `/_backlot/…` on the front door's local names.
//!
//! [`route`] lists what there is, `guard` refuses pages of other origins, and one file for each operation does the rest.
//! `openapi.json` describes it for programs; a test compares the two. It reads what the services tell anybody in this
//! program and keeps no books of its own. No answer holds a secret.

pub mod route;

mod answer;
mod clock;
mod faults;
mod guard;
mod health;
mod reset;
mod state;
mod stream;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use http::header::{ALLOW, HeaderValue};
use http::{Method, StatusCode};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::scf::{Account, Scf};
use crate::stub::Outbound;
use backlot_base::context::Context;
use backlot_base::fault::{Rule, Switch};
use backlot_base::seed::Seed;
use backlot_cos::Cos;
use backlot_cos::store::Kind;
use backlot_http::{Query, Request, Response};

use answer::{Refusal, json};
use route::{Operation, ROUTES};

/// What every path begins with.
pub const PREFIX: &str = "/_backlot/";

/// The description of the surface, in OpenAPI 3.
pub const OPENAPI: &str = include_str!("openapi.json");

/// The surface of one stage; clones are the same one.
#[derive(Clone, Debug)]
pub struct Admin {
    inner: Arc<Inner>,
}

/// What the surface acts on.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The stage's context.
    pub context: Context,
    /// Its COS.
    pub cos: Cos,
    /// Its SCF.
    pub scf: Scf,
    /// Its door to other hosts.
    pub outbound: Outbound,
    /// Its plan of faults.
    pub switch: Switch,
    /// Makes it forget what is under way between its services.
    pub forget: Forget,
}

/// Something that a reset does in a room that this one does not know.
#[derive(Clone)]
pub struct Forget(Arc<dyn Fn() + Send + Sync>);

impl Forget {
    /// Calls `forget`, which must not wait.
    pub fn new(forget: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(forget))
    }
}

impl std::fmt::Debug for Forget {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Forget")
    }
}

/// What there is to know about a stage from its start on.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Where the front door listens.
    pub address: SocketAddr,
    /// Who owns everything.
    pub account: Account,
    /// The source of chance.
    pub seed: Seed,
    /// Whether time jumps when nobody is busy.
    pub is_virtual: bool,
    /// What keeps objects.
    pub store: Kind,
    /// The folder of the data, if it outlives the stage.
    pub data: Option<PathBuf>,
    /// Certificates that clients have to trust, if the stage has any.
    pub ca_bundle: Option<PathBuf>,
    /// What comes first in `PYTHONPATH`, to make Python programs trust them.
    pub python: Option<PathBuf>,
    /// Buckets that exist from the start.
    pub buckets: Vec<String>,
    /// When it started, by its own clock.
    pub started: Timestamp,
}

#[derive(Debug)]
struct Inner {
    parts: Parts,
    facts: Facts,
    /// The rules that were in force at the start.
    rules: Vec<Rule>,
    /// What replaces everything happens one after the other.
    turn: tokio::sync::Mutex<()>,
    stop_wanted: CancellationToken,
    closing: CancellationToken,
}

impl Admin {
    /// A surface over `parts`.
    pub fn new(parts: Parts, facts: Facts) -> Self {
        let rules = parts.context.faults.rules();
        Self {
            inner: Arc::new(Inner {
                parts,
                facts,
                rules,
                turn: tokio::sync::Mutex::default(),
                stop_wanted: CancellationToken::new(),
                closing: CancellationToken::new(),
            }),
        }
    }

    /// Whether a request that is not for one of the services is for this.
    pub fn answers_for(path: &str) -> bool {
        path.starts_with(PREFIX) || path == PREFIX.trim_end_matches('/')
    }

    /// What there is to know about the stage.
    pub fn facts(&self) -> &Facts {
        &self.inner.facts
    }

    /// Waits until somebody asks for the stage to be stopped.
    pub async fn stop_wanted(&self) {
        self.inner.stop_wanted.cancelled().await;
    }

    /// Ends answers that follow the journal, after what is in it.
    pub fn close(&self) {
        self.inner.closing.cancel();
    }

    /// Answers a request.
    pub async fn serve(&self, request: Request) -> Response {
        match self.inner.dispatch(request).await {
            Ok(response) => response,
            Err(refusal) => refusal.into_response(),
        }
    }

    /// Puts back what another stage has kept in this format, and returns how many objects there are.
    pub async fn load_state(&self, file: tokio::fs::File) -> Result<u64, StateError> {
        let _turn = self.inner.turn.lock().await;
        self.inner.parts.cos.load(file).await
    }

    /// Writes all buckets and objects.
    pub async fn save_state(&self, file: &mut tokio::fs::File) -> Result<u64, StateError> {
        self.inner.parts.cos.save(file).await
    }
}

pub use backlot_cos::StateError;

impl Inner {
    async fn dispatch(&self, request: Request) -> Result<Response, Refusal> {
        guard::check(&request, self.facts.address)?;
        let path = request.uri().path();
        let path = path.strip_prefix(PREFIX.trim_end_matches('/'));
        let path = path.unwrap_or_default();
        let here: Vec<_> = ROUTES.iter().filter(|route| route.path == path).collect();
        if here.is_empty() {
            return Err(Refusal::not_found(path));
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
            return Err(Refusal::bad(message));
        }
        match route.operation {
            Operation::Health => Ok(self.health()),
            Operation::Reset => self.reset().await,
            Operation::Stop => Ok(self.stop()),
            Operation::Clock => Ok(self.clock()),
            Operation::Advance => self.advance(request).await,
            Operation::RunUntilIdle => self.run_until_idle().await,
            Operation::Faults => Ok(self.faults()),
            Operation::PutFaults => self.put_faults(request).await,
            Operation::Journal => self.journal(&request, &query),
            Operation::Logs => self.logs(&request, &query),
            Operation::State => Ok(self.save()),
            Operation::PutState => self.load(request).await,
            Operation::OpenApi => Ok(json(StatusCode::OK, OPENAPI.to_owned())),
        }
    }
}

fn wrong_method(method: &Method, allowed: &str) -> Response {
    let message = format!("`{method}` is not allowed here");
    let mut response = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, message).into_response();
    let allowed = HeaderValue::from_str(allowed).expect("methods are names");
    response.headers_mut().insert(ALLOW, allowed);
    response
}
