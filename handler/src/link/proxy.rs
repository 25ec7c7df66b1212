//! The proxy that the environment asks for: `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in either case.

use http::uri::Scheme;
use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;

/// One HTTP proxy.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Where it listens.
    pub uri: Uri,
    /// The value of `Proxy-Authorization`, when the variable held a user name.
    pub authorization: Option<HeaderValue>,
}

/// A proxy variable that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyMistake {
    /// The variable.
    pub variable: &'static str,
}

impl Proxy {
    /// The proxy for `target`, unless `NO_PROXY` exempts its host (by name, by suffix, by address range or with `*`).
    /// Upper-case variables win over lower-case ones; an empty value counts as unset.
    pub fn for_target(
        target: &Uri,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, ProxyMistake> {
        let names = if target.scheme() == Some(&Scheme::HTTPS) {
            ["HTTPS_PROXY", "https_proxy"]
        } else {
            ["HTTP_PROXY", "http_proxy"]
        };
        let first = |names: [&'static str; 2]| {
            names.into_iter().find_map(|name| {
                let value = lookup(name).filter(|value| !value.is_empty())?;
                Some((name, value))
            })
        };
        let Some((variable, address)) = first(names) else {
            return Ok(None);
        };
        let rules = Matcher::builder().http(&address).https(&address);
        let Some(proxy) = rules.build().intercept(target) else {
            return Err(ProxyMistake { variable });
        };
        if proxy.uri().scheme() != Some(&Scheme::HTTP) {
            return Err(ProxyMistake { variable });
        }
        let exempt = first(["NO_PROXY", "no_proxy"]).is_some_and(|(_, hosts)| {
            let rules = Matcher::builder().http(&address).https(&address).no(hosts);
            rules.build().intercept(target).is_none()
        });
        Ok((!exempt).then(|| Self {
            uri: proxy.uri().clone(),
            authorization: proxy.basic_auth().cloned(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: &str = "archive-1250000000.cos.ap-guangzhou.myqcloud.com";

    fn proxy(scheme: &str, variables: &[(&str, &str)]) -> Result<Option<Proxy>, ProxyMistake> {
        let target = format!("{scheme}://{TARGET}/").parse().unwrap();
        Proxy::for_target(&target, |wanted| {
            variables
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    fn address(scheme: &str, variables: &[(&str, &str)]) -> Option<String> {
        proxy(scheme, variables)
            .unwrap()
            .map(|proxy| proxy.uri.to_string())
    }

    #[test]
    fn the_scheme_picks_the_variable() {
        let variables = [("HTTP_PROXY", "http://a:1"), ("https_proxy", "b:2")];
        assert_eq!(address("http", &variables).unwrap(), "http://a:1/");
        assert_eq!(address("https", &variables).unwrap(), "http://b:2/");
        assert_eq!(address("https", &variables[..1]), None);
    }

    #[test]
    fn upper_case_wins_and_empty_is_unset() {
        let both = [("HTTP_PROXY", "http://a:1"), ("http_proxy", "http://b:2")];
        assert_eq!(address("http", &both).unwrap(), "http://a:1/");
        let empty = [("HTTP_PROXY", ""), ("http_proxy", "http://b:2")];
        assert_eq!(address("http", &empty).unwrap(), "http://b:2/");
    }

    #[test]
    fn no_proxy_exempts_by_name_by_suffix_and_altogether() {
        for (exempt, hosts) in [
            (true, TARGET),
            (true, "example.com, .myqcloud.com"),
            (true, "myqcloud.com"),
            (true, "*"),
            (false, "qcloud.com"),
            (false, "cos.ap-beijing.myqcloud.com"),
            (false, ""),
        ] {
            let variables = [("HTTP_PROXY", "http://a:1"), ("no_proxy", hosts)];
            assert_eq!(address("http", &variables).is_none(), exempt, "{hosts}");
        }
    }

    #[test]
    fn a_user_name_becomes_a_header() {
        let found = proxy("https", &[("HTTPS_PROXY", "http://user:p%40ss@a:1")]);
        let found = found.unwrap().unwrap();
        assert_eq!(found.uri, "http://a:1/");
        assert_eq!(found.authorization.unwrap(), "Basic dXNlcjpwQHNz");
    }

    #[test]
    fn what_is_no_http_proxy_is_a_mistake() {
        for value in ["socks5://a:1", "https://a:1", "ftp://a", "not a proxy"] {
            let mistake = proxy("http", &[("http_proxy", value)]).unwrap_err();
            assert_eq!(mistake.variable, "http_proxy", "{value}");
        }
    }
}
