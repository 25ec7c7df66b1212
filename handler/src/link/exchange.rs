//! Requests and answers on the connection that is kept, or on a new one.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::SendRequest;

use super::{Dial, Proxy};
use crate::clock::Mark;

/// How long a connection is worth keeping. A compromise between the idle limits of the server and of its load
/// balancer, which are not documented, and a new handshake, which costs a round trip.
const KEPT_FOR: Duration = Duration::from_secs(30);

/// Sends requests on one connection at a time.
#[derive(Debug)]
pub(crate) struct Link {
    dial: Dial,
    /// Answers longer than this are cut off; bytes.
    longest_answer: usize,
    /// A lock that is held only to take the connection out or to put it back, never while it is used.
    kept: Mutex<Option<(Sender, Mark)>>,
}

type Sender = SendRequest<Full<Bytes>>;

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing to judge the server's certificate by.
    #[error(
        "no trusted root certificates (install the system's, or name a PEM file in `SSL_CERT_FILE`)"
    )]
    Trust(#[source] std::io::Error),
    /// No connection came about.
    #[error("failed to connect to `{to}`")]
    Connect {
        /// Scheme, host and port of the server, or of the proxy.
        to: String,
        /// What the system, the proxy or the TLS handshake said.
        #[source]
        source: std::io::Error,
    },
    /// The connection ended before the answer began.
    #[error("the connection broke before the answer")]
    Unanswered(#[source] hyper::Error),
    /// The connection ended in the middle of the answer.
    #[error("the connection broke in the middle of the answer")]
    CutOff(#[source] hyper::Error),
}

impl Error {
    /// Whether another try may go better.
    pub(crate) fn is_passing(&self) -> bool {
        !matches!(self, Self::Trust(_))
    }
}

impl Link {
    pub(crate) fn new(dial: Dial, longest_answer: usize) -> Self {
        Self {
            dial,
            longest_answer,
            kept: Mutex::new(None),
        }
    }

    /// Whether requests have to name the whole URI because a forward proxy reads them.
    pub(crate) fn wants_absolute_form(&self) -> bool {
        self.dial.forward_proxy().is_some()
    }

    /// The proxy that reads our requests, if there is one.
    pub(crate) fn forward_proxy(&self) -> Option<&Proxy> {
        self.dial.forward_proxy()
    }

    /// Sends `request` as it is and reads the whole answer.
    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, Error> {
        if let Some(kept) = self.take() {
            match self.exchange(kept, request.clone()).await {
                Err(Error::Unanswered(_)) => {}
                done => return done,
            }
        }
        let fresh = self.dial.open().await?;
        self.exchange(fresh, request).await
    }

    async fn exchange(
        &self,
        mut sender: Sender,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, Error> {
        sender.ready().await.map_err(Error::Unanswered)?;
        let answer = sender
            .send_request(request)
            .await
            .map_err(Error::Unanswered)?;
        let (head, mut body) = answer.into_parts();
        let mut bytes = BytesMut::new();
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame.map_err(Error::CutOff)?.into_data() {
                bytes.extend_from_slice(&data);
            }
            if bytes.len() > self.longest_answer {
                bytes.truncate(self.longest_answer);
                return Ok(Response::from_parts(head, bytes.freeze()));
            }
        }
        self.keep(sender);
        Ok(Response::from_parts(head, bytes.freeze()))
    }

    fn take(&self) -> Option<Sender> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.take()
            .filter(|(sender, since)| !sender.is_closed() && since.age() < KEPT_FOR)
            .map(|(sender, _)| sender)
    }

    fn keep(&self, sender: Sender) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some((sender, Mark::now()));
    }
}
