//! Which service a host name belongs to: a pure function of the authority of a request.
//!
//! It reads names only: bucket and region of a COS host are left to the COS address rules.
//! Follows: MPS reference, section 14.3 (hosts with and without port); SCF reference, section 15.1; COS reference,
//! section 1.1.

use std::borrow::Cow;
use std::net::IpAddr;

/// The service that a host name belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A Cloud API: `mps.tencentcloudapi.com`, `scf.ap-guangzhou.tencentcloudapi.com`.
    CloudApi(CloudApiHost),
    /// Anything below one of the domains of COS.
    Cos,
    /// The metadata service of instances: `metadata.tencentyun.com`.
    Metadata,
    /// This machine, by name or loopback address.
    Local {
        /// The port, if the authority names one.
        port: Option<u16>,
    },
    /// Any other host.
    Other,
}

/// A host below `tencentcloudapi.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudApiHost {
    /// The first label: `mps`, `scf`, `sts`, or a service that is not emulated.
    pub service: String,
    /// The region, in the regional form.
    pub region: Option<String>,
    /// Whether it is the form of the international site: `mps.intl.tencentcloudapi.com`.
    pub is_intl: bool,
    /// Whether it is the form inside the cloud's network: `scf.internal.tencentcloudapi.com`.
    pub is_internal: bool,
}

impl Host {
    /// Reads an authority: a name or an address, in any case, with or without a port.
    pub fn of(authority: &str) -> Self {
        let name = name_of(authority);
        let below = |suffix: &str| name.strip_suffix(suffix)?.strip_suffix('.');
        if let Some(labels) = below("tencentcloudapi.com") {
            return CloudApiHost::of(labels).map_or(Self::Other, Self::CloudApi);
        }
        if below("myqcloud.com").is_some() || below("tencentcos.cn").is_some() {
            return Self::Cos;
        }
        if name == "metadata.tencentyun.com" {
            return Self::Metadata;
        }
        let address: Option<IpAddr> = name.parse().ok();
        if name == "localhost" || address.is_some_and(|address| address.is_loopback()) {
            let port = port_of(authority);
            return Self::Local { port };
        }
        Self::Other
    }
}

impl CloudApiHost {
    /// Reads the labels before the domain. Those after the service may come in any order.
    fn of(labels: &str) -> Option<Self> {
        let mut labels = labels.split('.');
        let service = labels.next().filter(|service| !service.is_empty())?;
        let mut host = Self {
            service: service.to_owned(),
            region: None,
            is_intl: false,
            is_internal: false,
        };
        for label in labels {
            match label {
                "" => return None,
                "intl" => host.is_intl = true,
                "internal" => host.is_internal = true,
                _ if host.region.is_none() => host.region = Some(label.to_owned()),
                _ => return None,
            }
        }
        Some(host)
    }
}

/// The name or address of an authority: without port, brackets, trailing dot and user, in lower case.
pub fn name_of(authority: &str) -> Cow<'_, str> {
    let (host, _) = split(authority);
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return host.to_ascii_lowercase().into();
    }
    host.into()
}

/// The port of an authority, if it names one.
pub fn port_of(authority: &str) -> Option<u16> {
    split(authority).1?.parse().ok()
}

/// Whether the authority has an invalid port. An empty port counts as absent.
pub(super) fn has_broken_port(authority: &str) -> bool {
    let port = split(authority).1;
    port.is_some_and(|port| !port.is_empty() && port.parse::<u16>().is_err())
}

/// Whether `name` is `suffix` or below it.
pub fn is_within(name: &str, suffix: &str) -> bool {
    let above = name.strip_suffix(suffix);
    let is_address = suffix.parse::<IpAddr>().is_ok();
    above.is_some_and(|above| above.is_empty() || (above.ends_with('.') && !is_address))
}

/// Host and port. A bare IPv6 address, which is not valid in an authority, is a host without a port.
fn split(authority: &str) -> (&str, Option<&str>) {
    let (_, authority) = authority.rsplit_once('@').unwrap_or(("", authority));
    if authority.starts_with('[') {
        let end = authority.find(']').map_or(authority.len(), |end| end + 1);
        let (host, rest) = authority.split_at(end);
        return (host, rest.strip_prefix(':'));
    }
    match authority.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(service: &str, region: Option<&str>, is_intl: bool, is_internal: bool) -> Host {
        Host::CloudApi(CloudApiHost {
            service: service.to_owned(),
            region: region.map(str::to_owned),
            is_intl,
            is_internal,
        })
    }

    #[test]
    fn cloud_api_hosts_in_all_their_forms() {
        let guangzhou = Some("ap-guangzhou");
        for (authority, host) in [
            ("mps.tencentcloudapi.com", api("mps", None, false, false)),
            (
                "MPS.TencentCloudAPI.com.:443",
                api("mps", None, false, false),
            ),
            (
                "scf.ap-guangzhou.tencentcloudapi.com",
                api("scf", guangzhou, false, false),
            ),
            (
                "mps.intl.tencentcloudapi.com",
                api("mps", None, true, false),
            ),
            (
                "sts.ap-guangzhou.intl.tencentcloudapi.com",
                api("sts", guangzhou, true, false),
            ),
            (
                "scf.internal.tencentcloudapi.com:80",
                api("scf", None, false, true),
            ),
            (
                "scf.ap-guangzhou.internal.tencentcloudapi.com",
                api("scf", guangzhou, false, true),
            ),
            ("vod.tencentcloudapi.com", api("vod", None, false, false)),
        ] {
            assert_eq!(Host::of(authority), host, "{authority}");
        }
    }

    #[test]
    fn other_hosts() {
        let local = |port| Host::Local { port };
        for (authority, host) in [
            ("media-1250000000.cos.ap-guangzhou.myqcloud.com", Host::Cos),
            (
                "media-1250000000.cos-internal.ap-guangzhou.tencentcos.cn:443",
                Host::Cos,
            ),
            ("service.cos.myqcloud.com", Host::Cos),
            ("myqcloud.com", Host::Other),
            ("evilmyqcloud.com", Host::Other),
            ("myqcloud.com.example.com", Host::Other),
            ("mps.tencentcloudapi.com@example.com", Host::Other),
            ("tencentcloudapi.com", Host::Other),
            (".tencentcloudapi.com", Host::Other),
            ("mps..tencentcloudapi.com", Host::Other),
            ("mps.a.b.tencentcloudapi.com", Host::Other),
            ("metadata.tencentyun.com", Host::Metadata),
            ("other.tencentyun.com", Host::Other),
            ("127.0.0.1:4680", local(Some(4680))),
            ("127.3.2.1", local(None)),
            ("LOCALHOST:80", local(Some(80))),
            ("[::1]:4680", local(Some(4680))),
            ("[::1]", local(None)),
            ("::1", local(None)),
            ("10.0.0.1:80", Host::Other),
            ("localhost:notaport", local(None)),
            ("", Host::Other),
            ("[", Host::Other),
            (":", Host::Other),
        ] {
            assert_eq!(Host::of(authority), host, "{authority}");
        }
    }
}
