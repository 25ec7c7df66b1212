//! Which bucket and which key a request is about: host style or path style, on any of the hosts of COS.
//!
//! Follows: COS reference, sections 1.1 to 1.5.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::names::{malformed_bucket, split_bucket};
use crate::request::error::{self, Error};
use backlot_http::Query;
use backlot_http::host::name_of;

/// Hosts beside those of the platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Domains {
    /// The suffix after `<bucket>.` in custom hosts, for example `cos.localhost`.
    pub base: Option<String>,
    /// Custom hosts of single buckets, each with the full name of its bucket.
    pub custom: BTreeMap<String, String>,
}

impl Domains {
    /// The bucket that has this custom host.
    fn bucket_of(&self, authority: &str, name: &str) -> Option<&str> {
        if self.custom.is_empty() {
            return None;
        }
        let lower = authority.to_ascii_lowercase();
        let mut spellings = [name, without_port(&lower), &lower].into_iter();
        let bucket = spellings.find_map(|host| self.custom.get(host))?;
        Some(bucket)
    }
}

/// Service, bucket or object of a request, and how the request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The service, a bucket or an object.
    pub target: Target,
    /// The region that the host names, in its current spelling.
    pub region: Option<String>,
    /// What kind of host it is.
    pub endpoint: Endpoint,
    /// The parameters.
    pub query: Query,
    /// Whether it is a host of global acceleration.
    pub is_accelerated: bool,
    /// Whether the host is one of the platform's, which are the default hosts of buckets, rather than a custom or local one.
    pub is_platform: bool,
    /// Whether the path names the bucket.
    pub is_path_style: bool,
    /// Decoded paths that a client may have signed, the likeliest first.
    pub signed_paths: Vec<Vec<u8>>,
}

/// The service, a bucket or an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// All buckets.
    Service,
    /// A bucket, by its full name.
    Bucket(String),
    /// An object.
    Object {
        /// The bucket's full name.
        bucket: String,
        /// The key, never empty.
        key: String,
    },
}

/// Hosts that differ in what they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The API.
    Api,
    /// Static websites.
    Website,
    /// Data processing, which the emulator does not support.
    Processing,
}

/// The parts of a host name.
struct Host<'a> {
    /// The name of a bucket, or what is in its place.
    bucket: Option<&'a str>,
    region: Option<&'a str>,
    endpoint: Endpoint,
    is_accelerated: bool,
    is_platform: bool,
    /// Whether the first segment of the path may name the bucket.
    path_style: bool,
}

impl Target {
    /// The bucket's full name, empty for the service.
    pub fn bucket(&self) -> &str {
        match self {
            Self::Service => "",
            Self::Bucket(bucket) | Self::Object { bucket, .. } => bucket,
        }
    }

    /// The key, empty for service and bucket.
    pub fn key(&self) -> &str {
        match self {
            Self::Object { key, .. } => key,
            _ => "",
        }
    }

    /// The full name of the bucket and the key.
    pub fn into_names(self) -> (String, String) {
        match self {
            Self::Service => Default::default(),
            Self::Bucket(bucket) => (bucket, String::new()),
            Self::Object { bucket, key } => (bucket, key),
        }
    }
}

impl Address {
    /// Reads the authority and the raw path and query of a target.
    pub fn parse(
        authority: &str,
        path: &str,
        query: Option<&str>,
        domains: &Domains,
    ) -> Result<Self, Error> {
        let name = name_of(authority);
        let host = Host::parse(authority, &name, domains);
        let raw = path.strip_prefix('/').unwrap_or(path);
        let mut signed_paths = spellings(path);
        let is_path_style = host.bucket.is_none();
        let (bucket, raw_key) = match host.bucket {
            Some(bucket) if split_bucket(bucket).is_none() => return Err(malformed_bucket(bucket)),
            Some(bucket) => (Some(bucket.to_owned()), raw),
            None if host.path_style => {
                let (first, rest) = raw.split_once('/').unwrap_or((raw, ""));
                let first = percent_decode_str(first).decode_utf8_lossy();
                if split_bucket(&first).is_some() {
                    signed_paths.extend(spellings(&format!("/{rest}")));
                    (Some(first.into_owned()), rest)
                } else if raw.is_empty() {
                    (None, "")
                } else {
                    return Err(malformed_bucket(&first));
                }
            }
            // The service has no objects, and acceleration has no buckets in the path.
            None if host.endpoint == Endpoint::Api && !raw.is_empty() => {
                return Err(error::METHOD_NOT_ALLOWED.into());
            }
            None => (None, ""),
        };
        let target = match bucket {
            None => Target::Service,
            Some(bucket) if raw_key.is_empty() => Target::Bucket(bucket),
            Some(bucket) => Target::Object {
                bucket,
                key: key(raw_key)?,
            },
        };
        Ok(Self {
            target,
            region: host.region.map(str::to_owned),
            endpoint: host.endpoint,
            is_accelerated: host.is_accelerated,
            is_platform: host.is_platform,
            query: Query::parse(query.unwrap_or_default()),
            is_path_style,
            signed_paths,
        })
    }
}

