//! The HTTP server: binds a port, accepts connections, serves them, and stops gracefully.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::arrival::Arrival;
use super::connection;
use super::exchange::Request;
use super::header_case;
use super::proxy::Proxy;
use super::serving::{Answer, Answering, Limits, Shared};
use backlot_base::clock::Clock;

/// The time for requests under way to finish once the server stops, in real time.
const GRACE: Duration = Duration::from_secs(5);

/// The connections that the system keeps until they are accepted. It may keep fewer.
const QUEUE: u32 = 4096;

/// The pause in accepting when the process may open no more sockets, in real time.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// How a server treats its connections. The default is a plain server with the usual limits.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What a connection may take.
    pub limits: Limits,
    /// Whether the port is a proxy that speaks TLS too. Without it, every request goes to the service.
    pub proxy: Option<Proxy>,
}

/// A port that is bound and not served yet: its address is known before there is a service. Clients can connect
/// already; the system keeps their connections until [`Listening::serve`].
#[derive(Debug)]
pub struct Listening {
    listener: TcpListener,
    address: SocketAddr,
}

/// A listener whose connections are being served. Dropping it stops it at once; [`Server::stop`] lets requests finish.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Listening {
    /// Where clients reach it, with the port that the system picked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts connections and answers each request with `serve`. Each request carries an [`Arrival`] in its extensions.
    /// Must be called within a runtime.
    pub fn serve<S>(self, clock: &Clock, settings: Settings, serve: S) -> Server
    where
        S: Fn(Request) -> Answering + Send + Sync + 'static,
    {
        let Self { listener, address } = self;
        let shared = Arc::new(Shared {
            clock: clock.clone(),
            service: Box::new(serve),
            places: Arc::new(Semaphore::new(settings.limits.connections)),
            limits: settings.limits,
            proxy: settings.proxy,
            port: address.port(),
            stopping: CancellationToken::new(),
            killing: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        let accepting = accept(listener, Arc::clone(&shared));
        shared.tasks.spawn(accepting.in_current_span());
        Server { address, shared }
    }
}

impl Server {
    /// Binds `address` without serving it yet. The port may be 0: the system picks one.
    pub async fn bind(address: SocketAddr) -> io::Result<Listening> {
        header_case::prepare().await;
        let listener = listen(address)?;
        let address = listener.local_addr()?;
        Ok(Listening { listener, address })
    }

    /// Binds `address` and serves it as a plain server with the usual limits.
    pub async fn start<S, F>(clock: &Clock, address: SocketAddr, serve: S) -> io::Result<Self>
    where
        S: Fn(Request) -> F + Send + Sync + 'static,
        F: Future<Output = Answer> + Send + 'static,
    {
        let serve = move |request| -> Answering { Box::pin(serve(request)) };
        let listening = Self::bind(address).await?;
        Ok(listening.serve(clock, Settings::default(), serve))
    }

    /// Serves one more connection, which did not come through the listener but stays in this program, for example the far
    /// end of [`tokio::io::duplex`]. Its requests arrive as those of `peer`. Returns once there is a place for it.
    pub async fn attend<S>(&self, stream: S, peer: SocketAddr)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let place = place(&self.shared.places).await;
        let arrival = Arrival::direct(peer, place);
        let serving = connection::serve(Arc::clone(&self.shared), stream, arrival);
        self.shared.tasks.spawn(serving.in_current_span());
    }

    /// Where it listens, with the port that the system picked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting, lets requests under way finish within a few seconds of real time, and cuts the rest. Tunnels to
    /// other hosts are cut at once, as what is under way in them is not known here.
    pub async fn stop(self) {
        let shared = &self.shared;
        shared.stopping.cancel();
        shared.tasks.close();
        let ending = shared.tasks.wait();
        if shared.clock.within(GRACE, ending).await.is_err() {
            shared.killing.cancel();
            shared.tasks.wait().await;
        }
    }

    /// Cuts every connection at once.
    pub async fn kill(self) {
        self.shared.killing.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.killing.cancel();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Server({})", self.address)
    }
}

/// A listener whose queue holds as many connections as are served at a time: what arrives in one burst, or before the server
/// serves, is not refused.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // As every listener of the standard library, so that a program can be started again at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let next = next(&listener, &shared);
        let (stream, peer, place) = tokio::select! {
            next = next => next,
            () = shared.stopping.cancelled() => return,
            () = shared.killing.cancelled() => return,
        };
        // Small answers must not wait for the peer's delayed acknowledgment.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        let arrival = Arrival::direct(peer, place);
        let serving = connection::serve(Arc::clone(&shared), stream, arrival);
        shared.tasks.spawn(serving.in_current_span());
    }
}

/// The next connection, once there is a place for it.
async fn next(
    listener: &TcpListener,
    shared: &Shared,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let place = place(&shared.places).await;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) => {
                // Trying again at once would keep a processor busy until a socket is free.
                tracing::warn!(%error, "a connection was not accepted; the next ones are accepted after a pause");
                let pause = std::future::pending::<()>();
                drop(shared.clock.within(EXHAUSTED, pause).await);
            }
        }
    }
}

async fn place(places: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    let place = Arc::clone(places).acquire_owned().await;
    place.expect("the semaphore is never closed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Response, full};
    use crate::serving::Cut;
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
    async fn a_stream_in_memory_is_a_connection_like_others() {
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Server::start(&Clock::real(), local, |request: Request| async move {
            let arrival = request.extensions().get::<Arrival>();
            let peer = arrival.map(|arrival| arrival.peer.to_string());
            Ok(Response::new(full(peer.unwrap_or_default())))
        })
        .await
        .unwrap();
        let (mut near, far) = tokio::io::duplex(64);
        server
            .attend(far, SocketAddr::from(([192, 0, 2, 1], 80)))
            .await;
        near.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        near.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("\r\n\r\n192.0.2.1:80"), "{answer}");
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
