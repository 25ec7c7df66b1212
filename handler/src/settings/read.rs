//! Variables, their defaults and their checks.

use std::ops::RangeInclusive;
use std::time::Duration;

use http::uri::Authority;

use super::{Address, Mistake, Mistakes, Settings};
use crate::archive::Retry;
use crate::link::{Proxy, ProxyMistake};

/// The longest prefix, so that a key never exceeds what COS allows; bytes.
const LONGEST_PREFIX: usize = 256;

impl Settings {
    /// Reads the variables through `lookup`; an empty value counts as unset.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Mistakes> {
        let mut reader = Reader {
            lookup,
            mistakes: Vec::new(),
        };
        let bucket = reader.bucket();
        let endpoint = reader.endpoint();
        let prefix = reader.prefix();
        let scheme = reader.scheme();
        let retry = Retry {
            tries: reader.number("ARCHIVE_TRIES", 4, 1..=20),
            base: reader.milliseconds("ARCHIVE_RETRY_BASE_MS", 100, 0..=60_000),
            longest_try: reader.milliseconds("ARCHIVE_TRY_TIMEOUT_MS", 10_000, 1..=900_000),
        };
        let runtime_api = reader.runtime_api();
        if let (Some(bucket), Some(endpoint), Some(scheme), Some(runtime_api)) =
            (bucket, endpoint, scheme, runtime_api)
        {
            let address = Address {
                scheme,
                host: format!("{bucket}.{endpoint}"),
            };
            let proxy = reader.proxy(&address);
            if reader.mistakes.is_empty() {
                return Ok(Self {
                    bucket,
                    prefix,
                    address,
                    proxy,
                    retry,
                    runtime_api,
                });
            }
        }
        Err(Mistakes(reader.mistakes))
    }
}

struct Reader<L> {
    lookup: L,
    mistakes: Vec<Mistake>,
}

impl<L: Fn(&str) -> Option<String>> Reader<L> {
    fn get(&self, variable: &str) -> Option<String> {
        (self.lookup)(variable).filter(|value| !value.is_empty())
    }

    fn mistake(&mut self, variable: &'static str, problem: impl Into<String>, hint: &'static str) {
        self.mistakes.push(Mistake {
            variable,
            problem: problem.into(),
            hint,
        });
    }

    fn bucket(&mut self) -> Option<String> {
        let hint =
            "name the bucket that keeps the archive with its APPID, such as `archive-1250000000`";
        let Some(bucket) = self.get("ARCHIVE_BUCKET") else {
            self.mistake("ARCHIVE_BUCKET", "is not set", hint);
            return None;
        };
        if is_bucket(&bucket) {
            return Some(bucket);
        }
        self.mistake("ARCHIVE_BUCKET", format!("is `{bucket}`"), hint);
        None
    }

    /// `COS_ENDPOINT`, or what the region makes of it. Follows: COS, "Host names".
    fn endpoint(&mut self) -> Option<String> {
        if let Some(endpoint) = self.get("COS_ENDPOINT") {
            if is_host_and_port(&endpoint) {
                return Some(endpoint);
            }
            let problem = format!("is `{endpoint}`");
            self.mistake(
                "COS_ENDPOINT",
                problem,
                "write a host and, if need be, a port, without scheme, path or bucket",
            );
            return None;
        }
        let variable = "ARCHIVE_REGION";
        let hint = "name the bucket's region, such as `ap-guangzhou`";
        let Some(region) = self
            .get(variable)
            .or_else(|| self.get("TENCENTCLOUD_REGION"))
        else {
            self.mistake(
                variable,
                "is not set, and neither is `TENCENTCLOUD_REGION`",
                hint,
            );
            return None;
        };
        if is_label(&region) {
            return Some(format!("cos.{region}.myqcloud.com"));
        }
        self.mistake(variable, format!("is `{region}`"), hint);
        None
    }

