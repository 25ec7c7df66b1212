//! The limit of every exchange: hyper as it comes, in a process of its own, which takes whatever is sent and answers with as
//! many bytes as the path says.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;

use backlot_tests::command::{CommandLine, Running};
use backlot_tests::measure::say;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// The argument with which the benchmark becomes the echo.
pub(crate) const ARGUMENT: &str = "--echo";

/// Bytes of an answer at most.
const MOST: usize = 1 << 20;

/// The process. It ends with this value.
pub(crate) struct Echo {
    pub(crate) address: SocketAddr,
    pub(crate) running: Running,
}

impl Echo {
    pub(crate) fn start() -> Self {
        let program = std::env::current_exe().expect("a program has a path");
        let program = program.to_str().expect("the path is text");
        let running = CommandLine::new(program, Path::new("/"))
            .arg(ARGUMENT)
            .start();
        Self {
            address: running.first.parse().expect("the echo says where it is"),
            running,
        }
    }
}

/// Serves until the process is killed.
pub(crate) async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("a listener has an address");
    say(&address.to_string());
    let bytes = Bytes::from(vec![b'x'; MOST]);
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("a socket has this option");
        let bytes = bytes.clone();
        let service = service_fn(move |request| answer(request, bytes.clone()));
        let connection = hyper::server::conn::http1::Builder::new();
        tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(
    request: hyper::Request<Incoming>,
    bytes: Bytes,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let size = request.uri().path().trim_start_matches('/');
    let size = size.parse::<usize>().expect("the path is a size");
    let mut body = request.into_body();
    while let Some(frame) = body.frame().await {
        frame.expect("the body is whole");
    }
    Ok(hyper::Response::new(Full::new(bytes.slice(..size))))
}
