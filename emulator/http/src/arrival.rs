//! How a request arrived: by which connection, through which tunnel, over TLS or not.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedSemaphorePermit;

use super::auth::Gate;
use super::auth::gate::Connected;
use super::garble::Garble;
use super::proxy_user::ProxyUser;

/// The connection by which a request arrived. Every request has one in its extensions.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The address of the client.
    pub peer: SocketAddr,
    /// Whether the connection speaks TLS.
    pub is_secure: bool,
    /// The host and port of the tunnel that carried the request, as the client wrote them.
    pub tunnel: Option<Arc<str>>,
    /// The user and password of `Proxy-Authorization`, if the client sent them.
    pub user: Option<Arc<ProxyUser>>,
    // What counts the connection as that of a principal; shared by its requests.
    connected: Arc<Mutex<Option<Connected>>>,
    // Of the stream that carries the requests: a tunnel inside a connection has its own.
    garble: Garble,
    // Given back when the last part of the connection ends, a tunnel included.
    _place: Place,
}

#[derive(Clone)]
struct Place(#[expect(dead_code, reason = "it is held, not used")] Arc<OwnedSemaphorePermit>);

impl Arrival {
    /// A connection that was opened by `peer` and takes this place.
    pub(super) fn direct(peer: SocketAddr, place: OwnedSemaphorePermit) -> Self {
        Self {
            peer,
            is_secure: false,
            tunnel: None,
            user: None,
            connected: Arc::default(),
            garble: Garble::default(),
            _place: Place(Arc::new(place)),
        }
    }

    /// The inside of a tunnel that was opened to `tunnel` on this connection. It counts as `connected`.
    pub(super) fn through(
        &self,
        tunnel: &str,
        user: Option<ProxyUser>,
        connected: Option<Connected>,
    ) -> Self {
        Self {
            tunnel: Some(tunnel.into()),
            user: user.map(Arc::new),
            connected: Arc::new(Mutex::new(connected)),
            garble: Garble::default(),
            ..self.clone()
        }
    }

    /// Notes that a request has come.
    pub(super) fn has_call(&self) {
        if let Some(connected) = &mut *self.connected() {
            connected.has_call();
        }
    }

    /// Counts the connection as one of the principal behind `gate`, from its first request on.
    pub fn belongs_to(&self, gate: &Gate) {
        self.connected()
            .get_or_insert_with(|| gate.connected(false));
    }

    fn connected(&self) -> MutexGuard<'_, Option<Connected>> {
        self.connected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the answer to this request something that is not HTTP. The connection should end after it.
    pub fn garble_answer(&self) {
        self.garble.next();
    }

    /// What garbles the answers on this connection.
    pub(super) fn garble(&self) -> &Garble {
        &self.garble
    }

    /// The rest of the connection, once it speaks TLS.
    pub(super) fn secured(self) -> Self {
        Self {
            is_secure: true,
            ..self
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Place")
    }
}
