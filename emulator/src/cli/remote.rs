//! The client of a running emulator: finds it, sends requests to `/_backlot/…`, and says clearly if no emulator answers.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use clap::Args;
use http::header::HOST;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::data::DataFolder;
use super::exit::{CommandError, Exit};
use backlot_base::clock::Clock;
use backlot_http::Body;
use backlot_http::exchange::empty;

/// Where `backlot up` listens unless told otherwise.
pub(super) const DEFAULT_LISTEN: &str = "127.0.0.1:4680";

/// How long a connection may take, in real time.
const CONNECTING: Duration = Duration::from_secs(5);

/// How long an emulator may leave a question for its health unanswered, in real time. One that does not answer is stopped, or is
/// another program.
const SILENT: Duration = Duration::from_secs(5);

/// Which running emulator is meant.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Target {
    /// The emulator's address; by default from the data folder, else `127.0.0.1:4680`
    #[arg(long, value_name = "ADDR", env = "BACKLOT_LISTEN")]
    pub(super) listen: Option<SocketAddr>,

    /// The data folder of the emulator
    #[arg(long, value_name = "DIR", env = "BACKLOT_DATA")]
    pub(super) data: Option<PathBuf>,
}

/// An emulator at an address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remote {
    pub(super) address: SocketAddr,
}

impl Target {
    /// The address of the emulator: from `--listen`, else from the data folder, else from the environment of `backlot exec`,
    /// else the default.
    pub(super) fn find(&self) -> Result<Remote, CommandError> {
        let address = match (&self.listen, &self.data) {
            (Some(address), _) => *address,
            (None, Some(folder)) => noted(folder)?,
            (None, None) => match std::env::var("BACKLOT_ADDRESS") {
                Ok(text) => text.parse().map_err(|_| {
                    CommandError::usage(format!(
                        "`BACKLOT_ADDRESS` is `{text}`, expected HOST:PORT"
                    ))
                })?,
                Err(_) => DEFAULT_LISTEN.parse().expect("the default is an address"),
            },
        };
        Ok(Remote { address })
    }
}

fn noted(folder: &Path) -> Result<SocketAddr, CommandError> {
    let text = DataFolder::at(folder).address().map_err(|error| {
        let message = format!(
            "no emulator runs with the data folder `{}`: {error}",
            folder.display()
        );
        CommandError::environment(message).hint(format!(
            "start one with `backlot up --data {}`",
            folder.display()
        ))
    })?;
    let address = text.trim().parse();
    address.map_err(|_| {
        CommandError::environment(format!(
            "the file `backlot.address` in the data folder `{}` holds `{}`, expected HOST:PORT",
            folder.display(),
            text.trim()
        ))
    })
}

impl Remote {
    /// Its health; an error if it does not serve requests.
    pub(super) async fn health(self) -> Result<Value, CommandError> {
        let clock = Clock::real();
        let asking = async {
            let answered = self.exchange("GET", "/health", empty()).await;
            self.read(answered.map_err(|error| self.absent(&error))?)
                .await
        };
        match clock.within(SILENT, asking).await {
            Ok(health) => health,
            Err(_elapsed) => Err(self.silent()),
        }
    }

    /// Returns when it is silent, after `first` at the earliest. Work may take long, but a running emulator tells its health
    /// meanwhile.
    async fn silence(self, first: Duration) {
        let clock = Clock::real();
        let mut pause = first;
        loop {
            drop(clock.within(pause, std::future::pending::<()>()).await);
            let health = self.exchange("GET", "/health", empty());
            // An emulator that is gone, or about to go, breaks the connection of the work as well.
            if clock.within(SILENT, health).await.is_err() {
                return;
            }
            pause = SILENT;
        }
    }

    /// The result of work that the emulator does; an error if it falls silent.
    async fn unless_silent<T>(
        self,
        first: Duration,
        work: impl Future<Output = Result<T, CommandError>>,
    ) -> Result<T, CommandError> {
        tokio::select! {
            biased;
            done = work => done,
            () = self.silence(first) => Err(self.silent()),
        }
    }

