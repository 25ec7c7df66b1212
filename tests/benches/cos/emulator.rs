//! `backlot up` as users run it, and requests that it accepts.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use backlot::base::clock::Clock;
use backlot::base::seed::Seed;
use backlot::cos::store::{Durability, Kind};
use backlot::stage::owner_keys;
use backlot_handler::cos::{Signable, Window};
use backlot_tests::command::{CommandLine, Running};
use bytes::Bytes;

use crate::client::Request;

const BACKLOT: &str = env!("CARGO_BIN_EXE_backlot-under-test");

const HOST: &str = "bench-1250000000.cos.ap-guangzhou.myqcloud.com";

/// Seconds for which signatures are good: longer than a run takes.
const VALID: u64 = 24 * 60 * 60;

/// The process. It ends with this value.
pub(crate) struct Emulator {
    pub(crate) address: SocketAddr,
    pub(crate) running: Running,
}

/// Makes requests that the owner of the bucket has signed.
pub(crate) struct Signer {
    secret_id: String,
    secret_key: String,
    window: Window,
}

impl Emulator {
    /// Starts it over what is in a folder.
    pub(crate) fn start(folder: &Path, kind: Kind, durability: Durability) -> Self {
        let durability = format!("{durability:?}").to_lowercase();
        let flags = format!(
            "up --listen 127.0.0.1:0 --seed 1 --data data --store {kind} --durability {durability}"
        );
        let running = CommandLine::new(BACKLOT, folder).args(&flags).start();
        let address = running.first.strip_prefix("backlot is ready at http://");
        let address = address.and_then(|text| text.parse().ok());
        Self {
            address: address.expect("it says where it is"),
            running,
        }
    }

    /// Ends it in order, so that another one can take over.
    pub(crate) fn stop(self) {
        self.running.signal("TERM");
        let ended = self.running.end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}

impl Signer {
    pub(crate) fn new() -> Self {
        let owner = owner_keys(Seed(1));
        let now = Clock::real().client_now().as_second();
        let now = u64::try_from(now).expect("it is later than 1970");
        Self {
            secret_id: owner.secret_id,
            secret_key: owner.secret_key,
            window: Window {
                start: now - 60,
                end: now + VALID,
            },
        }
    }

    /// A request as the SDK signs it: method, path, parameters, and the headers that say where it goes and what it carries.
    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        parameters: &[(&str, &str)],
        body: &Bytes,
    ) -> Request {
        let length = body.len().to_string();
        let mut headers = vec![("host", HOST)];
        if method == "PUT" {
            headers.push(("content-length", &length));
            headers.push(("content-type", "application/octet-stream"));
        }
        let signable = Signable {
            method,
            path,
            parameters: parameters.to_vec(),
            headers: headers
                .iter()
                .map(|(name, value)| (*name, value.as_bytes()))
                .collect(),
        };
        let signed = signable.sign(&self.secret_id, &self.secret_key, self.window);
        let query: Vec<_> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let query = if query.is_empty() {
            String::new()
        } else {
            format!("?{}", query.join("&"))
        };
        let mut head = format!("{method} {path}{query} HTTP/1.1\r\n");
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").expect("text takes text");
        }
        write!(head, "authorization: {}\r\n\r\n", signed.authorization).expect("text takes text");
        Request::new(head, body)
    }
}

/// A request to the echo that is as large as one to backlot, and has an answer of this size.
pub(crate) fn plain(method: &str, answer: usize, body: &Bytes) -> Request {
    let padding = "x".repeat(300);
    let length = if method == "PUT" {
        format!("content-length: {}\r\n", body.len())
    } else {
        String::new()
    };
    let head = format!(
        "{method} /{answer} HTTP/1.1\r\nhost: {HOST}\r\n{length}authorization: {padding}\r\n\r\n"
    );
    Request::new(head, body)
}
