//! The function's side of the runtime API, for code that runs in this process.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

/// One connection to a runtime API. Dropping it closes the connection.
#[derive(Debug)]
pub struct RuntimeClient {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    _connection: AbortOnDropHandle<()>,
}

/// A call of the runtime API failed.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// No connection could be made.
    #[error("there is no runtime API at {address}")]
    Unreachable {
        /// The address of the runtime API.
        address: SocketAddr,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The connection broke.
    #[error("the connection to the runtime API broke")]
    Broken(#[from] hyper::Error),
    /// The answer has another status than 200.
    #[error("the runtime API answered {0}")]
    Refused(StatusCode),
}

impl RuntimeClient {
    /// Connects to the runtime API at `address`.
    pub async fn connect(address: SocketAddr) -> Result<Self, RuntimeError> {
        let stream = TcpStream::connect(address).await;
        let stream = stream
            .and_then(|stream| stream.set_nodelay(true).map(|()| stream))
            .map_err(|source| RuntimeError::Unreachable { address, source })?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to a runtime API ended");
            }
        });
        Ok(Self {
            sender,
            host: address.to_string(),
            _connection: AbortOnDropHandle::new(connection),
        })
    }

    /// Says that initialization is over.
    pub async fn ready(&mut self) -> Result<(), RuntimeError> {
        self.post("/runtime/init/ready", " ").await
    }

    /// Waits for an event: the body is the event, the headers say which and how long it may take.
    pub async fn next(&mut self) -> Result<Response<Bytes>, RuntimeError> {
        self.ask(Method::GET, "/runtime/invocation/next", Bytes::new())
            .await
    }

    /// Answers the event.
    pub async fn response(&mut self, body: impl Into<Bytes>) -> Result<(), RuntimeError> {
        self.post("/runtime/invocation/response", body).await
    }

    /// Reports that the event could not be handled.
    pub async fn error(&mut self, body: impl Into<Bytes>) -> Result<(), RuntimeError> {
        self.post("/runtime/invocation/error", body).await
    }

    async fn post(&mut self, path: &str, body: impl Into<Bytes>) -> Result<(), RuntimeError> {
        self.ask(Method::POST, path, body.into()).await.map(drop)
    }

    /// Sends any request; returns the answer if its status is 200.
    pub async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Response<Bytes>, RuntimeError> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(http::header::HOST, self.host.as_str())
            .body(Full::new(body))
            .expect("the path is a valid target");
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        match head.status {
            StatusCode::OK => Ok(Response::from_parts(head, body)),
            status => Err(RuntimeError::Refused(status)),
        }
    }
}
