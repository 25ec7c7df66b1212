//! A client that does as little as possible: a request as text, over one connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use backlot::base::clock::Clock;
use backlot::base::seed::Seed;
use backlot::http::Query;
use backlot::http::auth::v5::{Signed, sign};
use backlot::stage::owner_keys;
use hyper::HeaderMap;

const HOST: &str = "archive-1250000000.cos.ap-guangzhou.myqcloud.com";

/// A connection with what was read of it.
pub(crate) type Connection = BufReader<TcpStream>;

/// A signed request for the first object of a bucket, as an SDK would send it.
pub(crate) fn signed(clock: &Clock) -> String {
    let now = clock.client_now().as_second();
    let signed = Signed {
        method: "GET",
        hosts: &[HOST],
        paths: &[b"/".to_vec()],
        query: &Query::default(),
        headers: &HeaderMap::new(),
    };
    let keys = owner_keys(Seed(1));
    let signature = sign(&signed, &["host"], &keys, (now - 60, now + 600));
    format!("GET /?max-keys=1 HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: {signature}\r\n\r\n")
}

/// A request for a server that takes any.
pub(crate) fn plain(_clock: &Clock) -> String {
    format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
}

/// Opens a connection.
pub(crate) fn connect(address: SocketAddr) -> Connection {
    let stream = TcpStream::connect(address).expect("the server accepts");
    stream.set_nodelay(true).expect("a socket has this option");
    BufReader::new(stream)
}

/// Sends a request and reads its answer, which has to be a success.
pub(crate) fn ask(connection: &mut Connection, request: &str) {
    let stream = connection.get_mut();
    stream
        .write_all(request.as_bytes())
        .expect("the server reads");
    let mut length = 0;
    let mut line = String::new();
    connection.read_line(&mut line).expect("the server answers");
    assert!(line.starts_with("HTTP/1.1 200 "), "{line}");
    while line != "\r\n" {
        line.clear();
        connection.read_line(&mut line).expect("a head is text");
        let value = line.to_ascii_lowercase();
        if let Some(value) = value.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).expect("a body is whole");
}
