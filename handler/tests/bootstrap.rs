//! The program as the platform starts it: its exit codes, its signals, and COS over TLS through a tunnel.
//!
//! These tests live in this package because only here cargo tells where the binary is.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use backlot_handler::digest::Digest;

const HOST: &str = "archive-1250000000.cos.ap-guangzhou.myqcloud.com";
const TLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls");

/// Starts the program with these variables and no others.
#[expect(clippy::disallowed_methods, reason = "the program is what is tested")]
fn bootstrap(variables: &[(&str, &str)]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_bootstrap"))
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn terminate(child: &Child) {
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
}

fn texts(output: &Output) -> (&str, &str) {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

/// Reads one request: its head and its body.
fn read_request(stream: &mut impl Read) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// A runtime API that hands out `event` once, tells of every call, and then waits until the function is gone.
fn platform(event: &'static str) -> (SocketAddr, Receiver<(String, String)>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, calls) = channel();
    let serving = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut event = Some(event);
        while let Some((head, body)) = read_request(&mut stream) {
            let line = head.lines().next().unwrap().to_owned();
            let is_next = line.starts_with("GET /runtime/invocation/next ");
            tell.send((line, String::from_utf8(body).unwrap())).unwrap();
            let (headers, body) = match (is_next, &mut event) {
                (true, event) => match event.take() {
                    Some(event) => (
                        "request_id: request-1\r\ntime_limit_in_ms: 20000\r\n",
                        event,
                    ),
                    None => continue,
                },
                (false, _) => ("", "{}"),
            };
            let length = body.len();
            let answer =
                format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (address, calls, serving)
}

/// A proxy that leads every tunnel to a COS of its own, which keeps everything. It tells what it was asked for.
fn tunnel_to_cos() -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let chain = vec![CertificateDer::from_pem_file(format!("{TLS}/server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(format!("{TLS}/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let (tell, asked) = channel();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            serve_tunnel(stream.unwrap(), Arc::clone(&config), &tell);
        }
    });
    (address, asked)
}

fn serve_tunnel(mut stream: TcpStream, config: Arc<ServerConfig>, tell: &Sender<String>) {
    let Some((head, _)) = read_request(&mut stream) else {
        return;
    };
    // The receiver is gone when a test has ended.
    let _ = tell.send(head.lines().next().unwrap().to_owned());
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    while let Some((head, body)) = read_request(&mut stream) {
        let _ = tell.send(head.lines().next().unwrap().to_owned());
        let digest = Digest::of(&body);
        let answer = format!(
            "HTTP/1.1 200 OK\r\nETag: \"{}\"\r\nx-cos-hash-crc64ecma: {}\r\nContent-Length: 0\r\n\r\n",
            digest.md5_hex(),
            digest.crc64
        );
        stream.write_all(answer.as_bytes()).unwrap();
        stream.flush().unwrap();
    }
}

/// Variables for a function that archives over TLS.
fn over_tls<'a>(port: &'a str, proxy: &'a str, roots: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("ARCHIVE_BUCKET", "archive-1250000000"),
        ("ARCHIVE_TRIES", "1"),
        ("TENCENTCLOUD_REGION", "ap-guangzhou"),
        ("TENCENTCLOUD_SECRETID", "secret-id"),
        ("TENCENTCLOUD_SECRETKEY", "secret-key"),
        ("SCF_RUNTIME_API", "127.0.0.1"),
        ("SCF_RUNTIME_API_PORT", port),
        ("HTTPS_PROXY", proxy),
        ("SSL_CERT_FILE", roots),
    ]
}

#[test]
fn wrong_settings_end_with_two_and_say_what_to_do() {
    let child = bootstrap(&[("ARCHIVE_BUCKET", "archive"), ("COS_SCHEME", "ftp")]);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let (out, err) = texts(&output);
    assert_eq!(out, "");
    assert!(
        err.starts_with("bootstrap: 3 settings are wrong\n"),
        "{err}"
    );
    for variable in ["ARCHIVE_BUCKET", "ARCHIVE_REGION", "COS_SCHEME"] {
        assert!(err.contains(&format!("\n  `{variable}` is ")), "{err}");
    }
}

#[test]
fn a_missing_runtime_api_ends_with_three() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port().to_string()
    };
    let child = bootstrap(&over_tls(&port, "http://127.0.0.1:1", "/nowhere"));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let (_, err) = texts(&output);
    let start = format!(
        "bootstrap: failed to call `/runtime/init/ready` of the runtime API at `127.0.0.1:{port}`: failed to connect"
    );
    assert!(err.starts_with(&start), "{err}");
}

#[test]
fn an_event_is_archived_over_tls_and_sigterm_ends_with_zero() {
    let (api, calls, serving) = platform(r#"{"hello": "world"}"#);
    let (proxy, asked) = tunnel_to_cos();
    let (port, proxy) = (api.port().to_string(), format!("http://{proxy}"));
    let child = bootstrap(&over_tls(&port, &proxy, &format!("{TLS}/ca.pem")));

    let call = || calls.recv().unwrap();
    assert_eq!(call().0, "POST /runtime/init/ready HTTP/1.1");
    assert_eq!(call().0, "GET /runtime/invocation/next HTTP/1.1");
    let (line, body) = call();
    assert_eq!(line, "POST /runtime/invocation/response HTTP/1.1", "{body}");
    assert!(body.contains(r#""key":"mps/unrecognized/"#), "{body}");
    assert_eq!(call().0, "GET /runtime/invocation/next HTTP/1.1");
    assert_eq!(
        asked.recv().unwrap(),
        format!("CONNECT {HOST}:443 HTTP/1.1")
    );
    let put = asked.recv().unwrap();
    assert!(put.starts_with("PUT /mps/unrecognized/"), "{put}");

    terminate(&child);
    let output = child.wait_with_output().unwrap();
    serving.join().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let (out, err) = texts(&output);
    assert_eq!(err, "");
    assert_eq!(out.lines().count(), 1, "{out}");
    assert!(
        out.starts_with(r#"{"level":"info","outcome":"archived","#),
        "{out}"
    );
}

#[test]
fn a_certificate_of_an_untrusted_authority_is_refused() {
    for (roots, word) in [
        ("other-ca.pem", "invalid peer certificate: UnknownIssuer"),
        ("nowhere.pem", "no trusted root certificates"),
    ] {
        let (api, calls, serving) = platform("{}");
        let (proxy, _asked) = tunnel_to_cos();
        let (port, proxy) = (api.port().to_string(), format!("http://{proxy}"));
        let child = bootstrap(&over_tls(&port, &proxy, &format!("{TLS}/{roots}")));
        let (line, body) = calls.iter().nth(2).unwrap();
        assert_eq!(line, "POST /runtime/invocation/error HTTP/1.1");
        assert!(body.contains(word), "{body}");
        terminate(&child);
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
        serving.join().unwrap();
    }
}
