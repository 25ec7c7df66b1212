//! Instances that are futures in this process, for tests and for programs that embed the emulator.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt as _;
use tokio::task::JoinHandle;

use super::{BoxFuture, LaunchError, LaunchRequest, Launched, Launcher, Process, RuntimeClient};
use crate::scf::output::{Output, Printer};

/// Code that runs as a future and speaks the runtime API over its socket, like any process.
#[derive(Clone)]
pub struct InProcess(Arc<dyn Fn(Embedded) -> BoxFuture<'static, ()> + Send + Sync>);

/// What in-process code is given.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// The runtime API's address.
    pub api: SocketAddr,
    /// What a process would find in its environment.
    pub environment: Vec<(String, String)>,
    /// Prints into the log.
    pub printer: Printer,
}

impl InProcess {
    /// Code that speaks the runtime API itself, from `ready` on. The instance ends when the future does.
    pub fn new<C, F>(code: C) -> Self
    where
        C: Fn(Embedded) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        Self(Arc::new(move |embedded| Box::pin(code(embedded))))
    }

    /// Code that turns one event into an answer or an error text; the loop around it is provided.
    pub fn handler<H, F>(handler: H) -> Self
    where
        H: Fn(Embedded, Bytes) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Bytes, String>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        Self::new(move |embedded| {
            let handler = Arc::clone(&handler);
            async move {
                let ended = serve(&embedded, |event| handler(embedded.clone(), event)).await;
                if let Err(error) = ended {
                    tracing::debug!(%error, "an instance lost its runtime API");
                }
            }
        })
    }
}

/// Takes events until the runtime API is gone.
async fn serve<F>(
    embedded: &Embedded,
    handler: impl Fn(Bytes) -> F,
) -> Result<(), super::RuntimeError>
where
    F: Future<Output = Result<Bytes, String>>,
{
    let mut client = RuntimeClient::connect(embedded.api).await?;
    client.ready().await?;
    loop {
        let event = client.next().await?.into_body();
        match handler(event).await {
            Ok(answer) => client.response(answer).await?,
            Err(text) => client.error(text).await?,
        }
    }
}

impl Launcher for InProcess {
    fn root(&self) -> PathBuf {
        PathBuf::from("/var/user")
    }

    fn launch(&self, start: LaunchRequest) -> Result<Launched, LaunchError> {
        let (output, printer) = Output::of_printer();
        let running = tokio::spawn((self.0)(Embedded {
            api: start.api,
            environment: start.environment,
            printer,
        }));
        let process = Box::new(Running {
            running,
            ended: None,
        });
        Ok(Launched {
            process,
            output,
            shares_tmp: false,
            misses_folders: false,
        })
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("InProcess")
    }
}

#[derive(Debug)]
struct Running {
    running: JoinHandle<()>,
    ended: Option<String>,
}

impl Process for Running {
    fn exited(&mut self) -> BoxFuture<'_, String> {
        Box::pin(async {
            if self.ended.is_none() {
                let ended = match (&mut self.running).await {
                    Ok(()) => "exited with code 0",
                    Err(error) if error.is_panic() => "panicked",
                    Err(_) => "killed by signal 9",
                };
                self.ended = Some(ended.to_owned());
            }
            self.ended.clone().expect("it has just been set")
        })
    }

    fn ended(&mut self) -> Option<String> {
        if self.running.is_finished() || self.ended.is_some() {
            return self.exited().now_or_never();
        }
        None
    }

    fn kill(&mut self) -> bool {
        let was_running = !self.running.is_finished();
        self.running.abort();
        was_running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.running.abort();
    }
}
