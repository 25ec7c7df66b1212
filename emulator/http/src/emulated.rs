//! Which hosts are emulated: those of the platform, and the ones that are configured beside them.

use super::host::{Host, name_of, port_of};
use super::host_pattern::HostPattern;

/// Domains of the platform, without a leading dot. The local authority vouches for hosts below these and for no others of
/// the platform.
const SUFFIXES: &[&str] = &[
    "myqcloud.com",
    "tencentcos.cn",
    "tencentcloudapi.com",
    "tencentyun.com",
];

/// The hosts that the emulator answers for, although clients mean the real ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Emulated {
    extra: Vec<HostPattern>,
}

impl Emulated {
    /// The platform's hosts, and `extra` ones: stubbed hosts, custom domains.
    pub fn with(extra: impl IntoIterator<Item = HostPattern>) -> Self {
        Self {
            extra: extra.into_iter().collect(),
        }
    }

    /// Whether requests to this authority are answered here. Of this machine's own names only those with `own_port` are.
    pub fn covers(&self, authority: &str, own_port: u16) -> bool {
        match Host::of(authority) {
            Host::CloudApi(_) | Host::Cos | Host::Metadata => true,
            Host::Local { port } if port == Some(own_port) => true,
            Host::Local { .. } | Host::Other => {
                let (name, port) = (name_of(authority), port_of(authority));
                let is_meant = |extra: &HostPattern| match port {
                    Some(port) => extra.covers(&name, port),
                    None => extra.covers(&name, 443) || extra.covers(&name, 80),
                };
                self.extra.iter().any(is_meant)
            }
        }
    }

    /// Every name and address for which the local authority may vouch, beside this machine's own. A name stands for those
    /// below it as well: certificates have no narrower constraint.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let extra = self.extra.iter().map(HostPattern::name);
        SUFFIXES.iter().copied().chain(extra)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_hosts_stay_here_and_others_do_not() {
        let extra = [
            "hooks.example.com",
            "*.wild.example.com",
            "10.0.0.7",
            "[fd00::1]:80",
        ];
        let emulated = Emulated::with(extra.map(|extra| extra.parse().unwrap()));
        for inside in [
            "hooks.example.com:443",
            "a.b.Wild.example.com",
            "10.0.0.7:80",
            "[fd00::1]",
            "mps.tencentcloudapi.com",
            "localhost:4680",
        ] {
            assert!(emulated.covers(inside, 4680), "{inside}");
        }
        for outside in [
            "example.com",
            "badhooks.example.com",
            "a.hooks.example.com",
            "wild.example.com",
            "[fd00::1]:81",
            "110.0.0.7",
            "1.10.0.0.7",
            "localhost:4681",
            "localhost",
            "",
        ] {
            assert!(!emulated.covers(outside, 4680), "{outside}");
        }
    }
}
