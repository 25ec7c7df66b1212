//! The function that users deploy, from outside: against stubs of COS and of the runtime API.
//!
//! COS is reached the way a sandbox reaches it, through `HTTP_PROXY`, so the bucket's own host name is on the wire.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod archive;
mod connections;
mod key;
mod platform;
mod runtime;

mod stub;
mod vectors;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backlot_handler::clock::Clock;
use backlot_handler::credentials::{Credentials, Source};
use backlot_handler::function::{Function, Invocation};
use backlot_handler::settings::Settings;

const BUCKET: &str = "archive-1250000000";
const HOST: &str = "archive-1250000000.cos.ap-guangzhou.myqcloud.com";

/// The lines that a function logged.
type Lines = Arc<Mutex<Vec<String>>>;

/// Settings for a COS behind the proxy at `proxy`; `more` is looked at first.
fn settings(proxy: SocketAddr, more: &[(&str, &str)]) -> Settings {
    let proxy = format!("http://{proxy}");
    let usual = [
        ("ARCHIVE_BUCKET", BUCKET),
        ("TENCENTCLOUD_REGION", "ap-guangzhou"),
        ("COS_SCHEME", "http"),
        ("ARCHIVE_RETRY_BASE_MS", "1"),
        ("HTTP_PROXY", &proxy),
    ];
    let variables: Vec<_> = more.iter().chain(&usual).collect();
    Settings::read(|wanted| {
        let (_, value) = variables.iter().find(|(name, _)| *name == wanted)?;
        Some((*value).to_owned())
    })
    .unwrap()
}

/// The keys number `number`.
fn credentials(number: usize) -> Credentials {
    Credentials {
        secret_id: format!("secret-id-{number}"),
        secret_key: format!("secret-key-{number}"),
        token: Some(format!("token/{number}+=")),
    }
}

/// A function whose wall clock stands still, with the lines that it will log.
fn function_with(settings: &Settings, credentials: Source) -> (Function, Lines) {
    let lines = Lines::default();
    let log = {
        let lines = Arc::clone(&lines);
        Box::new(move |line: &str| lines.lock().unwrap().push(line.to_owned()))
    };
    let clock = Clock::with_wall(|| 1_700_000_060);
    (Function::new(settings, clock, credentials, log), lines)
}

fn function(settings: &Settings) -> Function {
    function_with(settings, Box::new(|| Ok(credentials(1)))).0
}

/// `event` with a time limit that no test comes near.
fn invocation(event: &'static [u8]) -> Invocation {
    Invocation {
        request_id: Some("request-1".to_owned()),
        time_limit: Some(Duration::from_mins(1)),
        event: event.into(),
    }
}
