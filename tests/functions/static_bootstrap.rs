//! A function as one program without libraries, as compiled languages ship it. It asks the runtime API by hand.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

/// One call of the runtime API: the headers of the answer by lower-case name, and its body.
fn ask(method: &str, path: &str, body: &str) -> (HashMap<String, String>, Vec<u8>) {
    let variable = |name| std::env::var(name).expect("the platform sets it");
    let host = format!("{}:{}", variable("SCF_RUNTIME_API"), variable("SCF_RUNTIME_API_PORT"));
    let mut stream = TcpStream::connect(&host).expect("the runtime API listens");
    let length = body.len();
    let request = format!(
        "{method} /runtime/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("the runtime API reads");
    let mut answer = BufReader::new(stream);
    let mut lines = answer.by_ref().lines().map(|line| line.expect("a header"));
    let status = lines.next().expect("a status");
    assert!(status.starts_with("HTTP/1.1 200"), "{status}");
    let headers = lines.take_while(|line| !line.is_empty());
    let headers = headers.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_lowercase(), value.trim().to_owned()))
    });
    let headers = headers.collect();
    let mut body = Vec::new();
    answer.read_to_end(&mut body).expect("a body");
    (headers, body)
}

fn main() {
    ask("POST", "init/ready", " ");
    loop {
        let (headers, event) = ask("GET", "invocation/next", "");
        println!("an event has come");
        let name = std::env::var("SCF_FUNCTIONNAME").expect("the platform sets it");
        let answer = format!(
            "{} bytes for {name}, limits {} MB and {} ms",
            event.len(),
            headers["memory_limit_in_mb"],
            headers["time_limit_in_ms"]
        );
        ask("POST", "invocation/response", &answer);
    }
}
