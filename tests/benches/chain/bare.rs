//! The bare loop: the same handler process against a server that hands out events and takes objects, and does no more than
//! that. It keeps nothing, checks no signature and writes nothing down; it is the limit for the chain.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::base::digest::Digests;
use backlot::http::exchange::{collect, full};
use backlot::http::{Answer, Request, Response, Server};
use bytes::Bytes;
use tokio::sync::{Notify, watch};

use crate::{Figures, HANDLER};
use backlot_tests::measure::{ROUNDS, median, per_second};

const BURST: usize = 2000;

/// Events that wait, and how many are answered.
#[derive(Debug)]
struct Loop {
    waiting: Mutex<VecDeque<Bytes>>,
    more: Notify,
    answered: watch::Sender<usize>,
}

pub(crate) async fn measure(event: &Bytes) -> Figures {
    let clock = Clock::real();
    let shared = Arc::new(Loop {
        waiting: Mutex::default(),
        more: Notify::new(),
        answered: watch::Sender::new(0),
    });
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    let serving = Arc::clone(&shared);
    let server = Server::start(&clock, local, move |request| {
        serve(Arc::clone(&serving), request)
    });
    let server = server.await.expect("a server starts");
    let mut handler = start_handler(server.address());

    let mut rates = Vec::new();
    let mut expected = 0;
    for _ in 0..=ROUNDS {
        let watch = clock.stopwatch();
        expected += BURST;
        let events = std::iter::repeat_n(event.clone(), BURST);
        shared.waiting.lock().expect("no panic").extend(events);
        shared.more.notify_one();
        let mut answered = shared.answered.subscribe();
        let done = answered.wait_for(|answered| *answered >= expected).await;
        done.expect("the loop goes on");
        rates.push(per_second(BURST, watch.elapsed()));
    }
    rates.remove(0);
    handler.kill().expect("the handler can be killed");
    handler.wait().expect("the handler ends");
    server.kill().await;
    Figures {
        rate: median(rates),
        p50: Duration::ZERO,
        p99: Duration::ZERO,
    }
}

fn start_handler(address: SocketAddr) -> std::process::Child {
    let port = address.port().to_string();
    let proxy = format!("http://{address}");
    let variables = [
        ("SCF_RUNTIME_API", "127.0.0.1"),
        ("SCF_RUNTIME_API_PORT", &port),
        ("HTTP_PROXY", &proxy),
        ("ARCHIVE_BUCKET", "archive-1250000000"),
        ("ARCHIVE_REGION", "ap-guangzhou"),
        ("COS_SCHEME", "http"),
        ("TENCENTCLOUD_SECRETID", "AKIDBACKLOTBENCH"),
        ("TENCENTCLOUD_SECRETKEY", "not-a-secret"),
    ];
    backlot_tests::command::start(HANDLER, &variables)
}

async fn serve(shared: Arc<Loop>, request: Request) -> Answer {
    let path = request.uri().path().to_owned();
    match path.as_str() {
        "/runtime/invocation/next" => Ok(next(&shared).await),
        path if path.starts_with("/runtime/") => {
            drop(collect(request.into_body(), usize::MAX).await);
            if path == "/runtime/invocation/response" {
                shared.answered.send_modify(|answered| *answered += 1);
            }
            Ok(Response::new(full("{}")))
        }
        _ => Ok(put(request).await),
    }
}

async fn next(shared: &Loop) -> Response {
    let event = loop {
        let event = shared.waiting.lock().expect("no panic").pop_front();
        match event {
            Some(event) => break event,
            None => shared.more.notified().await,
        }
    };
    let mut response = Response::new(full(event));
    let headers = response.headers_mut();
    for (name, value) in [
        ("request_id", "a325b967-ef5b-4aa3-a329-c6bb0df72948"),
        ("memory_limit_in_mb", "128"),
        ("time_limit_in_ms", "3000"),
    ] {
        headers.insert(name, value.parse().expect("a valid header"));
    }
    response
}

async fn put(request: Request) -> Response {
    let body = collect(request.into_body(), usize::MAX).await;
    let digests = Digests::of(&body.expect("the body is whole"));
    let mut response = Response::new(full(Bytes::new()));
    let headers = response.headers_mut();
    for (name, value) in [
        ("etag", digests.etag()),
        ("x-cos-hash-crc64ecma", digests.crc64.to_string()),
        ("x-cos-request-id", "bare".to_owned()),
    ] {
        headers.insert(name, value.parse().expect("a valid header"));
    }
    response
}