    fn prefix(&mut self) -> String {
        let prefix = self
            .get("ARCHIVE_PREFIX")
            .unwrap_or_else(|| "mps/".to_owned());
        let problem = if prefix.starts_with(['/', '\\']) {
            "begins with a slash"
        } else if prefix.chars().any(char::is_control) {
            "holds control characters"
        } else if prefix.len() > LONGEST_PREFIX {
            "is longer than 256 bytes"
        } else {
            return prefix;
        };
        self.mistake(
            "ARCHIVE_PREFIX",
            problem,
            "write what the keys shall begin with, such as `mps/`",
        );
        prefix
    }

    fn scheme(&mut self) -> Option<&'static str> {
        match self.get("COS_SCHEME").as_deref() {
            None | Some("https") => Some("https"),
            Some("http") => Some("http"),
            Some(other) => {
                let problem = format!("is `{other}`");
                self.mistake("COS_SCHEME", problem, "write `https` or `http`");
                None
            }
        }
    }

    fn number(&mut self, variable: &'static str, default: u32, range: RangeInclusive<u32>) -> u32 {
        let Some(text) = self.get(variable) else {
            return default;
        };
        match text.parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                let problem = format!("is `{text}`, not {} to {}", range.start(), range.end());
                self.mistake(variable, problem, "write a whole number of that range");
                default
            }
        }
    }

    fn milliseconds(
        &mut self,
        variable: &'static str,
        default: u32,
        range: RangeInclusive<u32>,
    ) -> Duration {
        Duration::from_millis(self.number(variable, default, range).into())
    }

    fn proxy(&mut self, address: &Address) -> Option<Proxy> {
        match Proxy::for_target(&address.uri(), &self.lookup) {
            Ok(proxy) => proxy,
            Err(ProxyMistake { variable }) => {
                self.mistake(
                    variable,
                    "does not name an HTTP proxy",
                    "write `http://host:port`, or exempt the bucket in `NO_PROXY`",
                );
                None
            }
        }
    }

    /// Follows: SCF, "Custom runtime API", "Endpoints", on the fallback of clients.
    fn runtime_api(&mut self) -> Option<Authority> {
        let host = self
            .get("SCF_RUNTIME_API")
            .unwrap_or_else(|| "127.0.0.1".to_owned());
        let port = self
            .get("SCF_RUNTIME_API_PORT")
            .unwrap_or_else(|| "9001".to_owned());
        let authority = format!("{host}:{port}");
        if is_host_and_port(&authority) {
            return authority.parse().ok();
        }
        self.mistake(
            "SCF_RUNTIME_API",
            format!("and `SCF_RUNTIME_API_PORT` make `{authority}`"),
            "leave both to the platform, or write a host and a port",
        );
        None
    }
}

