//! The local certificate authority: certificates on the fly for the emulated hosts.
//!
//! One authority belongs to one installation (its data directory) or to one scenario (in memory). Clients are told to
//! trust it through their own variables; it is never installed in the system's store. Its key is of little use
//! to an attacker: the certificate is constrained to the emulated names and to this machine's own.
//!
//! Follows: COS reference, section 1.2, last paragraph. Choice: one leaf per host name instead of wildcards, because a
//! wildcard does not reach bucket hosts on both sides of the region.

mod certificate;
mod files;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{CertificateParams, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::ResolvesServerCertUsingSni;

use super::emulated::Emulated;
use super::host::name_of;
use backlot_base::clock::Clock;
use backlot_base::folder::Folder;

/// The largest number of hosts whose configuration is kept. A run has some dozens; more are made-up names.
const KEPT: usize = 1024;

/// An authority or a certificate cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be used.
    #[error("cannot {act} `{}`", path.display())]
    File {
        /// `read`, `write`, …
        act: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
    /// Others can read the key.
    #[error(
        "the key `{}` can be used by others (mode {mode:03o}): run `chmod 600` on it, or remove it to get a new authority",
        path.display()
    )]
    Exposed {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file does not hold a key.
    #[error("`{}` holds no private key in PEM form: remove it to get a new authority", path.display())]
    NoKey {
        /// The key file.
        path: PathBuf,
        /// The error of the parser.
        #[source]
        source: rcgen::Error,
    },
    /// A certificate cannot be made: a host is not a name that a certificate can hold.
    #[error("no certificate can be made")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library does not accept a certificate made here.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

/// A certificate authority for the emulated hosts.
pub struct Authority {
    clock: Clock,
    emulated: Emulated,
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: CertificateDer<'static>,
    // One key for all leaves: making keys is the slow part.
    leaf_key: KeyPair,
    provider: Arc<CryptoProvider>,
    refusing: Arc<ServerConfig>,
    // A plain mutex: a certificate is made in a fraction of a millisecond.
    leaves: Mutex<HashMap<String, Leaf>>,
}

/// The configuration for one host.
struct Leaf {
    config: Arc<ServerConfig>,
    /// The day on which it was made, in days since the epoch.
    made: i64,
}

impl Authority {
    /// An authority that lives as long as this value; its key never touches a disk.
    pub fn in_memory(clock: &Clock, emulated: &Emulated) -> Result<Self, Error> {
        let key = KeyPair::generate()?;
        let params = certificate::authority(&key, emulated);
        let certificate = params.self_signed(&key)?;
        let (pem, der) = (certificate.pem(), certificate.der().clone());
        Self::new(clock, emulated, params, key, (pem, der))
    }

    /// The authority of a data directory; made if it does not exist.
    ///
    /// The key is `ca-key.pem`, readable by its owner only, the certificate `ca.pem` beside it. The certificate is made
    /// anew, with the same key, if it is not for these hosts.
    pub fn open(clock: &Clock, folder: &Path, emulated: &Emulated) -> Result<Self, Error> {
        let created = Folder::create(folder);
        let folder = &created.map_err(files::failed("create", folder))?;
        let key = files::key(folder)?;
        let params = certificate::authority(&key, emulated);
        let fresh = params.self_signed(&key)?;
        let kept = files::certificate(folder)?.filter(|kept| {
            certificate::signed_part(kept.1.as_ref()) == certificate::signed_part(fresh.der())
        });
        let kept = if let Some(kept) = kept {
            kept
        } else {
            files::write(folder, files::CERTIFICATE, fresh.pem().as_bytes())?;
            (fresh.pem(), fresh.der().clone())
        };
        Self::new(clock, emulated, params, key, kept)
    }

    fn new(
        clock: &Clock,
        emulated: &Emulated,
        params: CertificateParams,
        key: KeyPair,
        (pem, der): (String, CertificateDer<'static>),
    ) -> Result<Self, Error> {
        // Never the process's default provider: two crates that install one would panic.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let refusing = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(ResolvesServerCertUsingSni::new()));
        Ok(Self {
            clock: clock.clone(),
            emulated: emulated.clone(),
            issuer: Issuer::new(params, key),
            pem,
            der,
            leaf_key: KeyPair::generate()?,
            provider,
            refusing: Arc::new(refusing),
            leaves: Mutex::new(HashMap::new()),
        })
    }

    /// The hosts for which it makes certificates.
    pub fn emulated(&self) -> &Emulated {
        &self.emulated
    }

    /// The authority's certificate, PEM: what clients have to trust.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The authority's certificate, DER.
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// Writes `ca.pem` into a folder, for `NODE_EXTRA_CA_CERTS` and its like. Returns its path.
    pub fn write_certificate(&self, folder: &Path) -> Result<PathBuf, Error> {
        write(folder, files::CERTIFICATE, self.pem.as_bytes())
    }

    /// Writes `ca-bundle.pem` into a folder, for variables that *replace* what a client trusts (`SSL_CERT_FILE`,
    /// `REQUESTS_CA_BUNDLE`). With `roots`, a file such as [`system_roots`] finds, the client trusts those too.
    pub fn write_bundle(&self, folder: &Path, roots: Option<&Path>) -> Result<PathBuf, Error> {
        let mut bundle = self.pem.clone().into_bytes();
        if let Some(roots) = roots {
            bundle.push(b'\n');
            bundle.extend(files::read(roots)?);
        }
        write(folder, files::BUNDLE, &bundle)
    }

    /// How to speak TLS as `host`, a name or address without a port. The certificate is made at the first call.
    ///
    /// For a host that is not emulated the configuration ends every handshake with an alert.
    pub fn config_for(&self, host: &str) -> Result<Arc<ServerConfig>, Error> {
        let host = name_of(host).into_owned();
        let today = certificate::day(self.clock.client_now());
        let mut leaves = self.leaves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(leaf) = leaves.get(&host)
            && today < leaf.made + certificate::RENEWED_AFTER
        {
            return Ok(Arc::clone(&leaf.config));
        }
        let Some(params) = certificate::leaf(&host, &self.emulated, self.issuer.key(), today)?
        else {
            return Ok(Arc::clone(&self.refusing));
        };
        let certificate = params.signed_by(&self.leaf_key, &self.issuer)?;
        let key = PrivatePkcs8KeyDer::from(self.leaf_key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::from(key))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let config = Arc::new(config);
        if leaves.len() >= KEPT {
            leaves.clear();
        }
        let leaf = Leaf {
            config: Arc::clone(&config),
            made: today,
        };
        leaves.insert(host, leaf);
        Ok(config)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.emulated.names().collect();
        write!(out, "Authority({})", names.join(", "))
    }
}

/// Writes a file into a folder that exists, and returns its path.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, Error> {
    let opened = Folder::open(folder);
    let opened = opened.map_err(files::failed("open", folder))?;
    files::write(&opened, name, bytes)?;
    Ok(opened.path_of(name))
}

/// Where this system keeps the certificates that it trusts, if it does so in one file.
pub fn system_roots() -> Option<PathBuf> {
    const PLACES: &[&str] = &[
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];
    let mut places = PLACES.iter().map(Path::new);
    places.find(|place| place.is_file()).map(Path::to_owned)
}