    fn silent(self) -> CommandError {
        let message = format!(
            "the program at {} accepts connections, but does not answer",
            self.address
        );
        CommandError::environment(message).hint(
            "an emulator that was stopped (Ctrl-Z, SIGSTOP) goes on after `fg` or `kill -CONT PID`; \
             if it is another program, name the emulator's address with `--listen` or its folder with `--data`",
        )
    }

    fn absent(self, error: &str) -> CommandError {
        CommandError::environment(format!("no emulator answers at {}: {error}", self.address))
            .hint("start one with `backlot up`, or name its address with `--listen` or its folder with `--data`")
    }

    /// Whether it is a free address of this machine: an emulator that will listen on it runs on this machine.
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

    /// Sends a request and reads the response as JSON.
    pub(super) async fn value(
        self,
        method: &str,
        path: &str,
        body: Body,
    ) -> Result<Value, CommandError> {
        let response = self.ask(method, path, body).await?;
        let bytes = self.whole(response).await?;
        serde_json::from_slice(&bytes).map_err(|_| self.foreign())
    }

    /// The next bytes of a response; `None` at its end.
    pub(super) async fn next_data(
        self,
        body: &mut Incoming,
    ) -> Result<Option<Bytes>, CommandError> {
        loop {
            let frame = self.unless_silent(SILENT, async { Ok(body.frame().await) });
            match frame.await? {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
                Some(Err(error)) => {
                    return Err(CommandError::environment(format!(
                        "the connection to {} was lost: {error}",
                        self.address
                    )));
                }
            }
        }
    }

    /// Sends a request; a response other than success is an error for the user.
    pub(super) async fn ask(
        self,
        method: &str,
        path: &str,
        body: Body,
    ) -> Result<http::Response<Incoming>, CommandError> {
        let asking = async {
            let answered = self.exchange(method, path, body).await;
            answered.map_err(|error| self.absent(&error))
        };
        let response = self.unless_silent(Duration::ZERO, asking).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(self.refusal(response).await)
    }

    /// The body of a response as JSON, or what it says is wrong.
    async fn read(self, response: http::Response<Incoming>) -> Result<Value, CommandError> {
        if !response.status().is_success() {
            return Err(self.refusal(response).await);
        }
        let collected = response.into_body().collect().await;
        let bytes = collected.map_err(|_| self.foreign())?.to_bytes();
        serde_json::from_slice(&bytes).map_err(|_| self.foreign())
    }

    /// Why a request is not carried out.
    async fn refusal(self, response: http::Response<Incoming>) -> CommandError {
        let status = response.status();
        let bytes = match self.whole(response).await {
            Ok(bytes) => bytes,
            Err(error) => return error,
        };
        let said: Option<Value> = serde_json::from_slice(&bytes).ok();
        match said.as_ref().and_then(|said| said["error"].as_str()) {
            Some(error) => {
                let exit = match status.as_u16() {
                    404 => Exit::NothingMatched,
                    400..500 => Exit::Usage,
                    _ => Exit::Environment,
                };
                CommandError::new(exit, error)
            }
            None => self.foreign(),
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
        // The task ends with the exchange.
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

    /// The whole body of a response.
    pub(super) async fn whole(
        self,
        response: http::Response<Incoming>,
    ) -> Result<Bytes, CommandError> {
        let mut body = response.into_body();
        let mut whole = BytesMut::new();
        while let Some(data) = self.next_data(&mut body).await? {
            whole.extend_from_slice(&data);
        }
        Ok(whole.freeze())
    }

    pub(super) fn foreign(self) -> CommandError {
        CommandError::environment(format!("another program is listening on {}", self.address))
            .hint("name the emulator's address with `--listen` or its folder with `--data`")
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
