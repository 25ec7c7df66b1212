//! Go binaries of the runtime `Go1`: the platform's library for Go listens on a port and offers the methods `Function.Ping` and
//! `Function.Invoke` by `net/rpc`. A bridge calls them, and speaks the runtime API for them.
//!
//! Choice: the deadline that a function sees is in the machine's time, as Go compares it with that.
//!
//! Follows: SCF reference, sections 4.1 (`_LAMBDA_SERVER_PORT`) and 6.5.

mod gob;
mod rpc;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Response};

use self::gob::{BYTES, INT, Record, TEXT, Value};
use self::rpc::{Call, Rpc, RpcError};
use crate::scf::launcher::{RuntimeClient, RuntimeError};
use backlot_base::clock::Clock;

/// The variable with the port on which the binary listens.
pub(in crate::scf) const PORT: &str = "_LAMBDA_SERVER_PORT";

const PING: i64 = 66;
const INVOKE: i64 = 67;
const TIMESTAMP: i64 = 68;

/// The time between the first two attempts to connect, in real time. It doubles up to the second.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LAST_PAUSE: Duration = Duration::from_millis(16);

/// What connects a binary to the runtime API.
#[derive(Debug)]
pub(in crate::scf) struct Bridge {
    /// The runtime API of the instance.
    pub(in crate::scf) api: SocketAddr,
    /// The port on which the binary listens.
    pub(in crate::scf) port: u16,
    /// The variables of the binary.
    pub(in crate::scf) environment: Vec<(String, String)>,
}

/// Why a bridge has ended.
#[derive(Debug, thiserror::Error)]
pub(in crate::scf) enum Ended {
    /// A panic of the function: its library asks for the end of the process.
    #[error("panicked")]
    Panicked,
    /// The binary answered in a way that its library does not.
    #[error(transparent)]
    Binary(#[from] BinaryError),
    /// The instance is gone.
    #[error(transparent)]
    Api(#[from] RuntimeError),
}

/// A binary that is no function.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(in crate::scf) struct BinaryError(RpcError);

impl Bridge {
    /// Takes events to the binary until one of both sides is gone.
    pub(in crate::scf) async fn run(self) -> Ended {
        match self.serve().await {
            Ok(never) => match never {},
            Err(ended) => ended,
        }
    }

    async fn serve(&self) -> Result<std::convert::Infallible, Ended> {
        let mut binary = self.connect().await;
        let ping = Call {
            method: "Function.Ping",
            types: &gob::definition(PING, "PingRequest", &[]),
            argument: &Record::default().message(PING),
        };
        binary.call(ping).await.map_err(BinaryError)?;
        let mut client = RuntimeClient::connect(self.api).await?;
        client.ready().await?;
        let types = types();
        loop {
            let event = client.next().await?;
            let invoke = Call {
                method: "Function.Invoke",
                types: &types,
                argument: &self.request(&event).message(INVOKE),
            };
            let response = match binary.call(invoke).await {
                Err(RpcError::Failed(text)) => {
                    client.error(text).await?;
                    continue;
                }
                response => response.map_err(BinaryError)?,
            };
            match (response.field("Error"), response.field("Payload")) {
                (Some(error), _) => {
                    client.error(text_of(error)).await?;
                    if error.field("ShouldExit").is_some() {
                        return Err(Ended::Panicked);
                    }
                }
                (None, Some(Value::Bytes(payload))) => client.response(payload.clone()).await?,
                (None, _) => client.response(Bytes::new()).await?,
            }
        }
    }

    /// Waits until the binary listens. The system does not tell when it does.
    async fn connect(&self) -> Rpc {
        let mut pause = FIRST_PAUSE;
        loop {
            if let Ok(rpc) = Rpc::connect(self.port).await {
                return rpc;
            }
            let nothing = std::future::pending::<()>();
            // That the time is over is what is waited for.
            let _elapsed = Clock::real().within(pause, nothing).await;
            pause = LAST_PAUSE.min(pause * 2);
        }
    }

    /// The argument of `Function.Invoke`.
    fn request(&self, event: &Response<Bytes>) -> Record {
        let headers = event.headers();
        let memory = number(headers, "memory_limit_in_mb");
        let time = number(headers, "time_limit_in_ms");
        let request_id = headers.get("request_id");
        let deadline = Clock::real().now().as_nanosecond() + i128::from(time) * 1_000_000;
        let seconds = i64::try_from(deadline.div_euclid(1_000_000_000)).unwrap_or(i64::MAX);
        let nanos = i64::try_from(deadline.rem_euclid(1_000_000_000)).unwrap_or(0);
        let namespace = self.variable("SCF_NAMESPACE");
        let environment = serde_json::json!({ "SCF_NAMESPACE": namespace });
        Record::default()
            .bytes(event.body())
            .bytes(request_id.map_or(&b""[..], |id| id.as_bytes()))
            .bytes("")
            .record(&Record::default().int(seconds).int(nanos))
            .bytes("")
            .bytes("")
            .bytes(namespace)
            .bytes(self.variable("SCF_FUNCTIONNAME"))
            .bytes(self.variable("SCF_FUNCTIONVERSION"))
            .int(memory)
            .int(time)
            .bytes(environment.to_string())
            .bytes(self.variable("TENCENTCLOUD_REGION"))
            .bytes(self.variable("TENCENTCLOUD_APPID"))
            .bytes(self.variable("TENCENTCLOUD_UIN"))
    }

    fn variable(&self, name: &str) -> &str {
        let found = self.environment.iter().rfind(|(found, _)| found == name);
        found.map_or("", |(_, value)| value)
    }
}

/// The types of the argument of `Function.Invoke`, in the order of [`Bridge::request`].
fn types() -> Vec<u8> {
    let invoke = [
        ("Payload", BYTES),
        ("RequestId", TEXT),
        ("TraceId", TEXT),
        ("Deadline", TIMESTAMP),
        ("InvokedFunctionUnique", TEXT),
        ("ClientContext", BYTES),
        ("Namespace", TEXT),
        ("FunctionName", TEXT),
        ("FunctionVersion", TEXT),
        ("MemoryLimitInMb", INT),
        ("TimeLimitInMs", INT),
        ("Environment", TEXT),
        ("TencentcloudRegion", TEXT),
        ("TencentcloudAppID", TEXT),
        ("TencentcloudUin", TEXT),
    ];
    let timestamp = [("Seconds", INT), ("Nanos", INT)];
    [
        gob::definition(INVOKE, "InvokeRequest", &invoke),
        gob::definition(TIMESTAMP, "InvokeRequest_Timestamp", &timestamp),
    ]
    .concat()
}

fn number(headers: &HeaderMap, name: &str) -> i64 {
    let text = headers.get(name).and_then(|value| value.to_str().ok());
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// An error as text: its type and message, and the frames of a panic.
///
/// Choice: how the platform writes the errors of Go functions is not documented.
fn text_of(error: &Value) -> String {
    let mut text = error.text("Message").to_owned();
    let type_name = error.text("Type");
    if !type_name.is_empty() {
        text = format!("{type_name}: {text}");
    }
    if let Some(Value::List(frames)) = error.field("StackTrace") {
        for frame in frames {
            let line = match frame.field("Line") {
                Some(Value::Int(line)) => *line,
                _ => 0,
            };
            let (label, path) = (frame.text("Label"), frame.text("Path"));
            text = format!("{text}\n    at {label} ({path}:{line})");
        }
    }
    text
}