/// Follows: COS, "Bucket names".
fn is_bucket(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(name, appid)| {
        is_label(name)
            && !name.starts_with('-')
            && !name.ends_with('-')
            && !appid.is_empty()
            && appid.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_host_and_port(text: &str) -> bool {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte));
    plain
        && text.parse::<Authority>().is_ok_and(|authority| {
            let port = text.rsplit_once(':').map(|(_, port)| port);
            !authority.host().is_empty()
                && (authority.port_u16().is_some() || port.is_none_or(|port| port.ends_with(']')))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, Mistakes> {
        Settings::read(|wanted| {
            variables
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    fn wrong(variables: &[(&str, &str)]) -> Vec<&'static str> {
        let Err(Mistakes(mistakes)) = read(variables) else {
            panic!("nothing is wrong with {variables:?}");
        };
        mistakes.iter().map(|mistake| mistake.variable).collect()
    }

    const BUCKET: (&str, &str) = ("ARCHIVE_BUCKET", "archive-1250000000");
    const REGION: (&str, &str) = ("TENCENTCLOUD_REGION", "ap-guangzhou");

    #[test]
    fn a_bucket_and_a_region_are_enough() {
        let settings = read(&[BUCKET, REGION]).unwrap();
        assert_eq!(
            settings.address.uri(),
            "https://archive-1250000000.cos.ap-guangzhou.myqcloud.com/"
        );
        assert_eq!(settings.prefix, "mps/");
        assert_eq!(settings.runtime_api, "127.0.0.1:9001");
        assert_eq!(settings.retry.tries, 4);
        assert_eq!(settings.retry.base, Duration::from_millis(100));
        assert!(settings.proxy.is_none());
    }

    #[test]
    fn everything_can_be_set() {
        let settings = read(&[
            BUCKET,
            REGION,
            ("ARCHIVE_REGION", "ap-beijing"),
            ("ARCHIVE_PREFIX", "a/b"),
            ("COS_SCHEME", "http"),
            ("COS_ENDPOINT", "cos.example.test:9000"),
            ("ARCHIVE_TRIES", "2"),
            ("ARCHIVE_RETRY_BASE_MS", "1"),
            ("ARCHIVE_TRY_TIMEOUT_MS", "50"),
            ("SCF_RUNTIME_API", "localhost"),
            ("SCF_RUNTIME_API_PORT", "4711"),
            ("HTTP_PROXY", "http://proxy:3128"),
        ])
        .unwrap();
        assert_eq!(settings.address.scheme, "http");
        assert_eq!(
            settings.address.host,
            "archive-1250000000.cos.example.test:9000"
        );
        assert_eq!(settings.prefix, "a/b");
        assert_eq!(settings.retry.tries, 2);
        assert_eq!(settings.retry.longest_try, Duration::from_millis(50));
        assert_eq!(settings.runtime_api, "localhost:4711");
        assert_eq!(settings.proxy.unwrap().uri, "http://proxy:3128/");
    }

    #[test]
    fn the_region_of_the_archive_may_differ_from_that_of_the_function() {
        let settings = read(&[BUCKET, REGION, ("ARCHIVE_REGION", "ap-beijing")]).unwrap();
        assert!(
            settings
                .address
                .host
                .ends_with(".cos.ap-beijing.myqcloud.com")
        );
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        let wrong = wrong(&[
            ("ARCHIVE_BUCKET", "archive"),
            ("ARCHIVE_PREFIX", "/mps/"),
            ("COS_SCHEME", "ftp"),
            ("ARCHIVE_TRIES", "0"),
            ("ARCHIVE_RETRY_BASE_MS", "soon"),
            ("SCF_RUNTIME_API_PORT", "seventy"),
        ]);
        assert_eq!(
            wrong,
            [
                "ARCHIVE_BUCKET",
                "ARCHIVE_REGION",
                "ARCHIVE_PREFIX",
                "COS_SCHEME",
                "ARCHIVE_TRIES",
                "ARCHIVE_RETRY_BASE_MS",
                "SCF_RUNTIME_API",
            ]
        );
    }

    #[test]
    fn a_mistake_says_what_to_do() {
        let message = read(&[REGION]).unwrap_err().to_string();
        assert_eq!(
            message,
            "a setting is wrong\n  `ARCHIVE_BUCKET` is not set\n    hint: name the bucket that keeps the archive with \
             its APPID, such as `archive-1250000000`"
        );
    }

    #[test]
    fn buckets_end_in_an_appid() {
        for good in ["a-1", "my-archive-1250000000", "9-9"] {
            assert!(is_bucket(good), "{good}");
        }
        for bad in [
            "", "a", "a-", "-1", "A-1", "a_b-1", "a--1", "-a-1", "a-1x", "a.b-1",
        ] {
            assert!(!is_bucket(bad), "{bad}");
        }
    }

    #[test]
    fn endpoints_are_hosts_with_or_without_a_port() {
        for bad in [
            "http://cos.test",
            "cos.test/x",
            "me@cos.test",
            "cos.test:",
            "cos.test:x",
            ":9000",
            "a b",
        ] {
            assert_eq!(
                wrong(&[BUCKET, ("COS_ENDPOINT", bad)]),
                ["COS_ENDPOINT"],
                "{bad}"
            );
        }
        for good in ["cos.test", "localhost:9000", "127.0.0.1:80"] {
            read(&[BUCKET, ("COS_ENDPOINT", good)]).unwrap();
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_a_mistake_unless_exempt() {
        let socks = ("HTTPS_PROXY", "socks5://a:1");
        assert_eq!(wrong(&[BUCKET, REGION, socks]), ["HTTPS_PROXY"]);
        read(&[BUCKET, REGION, ("HTTP_PROXY", "socks5://a:1")]).unwrap();
    }
}
