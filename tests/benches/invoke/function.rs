//! The function that is measured: it answers every event with itself, with blocking calls and nothing else.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

/// The argument with which this program ends as soon as it has started.
pub(crate) const END: &str = "end-at-once";

const PORT: &str = "SCF_RUNTIME_API_PORT";

/// Whether this program was started as a function.
pub(crate) fn is_wanted() -> bool {
    std::env::var_os(PORT).is_some()
}

/// Serves until its runtime API is gone.
pub(crate) fn serve() {
    let port = std::env::var(PORT).expect("a port");
    let stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("a runtime API");
    stream.set_nodelay(true).expect("a socket has this option");
    let mut api = BufReader::new(stream);
    ask(&mut api, "POST", "/runtime/init/ready", b" ");
    while let Some(event) = ask(&mut api, "GET", "/runtime/invocation/next", b"") {
        ask(&mut api, "POST", "/runtime/invocation/response", &event);
    }
}

/// The body of the answer; `None` when the connection is closed.
fn ask(api: &mut BufReader<TcpStream>, method: &str, path: &str, body: &[u8]) -> Option<Vec<u8>> {
    let length = body.len();
    let mut request = format!("{method} {path} HTTP/1.1\r\ncontent-length: {length}\r\n\r\n");
    // A host is asked for by HTTP/1.1.
    request.insert_str(request.len() - 2, "host: localhost\r\n");
    let mut request = request.into_bytes();
    request.extend_from_slice(body);
    api.get_mut().write_all(&request).ok()?;
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        if api.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    api.read_exact(&mut body).ok()?;
    Some(body)
}