impl Address {
    /// The bucket that the host names, rather than the path; empty for a path-style address.
    pub fn host_bucket(&self) -> &str {
        if self.is_path_style {
            ""
        } else {
            self.target.bucket()
        }
    }
}

/// Whether a host is one of the hosts of COS that section 1.1 lists.
pub fn is_cos_host(authority: &str, domains: &Domains) -> bool {
    let name = name_of(authority);
    let host = Host::parse(authority, &name, domains);
    host.bucket.is_some() || host.region.is_some() || !host.path_style
}

/// Whether the first segment of a path is a bucket's full name, which tells on hosts that are not those of COS.
pub fn begins_with_bucket(path: &str) -> bool {
    let raw = path.strip_prefix('/').unwrap_or(path);
    let first = raw.split('/').next().unwrap_or_default();
    split_bucket(&percent_decode_str(first).decode_utf8_lossy()).is_some()
}

impl<'a> Host<'a> {
    /// `name` is that of the authority, read as the front door does it, so that no host is one of COS for one of the two only.
    fn parse(authority: &str, name: &'a str, domains: &'a Domains) -> Self {
        let service = |bucket, path_style| Self {
            bucket,
            region: None,
            endpoint: Endpoint::Api,
            is_accelerated: false,
            is_platform: false,
            path_style,
        };
        if let Some(bucket) = domains.bucket_of(authority, name) {
            return service(Some(bucket), false);
        }
        if let Some(platform) = Self::of_platform(name) {
            return platform;
        }
        if let Some(base) = domains.base.as_deref().map(name_of) {
            if name == base {
                return service(None, true);
            }
            let first = name
                .strip_suffix(&*base)
                .and_then(|rest| rest.strip_suffix('.'));
            if let Some(bucket) = first.filter(|bucket| split_bucket(bucket).is_some()) {
                return service(Some(bucket), false);
            }
        }
        service(None, true)
    }

    fn of_platform(name: &'a str) -> Option<Self> {
        let labels = name
            .strip_suffix(".myqcloud.com")
            .or_else(|| name.strip_suffix(".tencentcos.cn"))?;
        let api = |bucket: Option<&'a str>, region: Option<&'a str>, endpoint| Self {
            bucket,
            region,
            endpoint,
            is_accelerated: false,
            is_platform: true,
            path_style: bucket.is_none() && region.is_some(),
        };
        if labels == "service.cos" {
            return Some(api(None, None, Endpoint::Api));
        }
        let (before, region) = labels.rsplit_once('.')?;
        let (bucket, word) = match before.rsplit_once('.') {
            Some((bucket, word)) => (Some(bucket), word),
            None => (None, before),
        };
        if !is_word(word) {
            return match legacy_region(region) {
                Some(region) => Some(api(Some(before), Some(region), Endpoint::Api)),
                // `<bucket>.file`, a host of content delivery
                None if split_bucket(before).is_some() => None,
                // `<appid>.ci.<region>`, `<uin>.cos-control.<region>`, `<region>.migration`
                None => Some(api(None, None, Endpoint::Processing)),
            };
        }
        let is_accelerated = region == "accelerate";
        let region = Some(region).filter(|_| !is_accelerated);
        let endpoint = match word {
            "ci" | "pic" => Endpoint::Processing,
            "cos-website" | "cos-website-internal" => Endpoint::Website,
            _ => Endpoint::Api,
        };
        // Hosts of data processing may name an account in its place.
        let bucket = bucket
            .filter(|bucket| endpoint != Endpoint::Processing || split_bucket(bucket).is_some());
        Some(Self {
            is_accelerated,
            ..api(bucket, region, endpoint)
        })
    }
}

fn is_word(label: &str) -> bool {
    matches!(
        label,
        "cos"
            | "cosv6"
            | "cos-cdc"
            | "cos-internal"
            | "cos-website"
            | "cos-website-internal"
            | "ci"
            | "pic"
    )
}

/// Regions as hosts named them before 2018, without the label `cos`.
fn legacy_region(label: &str) -> Option<&'static str> {
    Some(match label {
        "cn-south" => "ap-guangzhou",
        // Choice: the documents name no successor for this one.
        "cn-south-2" => "ap-guangzhou-2",
        "cn-north" => "ap-beijing-1",
        "cn-east" => "ap-shanghai",
        "cn-southwest" => "ap-chengdu",
        "sg" => "ap-singapore",
        _ => return None,
    })
}

