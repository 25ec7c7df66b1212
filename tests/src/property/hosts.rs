//! Hosts and targets: which service a request is for, and which bucket and key.

use backlot::cos::Domains;
use backlot::cos::names::split_bucket;
use backlot::cos::request::address::{Address, Target, is_cos_host};
use backlot::http::host::{name_of, port_of};
use backlot::http::{Emulated, Host, Query};

use hyper::http::uri::Authority;

use super::input::Input;

/// A line with an authority, one with a path, one with a query.
pub(super) fn check(data: &[u8]) {
    let mut input = Input(data);
    let (authority, path, query) = (input.text(), input.text(), input.text());
    // No room gets to see who is asking.
    let authority = authority.rsplit('@').next().unwrap_or_default().to_owned();
    // The front door refuses anything else.
    if authority.parse::<Authority>().is_err() || authority.matches(':').count() > 1 {
        return;
    }
    let host = Host::of(&authority);
    assert_eq!(Host::of(&authority.to_ascii_uppercase()), host, "case");
    let name = name_of(&authority);
    assert_eq!(name, name.to_ascii_lowercase());
    if let Some(port) = port_of(&authority) {
        let emulated = Emulated::default();
        let is_local = matches!(host, Host::Local { .. });
        assert_eq!(is_local, emulated.covers(&authority, port) && is_local);
        assert!(!is_local || !emulated.covers(&authority, port ^ 1));
    }
    let custom = [("cdn.example.com".to_owned(), "media-1250000000".to_owned())];
    let own = Domains {
        base: Some("cos.localhost:4680".to_owned()),
        custom: custom.into(),
    };
    // What COS takes for its own must be let in by the proxy, too.
    assert!(!is_cos_host(&authority, &Domains::default()) || host == Host::Cos);
    for domains in [Domains::default(), own] {
        let read = Address::parse(&authority, &path, Some(&query), &domains);
        let Ok(address) = read else { continue };
        match &address.target {
            Target::Service => {}
            Target::Bucket(bucket) => assert!(split_bucket(bucket).is_some(), "{bucket}"),
            Target::Object { bucket, key } => {
                assert!(split_bucket(bucket).is_some(), "{bucket}");
                assert!(!key.is_empty());
            }
        }
        assert_eq!(address.query, Query::parse(&query));
        assert!(address.is_path_style || !address.host_bucket().is_empty());
        assert!(!address.signed_paths.is_empty());
    }
}
