//! What the machine can do at best: a bare exchange over loopback, and a file that is on the disk for sure.

use std::net::SocketAddr;

use backlot::base::clock::Clock;
use backlot::http::exchange::{collect, full};
use backlot::http::{Response, Server};
use backlot_tests::measure::{ROUNDS, flush_file, median, per_second};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;

const EXCHANGES: usize = 3000;
const FILES: usize = 200;

/// Exchanges of a body of this size per second on one connection.
pub(crate) async fn echo(body: &Bytes) -> f64 {
    let clock = Clock::real();
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::start(&clock, local, |request| async move {
        let body = collect(request.into_body(), usize::MAX).await;
        Ok(Response::new(full(body.expect("the body is whole"))))
    });
    let server = server.await.expect("a server starts");
    let stream = tokio::net::TcpStream::connect(server.address()).await;
    let stream = stream.expect("the server accepts");
    stream.set_nodelay(true).expect("a socket has this option");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .expect("the connection opens");
    let connection = tokio::spawn(connection);
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let watch = clock.stopwatch();
        for _ in 0..EXCHANGES {
            let request = hyper::Request::put("/").header("host", "echo");
            let request = request
                .body(Full::new(body.clone()))
                .expect("a valid request");
            sender.ready().await.expect("the connection stays open");
            let response = sender.send_request(request).await.expect("an answer");
            response.collect().await.expect("a body");
        }
        rates.push(per_second(EXCHANGES, watch.elapsed()));
    }
    drop(sender);
    connection.await.expect("no panic").expect("a clean end");
    server.stop().await;
    median(rates)
}

/// Files of this size per second, each written and flushed to the disk.
pub(crate) fn fsync(body: &Bytes) -> f64 {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clock = Clock::real();
    let rates = (0..ROUNDS).map(|round| {
        let watch = clock.stopwatch();
        for number in 0..FILES {
            let path = folder.path().join(format!("{round}-{number}"));
            flush_file(&path, body);
        }
        per_second(FILES, watch.elapsed())
    });
    median(rates.collect())
}
