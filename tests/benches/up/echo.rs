//! The peer: the least that a server on hyper and tokio can be. This program starts itself once more to be it.

use std::convert::Infallible;
use std::io::Write as _;

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

/// The argument that makes it one.
pub(crate) const FLAG: &str = "--be-a-bare-server";

/// Serves until it is ended.
pub(crate) fn serve() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        writeln!(std::io::stdout(), "ready at http://{address}").expect("the bench reads it");
        loop {
            let (stream, _) = listener.accept().await.expect("connections come");
            tokio::spawn(async move {
                let service = service_fn(|_request| async {
                    Ok::<_, Infallible>(hyper::Response::new(Full::new(Bytes::from_static(b"ok"))))
                });
                let connection = hyper::server::conn::http1::Builder::new();
                // A client that goes away ends it.
                drop(
                    connection
                        .serve_connection(TokioIo::new(stream), service)
                        .await,
                );
            });
        }
    });
}
