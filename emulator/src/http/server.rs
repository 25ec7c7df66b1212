//! Accept, serve, stop gracefully.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::exchange::{Peer, Request, Response, incoming};
use super::header_case;
use crate::base::clock::Clock;

/// How long requests under way may take to finish once the server stops, in real time.
const GRACE: Duration = Duration::from_secs(5);

/// What a request comes to: an answer, or a connection that is cut without one.
pub type Answer = Result<Response, Cut>;

/// The connection is to be closed without an answer: a planned fault.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut on purpose")]
pub struct Cut;

/// A listener whose connections are being served. Dropping it stops it at once; [`Server::stop`] lets requests finish.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    clock: Clock,
    stopping: CancellationToken,
    killing: CancellationToken,
    tasks: TaskTracker,
}

impl Server {
    /// Binds `address` and serves each request with `serve`. The port may be 0: the system picks one.
    pub async fn start<S, F>(clock: &Clock, address: SocketAddr, serve: S) -> io::Result<Self>
    where
        S: Fn(Request) -> F + Send + Sync + 'static,
        F: Future<Output = Answer> + Send + 'static,
    {
        header_case::prepare().await;
        let listener = TcpListener::bind(address).await?;
        let server = Self {
            address: listener.local_addr()?,
            clock: clock.clone(),
            stopping: CancellationToken::new(),
            killing: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let accepting = Accepting {
            listener,
            serve: Arc::new(serve),
            stopping: server.stopping.clone(),
            killing: server.killing.clone(),
            tasks: server.tasks.clone(),
        };
        server.tasks.spawn(accepting.run());
        Ok(server)
    }

    /// Where it listens, with the port that the system picked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting, lets requests under way finish within a few seconds of real time, and cuts the rest.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.tasks.close();
        if self.clock.within(GRACE, self.tasks.wait()).await.is_err() {
            self.killing.cancel();
            self.tasks.wait().await;
        }
    }

    /// Cuts every connection at once.
    pub async fn kill(self) {
        self.killing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.killing.cancel();
    }
}

struct Accepting<S> {
    listener: TcpListener,
    serve: Arc<S>,
    stopping: CancellationToken,
    killing: CancellationToken,
    tasks: TaskTracker,
}

impl<S, F> Accepting<S>
where
    S: Fn(Request) -> F + Send + Sync + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    async fn run(self) {
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = self.stopping.cancelled() => return,
                () = self.killing.cancelled() => return,
            };
            match accepted {
                Ok((stream, peer)) => drop(self.tasks.spawn(self.connection(stream, Peer(peer)))),
                Err(error) => tracing::warn!(%error, "a connection could not be accepted"),
            }
        }
    }

    fn connection(&self, stream: TcpStream, peer: Peer) -> impl Future<Output = ()> + use<S, F> {
        let serve = Arc::clone(&self.serve);
        let (stopping, killing) = (self.stopping.clone(), self.killing.clone());
        async move {
            // Small answers must not wait for the peer's delayed acknowledgment.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY could not be set");
            }
            let service = service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
                request.extensions_mut().insert(peer);
                let serving = serve(request.map(incoming));
                async move {
                    let mut response = serving.await?;
                    header_case::apply(response.extensions_mut());
                    Ok::<_, Cut>(response)
                }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .preserve_header_case(true)
                .half_close(true)
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades();
            tokio::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = killing.cancelled() => return,
                () = stopping.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    tokio::select! {
                        ended = connection.as_mut() => ended,
                        () = killing.cancelled() => return,
                    }
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::exchange::full;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn exchange(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn header_names_keep_the_case_that_clients_rely_on() {
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Server::start(&Clock::real(), local, |_request| async {
            let mut response = Response::new(full("body"));
            let headers = response.headers_mut();
            headers.insert("etag", "\"x\"".parse().unwrap());
            headers.insert("x-cos-request-id", "id".parse().unwrap());
            headers.insert("content-md5", "md5".parse().unwrap());
            Ok(response)
        })
        .await
        .unwrap();
        let request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let answer = exchange(server.address(), request).await;
        for name in [
            "ETag: ",
            "x-cos-request-id: ",
            "Content-MD5: ",
            "Content-Length: ",
            "Date: ",
        ] {
            assert!(
                answer.contains(&format!("\r\n{name}")),
                "{name} in {answer}"
            );
        }
        server.stop().await;
    }

    #[tokio::test]
    async fn a_cut_connection_carries_no_answer() {
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Server::start(&Clock::real(), local, |_request| async { Err(Cut) })
            .await
            .unwrap();
        let answer = exchange(server.address(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(answer, "");
        server.stop().await;
    }
}