/// The host without `:port`.
pub fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// Choice: a raw `+` is a space in keys, as observed in replies of the service; official SDKs never send one.
fn key(raw: &str) -> Result<String, Error> {
    let spaced = spaced(raw);
    let key = percent_decode_str(&spaced).decode_utf8();
    key.map(std::borrow::Cow::into_owned)
        .map_err(|_| error::INVALID_URI.into())
}

/// The decoded path with `+` as a space and, if that differs, with `+` as it is.
fn spellings(path: &str) -> Vec<Vec<u8>> {
    let decoded = |path: &str| Cow::from(percent_decode_str(path)).into_owned();
    let mut spellings = vec![decoded(&spaced(path))];
    if path.contains('+') {
        spellings.push(decoded(path));
    }
    spellings
}

/// The text with spaces for `+`.
fn spaced(raw: &str) -> Cow<'_, str> {
    if raw.contains('+') {
        return raw.replace('+', " ").into();
    }
    raw.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_say_that_it_is_whole() {
        let host = "media-1250000000.cos.ap-guangzhou.myqcloud.com.:443";
        assert!(is_cos_host(host, &Domains::default()));
        let address = Address::parse(host, "/a", None, &Domains::default()).unwrap();
        assert_eq!(address.host_bucket(), "media-1250000000");
    }

    #[test]
    fn what_stands_behind_a_colon_is_no_part_of_the_name() {
        for host in [
            "media-1250000000:x.cos.ap-guangzhou.myqcloud.com",
            "media-1250000000:1.cn-south.myqcloud.com",
        ] {
            assert!(!is_cos_host(host, &Domains::default()), "{host}");
            assert_eq!(backlot_http::Host::of(host), backlot_http::Host::Other);
            let address = Address::parse(host, "/", None, &Domains::default()).unwrap();
            assert_eq!(address.target, Target::Service, "{host}");
        }
    }

    fn parse(authority: &str, path: &str) -> Address {
        Address::parse(authority, path, None, &Domains::default()).unwrap()
    }

    fn short(authority: &str, path: &str) -> (String, String, String) {
        let address = parse(authority, path);
        let region = address.region.clone().unwrap_or_default();
        (
            address.target.bucket().into(),
            address.target.key().into(),
            region,
        )
    }

    #[test]
    fn hosts_of_acceleration_are_known() {
        for (host, expected) in [
            ("b-1.cos.accelerate.myqcloud.com", true),
            ("b-1.cos-internal.accelerate.tencentcos.cn", true),
            ("b-1.cos.ap-guangzhou.myqcloud.com", false),
            ("127.0.0.1:4680", false),
        ] {
            assert_eq!(parse(host, "/").is_accelerated, expected, "{host}");
        }
    }

    #[test]
    fn every_form_of_host_is_understood() {
        for (host, bucket, region) in [
            ("b-1.cos.ap-guangzhou.myqcloud.com", "b-1", "ap-guangzhou"),
            (
                "B-1.COS.ap-guangzhou.tencentcos.cn:443",
                "b-1",
                "ap-guangzhou",
            ),
            ("b-1.cos-internal.ap-x.tencentcos.cn", "b-1", "ap-x"),
            ("b-1.cos.accelerate.myqcloud.com", "b-1", ""),
            ("b-1.cos-internal.accelerate.tencentcos.cn", "b-1", ""),
            ("b-1.cn-south.myqcloud.com", "b-1", "ap-guangzhou"),
            ("b-1.cn-north.myqcloud.com", "b-1", "ap-beijing-1"),
            ("service.cos.myqcloud.com", "", ""),
            ("service.cos.tencentcos.cn", "", ""),
            ("cos.ap-guangzhou.myqcloud.com", "", "ap-guangzhou"),
            ("127.0.0.1:4680", "", ""),
        ] {
            assert_eq!(
                short(host, "/"),
                (bucket.into(), String::new(), region.into()),
                "{host}"
            );
            assert_eq!(parse(host, "/").is_platform, host != "127.0.0.1:4680");
        }
        assert_eq!(
            parse("b-1.cos-website.ap-x.myqcloud.com", "/").endpoint,
            Endpoint::Website
        );
        for host in [
            "b-1.ci.ap-x.myqcloud.com",
            "b-1.pic.ap-x.myqcloud.com",
            "125.ci.ap-x.myqcloud.com",
            "1.cos-control.ap-x.myqcloud.com",
            "ap-x.migration.myqcloud.com",
        ] {
            assert_eq!(parse(host, "/").endpoint, Endpoint::Processing, "{host}");
        }
    }

    #[test]
    fn hosts_of_content_delivery_are_none_of_cos() {
        for host in [
            "b-1.file.myqcloud.com",
            "b-1.myqcloud.com",
            "cn-south.myqcloud.com",
        ] {
            assert!(!is_cos_host(host, &Domains::default()), "{host}");
        }
    }

    #[test]
    fn paths_may_name_the_bucket() {
        for host in ["cos.ap-x.myqcloud.com", "localhost:9000", "127.0.0.1"] {
            let (bucket, key, _) = short(host, "/b-1/dir/key");
            assert_eq!((bucket.as_str(), key.as_str()), ("b-1", "dir/key"));
            let address = parse(host, "/b-1/dir/key");
            assert_eq!(
                address.signed_paths,
                [b"/b-1/dir/key".to_vec(), b"/dir/key".to_vec()]
            );
            assert_eq!(parse(host, "/b-1").target, Target::Bucket("b-1".into()));
            assert_eq!(parse(host, "/b-1/").target, Target::Bucket("b-1".into()));
        }
    }

    #[test]
    fn names_that_are_none_of_a_bucket_are_told_as_the_service_tells_them() {
        for (host, path, code) in [
            ("mybucket.cos.ap-x.myqcloud.com", "/a", "InvalidRequest"),
            (
                "my-bucket.cos-website.ap-x.myqcloud.com",
                "/",
                "InvalidRequest",
            ),
            ("mybucket.cn-south.myqcloud.com", "/a", "InvalidRequest"),
            (
                "mybucket.cos.accelerate.myqcloud.com",
                "/a",
                "InvalidRequest",
            ),
            (
                "my_bucket-1.cos.ap-x.myqcloud.com",
                "/a",
                "InvalidBucketName",
            ),
            ("a.b-1.cos.ap-x.tencentcos.cn", "/a", "InvalidBucketName"),
            ("-a-1.cos.ap-x.myqcloud.com", "/a", "InvalidBucketName"),
            ("cos.ap-x.myqcloud.com", "/mybucket/a", "InvalidRequest"),
            ("localhost", "/mybucket/a", "InvalidRequest"),
            ("localhost", "/B-1/a", "InvalidBucketName"),
            ("service.cos.myqcloud.com", "/b-1/a", "MethodNotAllowed"),
            ("cos.accelerate.myqcloud.com", "/b-1/a", "MethodNotAllowed"),
        ] {
            let error = Address::parse(host, path, None, &Domains::default()).unwrap_err();
            assert_eq!(error.code, code, "{host}{path}");
        }
        let error = malformed_bucket("mybucket");
        assert_eq!(
            error.message,
            "Missing required header for this request: Appid, Bucket format should be <bucketname>-<appid>"
        );
    }

    #[test]
    fn paths_that_begin_with_a_bucket_are_known() {
        for path in ["/b-1250000000", "/b-1250000000/", "/b-1250000000/a/b"] {
            assert!(begins_with_bucket(path), "{path}");
        }
        for path in ["/", "", "/_backlot/health", "/b/b-1250000000"] {
            assert!(!begins_with_bucket(path), "{path}");
        }
    }

    #[test]
    fn keys_are_taken_as_they_are() {
        let host = "b-1.cos.ap-x.myqcloud.com";
        for (path, key) in [
            ("/a", "a"),
            ("//a", "/a"),
            ("/a//b", "a//b"),
            ("/a/../b", "a/../b"),
            ("/.%2Fx", "./x"),
            ("/a%2Fb", "a/b"),
            ("/a+b%2Bc", "a b+c"),
            ("/%E7%85%A7", "照"),
            ("/a/", "a/"),
            ("/a%25b", "a%b"),
        ] {
            assert_eq!(short(host, path).1, key, "{path}");
        }
        assert_eq!(
            parse(host, "/a+b").signed_paths,
            [b"/a b".to_vec(), b"/a+b".to_vec()]
        );
        let error = Address::parse(host, "/%ff", None, &Domains::default()).unwrap_err();
        assert_eq!(error.code, "InvalidURI");
    }

    #[test]
    fn hosts_of_ones_own_are_understood() {
        let domains = Domains {
            base: Some("cos.localhost:9000".into()),
            custom: [("media.example.com".to_owned(), "m-1".to_owned())].into(),
        };
        let parse =
            |host: &str, path: &str| Address::parse(host, path, None, &domains).unwrap().target;
        let object = |bucket: &str| Target::Object {
            bucket: bucket.into(),
            key: "k".into(),
        };
        assert_eq!(parse("b-1.cos.localhost:9000", "/k"), object("b-1"));
        assert_eq!(parse("media.example.com", "/k"), object("m-1"));
        assert_eq!(parse("cos.localhost:9000", "/b-1/k"), object("b-1"));
        assert!(is_cos_host("b-1.cos.localhost", &domains));
        assert!(is_cos_host("service.cos.myqcloud.com", &domains));
        assert!(!is_cos_host("127.0.0.1:1", &domains));
        assert!(!is_cos_host("mps.tencentcloudapi.com", &domains));
    }
}
