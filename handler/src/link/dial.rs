//! How a connection comes about: directly, through a forward proxy, or through a tunnel, with TLS or without.

use std::future::poll_fn;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::Uri;
use http::uri::Scheme;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::rt::{Read, Write};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use rustls::ClientConfig;
use tower_service::Service;

use super::{Error, Proxy};

/// Where to connect to, and by which way.
#[derive(Debug)]
pub(crate) struct Dial {
    target: Uri,
    proxy: Option<Proxy>,
    /// Loaded at the first TLS connection, so that a process is ready before it has read the system's certificates.
    trust: OnceLock<ClientConfig>,
}

impl Dial {
    /// `target` is a scheme (`http` or `https`), a host and possibly a port.
    pub(crate) fn new(target: Uri, proxy: Option<Proxy>) -> Self {
        Self {
            target,
            proxy,
            trust: OnceLock::new(),
        }
    }

    /// The proxy that gets plain requests to read, as opposed to one that only passes TLS on.
    pub(super) fn forward_proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|_| !self.is_tls())
    }

    /// Opens a new connection.
    pub(super) async fn open(&self) -> Result<SendRequest<Full<Bytes>>, Error> {
        let target = self.target.clone();
        match (&self.proxy, self.is_tls()) {
            (None, false) => connect(tcp(), target).await,
            (Some(proxy), false) => connect(tcp(), proxy.uri.clone()).await,
            (None, true) => self.connect_tls(tcp(), target).await,
            (Some(proxy), true) => {
                let tunnel = Tunnel::new(proxy.uri.clone(), tcp());
                let tunnel = match &proxy.authorization {
                    Some(authorization) => tunnel.with_auth(authorization.clone()),
                    None => tunnel,
                };
                self.connect_tls(tunnel, target).await
            }
        }
    }

    async fn connect_tls<C>(&self, through: C, to: Uri) -> Result<SendRequest<Full<Bytes>>, Error>
    where
        C: Service<Uri>,
        C::Response:
            hyper_util::client::legacy::connect::Connection + Read + Write + Send + Unpin + 'static,
        C::Future: Send + 'static,
        C::Error: Into<BoxedError>,
    {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(self.trust()?.clone())
            .https_only()
            .enable_http1()
            .wrap_connector(through);
        connect(connector, to).await
    }

    /// Roots come from the system or from `SSL_CERT_FILE`. The provider is named because a program that happens to
    /// hold two makes rustls's default panic.
    fn trust(&self) -> Result<&ClientConfig, Error> {
        if let Some(trust) = self.trust.get() {
            return Ok(trust);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider supports the default versions of TLS")
            .with_native_roots()
            .map_err(Error::Trust)?
            .with_no_client_auth();
        Ok(self.trust.get_or_init(|| config))
    }

    fn is_tls(&self) -> bool {
        self.target.scheme() == Some(&Scheme::HTTPS)
    }
}

/// What connectors fail with; turned into an [`std::io::Error`] at once.
type BoxedError = Box<dyn std::error::Error + Send + Sync>;

fn tcp() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector
}

async fn connect<C>(mut connector: C, to: Uri) -> Result<SendRequest<Full<Bytes>>, Error>
where
    C: Service<Uri>,
    C::Response: Read + Write + Send + Unpin + 'static,
    C::Error: Into<BoxedError>,
{
    let shown = to.to_string();
    let failed = |error: C::Error| Error::Connect {
        to: shown.trim_end_matches('/').to_owned(),
        source: std::io::Error::other(error),
    };
    poll_fn(|context| connector.poll_ready(context))
        .await
        .map_err(&failed)?;
    let stream = connector.call(to).await.map_err(&failed)?;
    let (sender, connection) = http1::handshake(stream).await.map_err(Error::Unanswered)?;
    tokio::spawn(async move {
        // Whoever waits for an answer on this connection gets its error; an idle one may end as it likes.
        let _ = connection.await;
    });
    Ok(sender)
}
