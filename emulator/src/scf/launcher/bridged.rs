//! Instances that are Go binaries: a process that listens on a port, and the bridge from there to the runtime API.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::net::TcpSocket;
use tokio_util::task::AbortOnDropHandle;

use super::{BoxFuture, LaunchError, LaunchRequest, Launched, Launcher as _, Process, Program};
use crate::scf::shim::go::{Bridge, Ended, PORT};
use backlot_base::clock::Clock;

/// How long a process whose connection broke may take to end, in real time.
const ENDING: Duration = Duration::from_secs(1);

/// A process that is called by a bridge.
#[derive(Debug)]
struct Bridged {
    process: Box<dyn Process>,
    bridge: AbortOnDropHandle<Ended>,
    /// Why the bridge has ended, if it has.
    ended: Option<Ended>,
    /// How the process ended, if it was because of the bridge.
    reason: Option<String>,
    /// Keeps the system from giving the port to others. It does not listen; the binary does.
    _reserved: TcpSocket,
}

/// Starts the binary `file` in the folder `dir`.
pub(super) fn launch(
    file: &Path,
    dir: &Path,
    mut start: LaunchRequest,
) -> Result<Launched, LaunchError> {
    let reserved = TcpSocket::new_v4()?;
    // The binary may listen there, too.
    reserved.set_reuseaddr(true)?;
    reserved.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let port = reserved.local_addr()?.port();
    start.environment.push((PORT.into(), port.to_string()));
    let bridge = Bridge {
        api: start.api,
        port,
        environment: start.environment.clone(),
    };
    let hidden = ["SCF_RUNTIME_API", "SCF_RUNTIME_API_PORT", "_HANDLER"];
    start
        .environment
        .retain(|(name, _)| !hidden.contains(&name.as_str()));
    let program = Program::of(PathBuf::from(".").join(file), Vec::new(), dir);
    let launched = program.launch(start)?;
    let bridge = AbortOnDropHandle::new(tokio::spawn(bridge.run()));
    Ok(Launched {
        process: Box::new(Bridged {
            process: launched.process,
            bridge,
            ended: None,
            reason: None,
            _reserved: reserved,
        }),
        ..launched
    })
}

impl Process for Bridged {
    fn exited(&mut self) -> BoxFuture<'_, String> {
        Box::pin(async {
            if let Some(reason) = &self.reason {
                return reason.clone();
            }
            let ended = if let Some(ended) = self.ended.take() {
                ended
            } else {
                tokio::select! {
                    biased;
                    how = self.process.exited() => return how,
                    // Without one it was cut: the process is being killed.
                    Ok(ended) = &mut self.bridge => ended,
                }
            };
            let ended = self.ended.insert(ended);
            // The process may have ended, which is the better reason.
            if !matches!(ended, Ended::Panicked) {
                let clock = Clock::real();
                let exited = clock.within(ENDING, self.process.exited());
                if let Ok(how) = exited.await {
                    return how;
                }
            }
            self.process.kill();
            self.reason.insert(ended.to_string()).clone()
        })
    }

    fn ended(&mut self) -> Option<String> {
        if self.reason.is_none()
            && let Some(how) = self.process.ended()
        {
            return Some(how);
        }
        if self.ended.is_some() || self.bridge.is_finished() {
            return self.exited().now_or_never();
        }
        None
    }

    fn kill(&mut self) -> bool {
        self.bridge.abort();
        self.process.kill()
    }

    fn id(&self) -> Option<u32> {
        self.process.id()
    }

    fn freeze(&mut self) {
        self.process.freeze();
    }

    fn thaw(&mut self) {
        self.process.thaw();
    }
}
