//! A signed upload and its download, through the front door of a stage that lives for this check.

use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::Finding;
use crate::config::Config;
use crate::stage::{Settings, Stage, Time};
use backlot_base::clock::Clock;
use backlot_http::Query;
use backlot_http::auth::v5::{Signed, sign};
use backlot_http::exchange::full;

const ABOUT: &str = "round trip";
const KEY: &str = "doctor/round trip";
const PATH: &str = "/doctor/round%20trip";
const BODY: &str = "as it was";

/// Starts a stage, stores an object and reads it back.
pub(super) async fn check() -> Finding {
    let mut config = Config::embedded();
    config.functions.clear();
    config.triggers.clear();
    let watch = Clock::real().stopwatch();
    let settings = Settings::from_config(&config).map(|mut settings| {
        settings.time = Time::Real;
        settings
    });
    let started = match settings {
        Ok(settings) => Stage::start(settings).await,
        Err(error) => Err(error),
    };
    let stage = match started {
        Ok(stage) => stage,
        Err(error) => {
            let text = format!(
                "no stage can be started: {}",
                crate::cli::exit::chain(&error)
            );
            return Finding::fail(ABOUT, text);
        }
    };
    let done = exchange(&stage).await;
    stage.stop().await;
    match done {
        Ok(()) => {
            let took = watch.elapsed().as_millis();
            Finding::ok(
                ABOUT,
                format!("a signed upload came back as it was ({took} ms)"),
            )
        }
        Err(error) => Finding::fail(
            ABOUT,
            format!("{error}; something between programs on this machine interferes"),
        ),
    }
}

async fn exchange(stage: &Stage) -> Result<(), String> {
    let stored = ask(stage, "PUT", BODY).await?;
    if stored.0 != StatusCode::OK {
        return Err(format!(
            "the upload is answered with {}: {}",
            stored.0, stored.1
        ));
    }
    let (status, body) = ask(stage, "GET", "").await?;
    if status != StatusCode::OK || body != BODY {
        return Err(format!("the download is answered with {status}: {body}"));
    }
    Ok(())
}

async fn ask(
    stage: &Stage,
    method: &str,
    body: &'static str,
) -> Result<(StatusCode, String), String> {
    let account = &stage.info().account;
    let host = format!(
        "archive-{}.cos.{}.myqcloud.com",
        account.app_id, account.region
    );
    let now = stage.clock().client_now().as_second();
    let paths = [format!("/{KEY}").into_bytes()];
    let signed = Signed {
        method,
        hosts: &[&host],
        paths: &paths,
        query: &Query::default(),
        headers: &HeaderMap::new(),
    };
    let signature = sign(&signed, &["host"], stage.owner(), (now - 60, now + 600));
    let request = http::Request::builder()
        .method(method)
        .uri(PATH)
        .header(HOST, &host)
        .header(AUTHORIZATION, signature)
        .body(full(body))
        .map_err(|error| error.to_string())?;
    let stream = TcpStream::connect(stage.address()).await;
    let stream =
        stream.map_err(|error| format!("no connection to {}: {error}", stage.address()))?;
    let connected = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = connected.map_err(|error| error.to_string())?;
    tokio::spawn(async move { drop(connection.await) });
    let response = sender
        .send_request(request)
        .await
        .map_err(|error| error.to_string())?;
    let status = response.status();
    let body = response
        .into_body()
        .collect()
        .await
        .map_err(|error| error.to_string())?;
    Ok((
        status,
        String::from_utf8_lossy(&body.to_bytes()).into_owned(),
    ))
}
