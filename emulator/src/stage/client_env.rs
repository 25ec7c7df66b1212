//! The environment variables with which programs use a stage as if it were the cloud.

use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::path::PathBuf;

use super::{front_door, python};
use crate::scf::Account;
use backlot_http::auth::Credentials;

/// What the variables are made from.
#[derive(Clone, Debug)]
pub struct ClientEnv {
    /// Where the front door listens.
    pub address: SocketAddr,
    /// The account that owns everything.
    pub account: Account,
    /// The owner's keys.
    pub owner: Credentials,
    /// Certificates that clients have to trust, if the stage has any. Without them, `https` is left alone.
    pub ca_bundle: Option<PathBuf>,
    /// The folder that makes Python programs trust them; see [`super::python`].
    pub python: Option<PathBuf>,
}

/// Where clients look for certificates, beside the variables that functions get as well.
const MORE_AUTHORITIES: [&str; 3] = [
    "DENO_CERT",
    "GIT_SSL_CAINFO",
    // Read by our own Python module.
    "BACKLOT_CA_BUNDLE",
];

/// Variables that some clients need and that others cannot bear; they are set only if they are named, and removed otherwise.
///
/// `AWS_CA_BUNDLE` is for AWS SDKs that read no other variable. The AWS SDK for Go refuses to start with it in programs that have
/// a transport of their own, rclone among them. boto3 and the AWS CLI read `REQUESTS_CA_BUNDLE` as well.
pub const OPTIONAL: [&str; 1] = ["AWS_CA_BUNDLE"];

impl ClientEnv {
    /// The names of all variables that may be set, `PYTHONPATH` included.
    pub fn names() -> Vec<String> {
        let any = Self {
            address: SocketAddr::from(([127, 0, 0, 1], 1)),
            account: Account {
                app_id: 0,
                uin: String::new(),
                region: String::new(),
            },
            owner: super::owner_keys(backlot_base::seed::Seed(0)),
            ca_bundle: Some(PathBuf::new()),
            python: None,
        };
        let set = any.variables().into_iter().map(|(name, _)| name);
        let more = OPTIONAL.into_iter().chain(["PYTHONPATH"]);
        set.chain(more.map(str::to_owned)).collect()
    }

    /// The optional variables, each with its value if it is among `wanted`, and without one if it must not be set: it may name
    /// other certificates, and the clients that read it would believe those only.
    pub fn optional(&self, wanted: &[String]) -> Vec<(String, Option<String>)> {
        let Some(bundle) = &self.ca_bundle else {
            return Vec::new();
        };
        let bundle = bundle.to_string_lossy().into_owned();
        let value = |name: &str| {
            wanted
                .iter()
                .any(|wanted| wanted == name)
                .then(|| bundle.clone())
        };
        OPTIONAL.map(|name| (name.to_owned(), value(name))).into()
    }

    /// Names and values, in the order in which people want to read them.
    pub fn variables(&self) -> Vec<(String, String)> {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            // A server that listens on all addresses is reached on loopback.
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        let mut variables = front_door::variables(address, self.ca_bundle.as_deref());
        let mut set = |name: &str, value: &str| variables.push((name.to_owned(), value.to_owned()));
        if let Some(bundle) = &self.ca_bundle {
            let bundle = bundle.to_string_lossy();
            for name in MORE_AUTHORITIES {
                set(name, &bundle);
            }
        }
        // Programs on this machine are reached without the proxy.
        set("NO_PROXY", "localhost,127.0.0.1,::1");
        set("no_proxy", "localhost,127.0.0.1,::1");
        let Account {
            app_id,
            uin,
            region,
        } = &self.account;
        // The official SDKs look for the first spelling or for the second.
        set("TENCENTCLOUD_SECRETID", &self.owner.secret_id);
        set("TENCENTCLOUD_SECRETKEY", &self.owner.secret_key);
        set("TENCENTCLOUD_SECRET_ID", &self.owner.secret_id);
        set("TENCENTCLOUD_SECRET_KEY", &self.owner.secret_key);
        set("TENCENTCLOUD_REGION", region);
        set("TENCENTCLOUD_APPID", &app_id.to_string());
        set("TENCENTCLOUD_UIN", uin);
        set("BACKLOT_ADDRESS", &address.to_string());
        variables
    }

    /// `PYTHONPATH`, to be set if programs in Python are to trust the certificates; `before` is what it is now.
    pub fn python_path(&self, before: Option<&OsStr>) -> Option<OsString> {
        self.ca_bundle.as_ref()?;
        Some(python::path_with(self.python.as_ref()?, before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::owner_keys;
    use backlot_base::seed::Seed;

    fn variables(address: &str, ca_bundle: Option<&str>) -> Vec<(String, String)> {
        let client_env = ClientEnv {
            address: address.parse().unwrap(),
            account: Account {
                app_id: 1_250_000_000,
                uin: "100000000001".into(),
                region: "ap-guangzhou".into(),
            },
            owner: owner_keys(Seed(1)),
            ca_bundle: ca_bundle.map(PathBuf::from),
            python: None,
        };
        client_env.variables()
    }

    fn find<'a>(variables: &'a [(String, String)], name: &str) -> Option<&'a str> {
        let found = variables.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    #[test]
    fn https_is_left_alone_without_certificates() {
        let without = variables("127.0.0.1:4680", None);
        assert_eq!(find(&without, "HTTP_PROXY"), Some("http://127.0.0.1:4680"));
        for name in ["HTTPS_PROXY", "SSL_CERT_FILE", "BACKLOT_CA_BUNDLE"] {
            assert_eq!(find(&without, name), None, "{name}");
        }
        let with = variables("0.0.0.0:4680", Some("/data/ca.pem"));
        assert_eq!(find(&with, "https_proxy"), Some("http://127.0.0.1:4680"));
        assert_eq!(find(&with, "NODE_EXTRA_CA_CERTS"), Some("/data/ca.pem"));
    }
}
