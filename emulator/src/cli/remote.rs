//! Talking to a backlot that runs: finding it, asking its `/_backlot/…`, and saying clearly when there is none.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use http::header::HOST;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::data::DataFolder;
use super::exit::{Exit, Stop};
use backlot_base::clock::Clock;
use backlot_http::Body;
use backlot_http::exchange::empty;

/// Where `backlot up` listens unless told otherwise.
pub(super) const DEFAULT_LISTEN: &str = "127.0.0.1:4680";

/// How long a connection may take, in real time.
const CONNECTING: Duration = Duration::from_secs(5);

/// Which running backlot is meant.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Target {
    /// Where it listens; looked up in the data folder, else `127.0.0.1:4680`
    #[arg(long, value_name = "ADDR", env = "BACKLOT_LISTEN")]
    pub(super) listen: Option<SocketAddr>,

    /// The data folder that it was started with
    #[arg(long, value_name = "DIR", env = "BACKLOT_DATA")]
    pub(super) data: Option<PathBuf>,
}

/// A backlot at an address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remote {
    pub(super) address: SocketAddr,
}

impl Target {
    /// Where the one that is meant should be: as said, else as noted in the data folder, else as said to programs that run
    /// inside `backlot exec`, else where it usually is.
    pub(super) fn find(&self) -> Result<Remote, Stop> {
        let address = match (&self.listen, &self.data) {
            (Some(address), _) => *address,
            (None, Some(folder)) => noted(folder)?,
            (None, None) => match std::env::var("BACKLOT_ADDRESS") {
                Ok(text) => text.parse().map_err(|_| {
                    Stop::usage(format!("`BACKLOT_ADDRESS` is `{text}`, expected HOST:PORT"))
                })?,
                Err(_) => DEFAULT_LISTEN.parse().expect("the default is an address"),
            },
        };
        Ok(Remote { address })
    }
}

fn noted(folder: &Path) -> Result<SocketAddr, Stop> {
    let text = DataFolder::at(folder).address().map_err(|error| {
        let message = format!(
            "no backlot runs with the data folder `{}`: {error}",
            folder.display()
        );
        Stop::environment(message).hint("start one with `backlot up --data DIR`")
    })?;
    let address = text.trim().parse();
    address.map_err(|_| {
        Stop::environment(format!(
            "the data folder `{}` notes the address `{}`, which is none",
            folder.display(),
            text.trim()
        ))
    })
}

impl Remote {
    /// Whether it is there and serves requests; its health if so.
    pub(super) async fn health(self) -> Result<Value, Stop> {
        self.value("GET", "/health", empty()).await
    }

    /// Whether it is an address of this machine at which nobody listens: whoever comes to listen there runs here.
    pub(super) async fn is_free_here(self) -> bool {
        let ip = self.address.ip();
        if !ip.is_loopback() && !ip.is_unspecified() {
            return false;
        }
        let clock = Clock::real();
        let connecting = clock.within(CONNECTING, TcpStream::connect(self.address));
        let refused = std::io::ErrorKind::ConnectionRefused;
        matches!(connecting.await, Ok(Err(error)) if error.kind() == refused)
    }

    /// Asks and reads the answer as JSON.
    pub(super) async fn value(self, method: &str, path: &str, body: Body) -> Result<Value, Stop> {
        let response = self.ask(method, path, body).await?;
        let bytes = self.whole(response).await?;
        serde_json::from_slice(&bytes).map_err(|_| self.foreign())
    }

    /// Asks; answers other than success are told to the user.
    pub(super) async fn ask(
        self,
        method: &str,
        path: &str,
        body: Body,
    ) -> Result<http::Response<Incoming>, Stop> {
        let response = self.exchange(method, path, body).await.map_err(|error| {
            let message = format!("no backlot answers at {}: {error}", self.address);
            Stop::environment(message)
                .hint("start one with `backlot up`, or say where it is with `--listen` or `--data`")
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let bytes = self.whole(response).await?;
        let said: Option<Value> = serde_json::from_slice(&bytes).ok();
        match said.as_ref().and_then(|said| said["error"].as_str()) {
            Some(error) => {
                let exit = match status.as_u16() {
                    404 => Exit::NothingMatched,
                    400..500 => Exit::Usage,
                    _ => Exit::Environment,
                };
                Err(Stop::new(exit, error))
            }
            None => Err(self.foreign()),
        }
    }

    async fn exchange(
        self,
        method: &str,
        path: &str,
        body: Body,
    ) -> Result<http::Response<Incoming>, String> {
        let clock = Clock::real();
        let connecting = clock.within(CONNECTING, TcpStream::connect(self.address));
        let stream = match connecting.await {
            Ok(connected) => connected.map_err(|error| error.to_string())?,
            Err(elapsed) => return Err(elapsed.to_string()),
        };
        let connected = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = connected.map_err(|error| error.to_string())?;
        // It ends with the exchange.
        tokio::spawn(async move { drop(connection.await) });
        let request = http::Request::builder()
            .method(method)
            .uri(format!("/_backlot{path}"))
            .header(HOST, host_of(self.address))
            .body(body)
            .map_err(|error| error.to_string())?;
        let answered = sender.send_request(request).await;
        answered.map_err(|error| error.to_string())
    }

    /// The body of an answer, whole.
    pub(super) async fn whole(self, response: http::Response<Incoming>) -> Result<Bytes, Stop> {
        let collected = response.into_body().collect().await;
        let collected = collected.map_err(|error| {
            Stop::environment(format!("the answer of {} broke off: {error}", self.address))
        })?;
        Ok(collected.to_bytes())
    }

    fn foreign(self) -> Stop {
        Stop::environment(format!("what answers at {} is not a backlot", self.address))
            .hint("say where it is with `--listen` or `--data`")
    }
}

/// The host to ask for: this machine by its loopback address, wherever the stage listens.
fn host_of(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("127.0.0.1:{}", address.port())
    } else {
        address.to_string()
    }
}
