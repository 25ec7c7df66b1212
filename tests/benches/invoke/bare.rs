//! The bare invoke loop: the same function processes against the least that can be a runtime API. It hands out events and
//! takes results; it checks nothing and writes nothing down. It is the limit for warm invocations.

use std::convert::Infallible;
use std::process::Child;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::this_program;

/// An event, and where its result goes.
type Work = (Bytes, oneshot::Sender<Bytes>);

/// One process with its runtime API.
pub(crate) struct Bare {
    process: Child,
    work: mpsc::Sender<Work>,
}

/// What the runtime API of one process knows.
struct Api {
    waiting: Mutex<mpsc::Receiver<Work>>,
    current: Mutex<Option<oneshot::Sender<Bytes>>>,
}

impl Bare {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let port = port.to_string();
        let process =
            backlot_tests::command::start(&this_program(), &[("SCF_RUNTIME_API_PORT", &port)]);
        let (work, waiting) = mpsc::channel(1);
        let api = Arc::new(Api {
            waiting: Mutex::new(waiting),
            current: Mutex::default(),
        });
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("the process connects");
            stream.set_nodelay(true).expect("a socket has this option");
            let service = service_fn(move |request| Arc::clone(&api).answer(request));
            let connection = hyper::server::conn::http1::Builder::new();
            // A process that is killed ends it.
            drop(
                connection
                    .serve_connection(TokioIo::new(stream), service)
                    .await,
            );
        });
        Self { process, work }
    }

    /// Gives it one event and waits for the result.
    pub(crate) async fn call(&self, event: Bytes) -> Bytes {
        let (result, awaited) = oneshot::channel();
        let given = self.work.send((event, result)).await;
        given.expect("the process lives");
        awaited.await.expect("the process answers")
    }

    pub(crate) fn stop(mut self) {
        self.process.kill().expect("the process can be killed");
        self.process.wait().expect("the process ends");
    }
}

impl Api {
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let is_next = request.uri().path() == "/runtime/invocation/next";
        let is_response = request.uri().path() == "/runtime/invocation/response";
        let body = request.into_body().collect().await;
        let body = body.expect("the body is whole").to_bytes();
        if is_response && let Some(result) = self.current.lock().await.take() {
            // Whoever measures waits for it.
            drop(result.send(body));
        }
        let event = if is_next {
            self.next().await
        } else {
            Bytes::from_static(b"{}")
        };
        Ok(Response::new(Full::new(event)))
    }

    async fn next(&self) -> Bytes {
        let Some((event, result)) = self.waiting.lock().await.recv().await else {
            return std::future::pending().await;
        };
        *self.current.lock().await = Some(result);
        event
    }
}
