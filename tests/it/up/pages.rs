//! Pages in browsers: none may drive a running emulator, whichever way it takes.

use serde_json::Value;

use super::kit::{Answered, Client, Up};
use super::state::signed;

const RULES: &[u8] = b"<CORSConfiguration><CORSRule><AllowedOrigin>http://app.test</AllowedOrigin>\
    <AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod></CORSRule></CORSConfiguration>";

/// What browsers send with a request of a page of `evil.test`: `fetch`, a form, an image, a frame, a sandboxed page, a page
/// on another port or below another name of this machine, an extension.
const FOREIGN: &[&str] = &[
    "Origin: http://evil.test\r\n",
    "Origin: http://evil.test\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n",
    "Origin: http://evil.test\r\nSec-Fetch-Site: none\r\n",
    "Origin: null\r\n",
    "Origin: null\r\nSec-Fetch-Site: cross-site\r\n",
    "Origin: null\r\nSec-Fetch-Site: same-origin\r\n",
    "Origin: \r\n",
    "Origin: http://localhost:1\r\nSec-Fetch-Site: same-site\r\n",
    "Origin: http://127.0.0.1:1\r\n",
    "Origin: chrome-extension://abc\r\nSec-Fetch-Site: none\r\n",
    "Sec-Fetch-Site: cross-site\r\n",
    "Sec-Fetch-Site: same-site\r\n",
    "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Fetch-User: ?1\r\n",
    "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Dest: iframe\r\nReferer: http://evil.test/\r\n",
    "Sec-Fetch-Site: cross-site\r\nReferer: http://app.test.evil.test/\r\n",
    "Sec-Fetch-Site: something\r\n",
    "Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\n",
];

/// The headers of a page of the host itself.
fn own(host: &str) -> [String; 3] {
    [
        format!("Host: {host}\r\nOrigin: http://{host}\r\n"),
        format!("Host: {host}\r\nSec-Fetch-Site: same-origin\r\n"),
        format!("Host: {host}\r\nOrigin: http://{host}\r\nSec-Fetch-Site: same-origin\r\n"),
    ]
}

fn refused(client: Client) -> Vec<Value> {
    let mut records = client.journal();
    records.retain(|record| record["what"] == "page-refused");
    records
}

#[test]
fn the_operators_api_is_for_programs_and_for_its_own_pages() {
    let up = Up::start("");
    let port = up.address.port();
    let ask = |method: &str, headers: &str| {
        let path = if method == "GET" { "health" } else { "reset" };
        up.client()
            .ask(method, &format!("/_backlot/{path}"), headers, b"")
            .status
    };
    for headers in [
        format!("Host: 127.0.0.1:{port}\r\n"),
        format!("Host: localhost:{port}\r\nReferer: http://evil.test/\r\n"),
        // A person who types the address, and Node's own `fetch`.
        "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\n".to_owned(),
        "Sec-Fetch-Mode: cors\r\n".to_owned(),
    ] {
        assert_eq!(
            (ask("GET", &headers), ask("POST", &headers)),
            (200, 200),
            "{headers}"
        );
    }
    for headers in own(&format!("backlot.localhost:{port}")) {
        assert_eq!(
            (ask("GET", &headers), ask("POST", &headers)),
            (200, 200),
            "{headers}"
        );
    }
    let console = format!("Host: backlot.localhost:{port}\r\n");
    // Objects are served under these names, so their pages are no better than others.
    let objects = ["localhost", "127.0.0.1", "a.localhost", "[::1]"]
        .map(|name| own(&format!("{name}:{port}")))
        .concat();
    let foreign_hosts = [
        "Host: evil.example\r\n".to_owned(),
        format!("Host: localhost.evil.example:{port}\r\n"),
        format!("Host: 0.0.0.0:{port}\r\n"),
        "Host: \r\n".to_owned(),
        format!("{console}Origin: http://localhost:{port}\r\n"),
        format!("{console}Origin: http://backlot.localhost:1\r\n"),
        format!("{console}Origin: null\r\nSec-Fetch-Site: same-origin\r\n"),
        format!("{console}Sec-Fetch-Site: same-site\r\n"),
    ];
    let at_console = FOREIGN.iter().map(|headers| format!("{console}{headers}"));
    let at_local = FOREIGN.iter().map(ToString::to_string);
    for headers in at_local
        .chain(at_console)
        .chain(objects)
        .chain(foreign_hosts)
    {
        assert_eq!(
            (ask("GET", &headers), ask("POST", &headers)),
            (403, 403),
            "{headers}"
        );
    }
    let last = refused(up.client()).pop().expect("it is recorded");
    assert_eq!(last["path"], "/_backlot/reset", "{last}");
    // A bucket may have such a key; that is COS's business.
    let host = "Host: archive-1250000000.cos.ap-guangzhou.myqcloud.com\r\n";
    let answered = up.client().ask("GET", "/_backlot/health", host, b"");
    assert!(answered.text().contains("AccessDenied"), "{answered:?}");
}

#[test]
fn the_cloud_api_is_not_for_browsers() {
    let up = Up::start("");
    let call = "/?Action=GetCallerIdentity&Version=2018-08-13&SecretId=AKIDx&Signature=x&Nonce=1&Timestamp=1";
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let hosts = ["", "Host: sts.tencentcloudapi.com\r\n"];
    for host in hosts {
        for (method, path, more) in [
            ("GET", call, ""),
            ("POST", call, form),
            ("POST", "/", "X-TC-Action: GetCallerIdentity\r\n"),
        ] {
            let ask = |headers: &str| {
                let headers = format!("{host}{more}{headers}");
                up.client().ask(method, path, &headers, b"").status
            };
            assert_eq!(ask(""), 200, "{method} {host}");
            for headers in FOREIGN {
                assert_eq!(ask(headers), 403, "{method} {host}{headers}");
            }
            // An address that a person opens may send the browser on to any other.
            assert_eq!(ask("Sec-Fetch-Site: none\r\n"), 403, "{method} {host}");
            assert_eq!(
                ask("Sec-Fetch-Site: same-origin\r\n"),
                403,
                "{method} {host}"
            );
        }
    }
    let records = refused(up.client());
    assert_eq!(records[0]["origin"], "http://evil.test", "{records:?}");
}

#[test]
fn a_page_needs_a_rule_of_the_bucket_at_local_names() {
    let up = Up::start("--seed 1");
    let client = up.client();
    let (host, path) = (up.address.to_string(), "/archive-1250000000/k");
    let ask = |method: &str, headers: &str| signed(client, method, &host, path, headers, b"x");
    assert_eq!(ask("PUT", "").status, 200);
    let allowed = [
        "Origin: http://app.test\r\nSec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: cross-site\r\nReferer: http://app.test/page\r\n",
    ];
    for headers in FOREIGN.iter().chain(&allowed) {
        for method in ["GET", "PUT", "DELETE"] {
            let answered = ask(method, headers);
            assert_eq!(answered.status, 403, "{method} {headers}: {answered:?}");
        }
        let root = signed(client, "GET", &host, "/archive-1250000000/", headers, b"");
        assert_eq!(root.status, 403, "{headers}");
    }
    let form = "Content-Type: multipart/form-data; boundary=b\r\nOrigin: http://evil.test\r\n";
    let answered = client.ask("POST", "/archive-1250000000/", form, b"--b--\r\n");
    assert!(answered.text().contains("AccessForbidden"), "{answered:?}");

    let rules = signed(client, "PUT", &host, "/archive-1250000000/?cors", "", RULES);
    assert_eq!(rules.status, 200, "{rules:?}");
    for headers in allowed {
        assert_eq!(ask("PUT", headers).status, 200, "{headers}");
        assert_eq!(ask("GET", headers).status, 200, "{headers}");
        let answered = ask("DELETE", headers);
        assert_eq!(answered.status, 403, "the rule has no DELETE: {answered:?}");
    }
    for headers in FOREIGN {
        assert_eq!(ask("GET", headers).status, 403, "{headers}");
    }
    let preflight = "Origin: http://app.test\r\nAccess-Control-Request-Method: PUT\r\nSec-Fetch-Site: cross-site\r\n";
    assert_eq!(client.ask("OPTIONS", path, preflight, b"").status, 200);
}

#[test]
fn the_hosts_of_the_platform_treat_pages_as_the_platform_does() {
    let up = Up::start("--seed 1");
    let host = "archive-1250000000.cos.ap-guangzhou.myqcloud.com";
    for headers in FOREIGN {
        let answered = signed(up.client(), "PUT", host, "/k", headers, b"x");
        assert_eq!(answered.status, 200, "{headers}: {answered:?}");
        assert_eq!(answered.header("Content-Security-Policy"), "");
    }
}

#[test]
fn an_object_at_a_local_name_is_no_page_of_this_machine() {
    let up = Up::start("--seed 1");
    let port = up.address.port();
    let secluded = |answered: &Answered| {
        assert_eq!(
            answered.header("Content-Security-Policy"),
            "sandbox",
            "{answered:?}"
        );
        assert_eq!(
            answered.header("X-Content-Type-Options"),
            "nosniff",
            "{answered:?}"
        );
    };
    for name in ["127.0.0.1", "localhost"] {
        let host = format!("{name}:{port}");
        let html = "Content-Type: text/html\r\nx-cos-acl: public-read\r\n";
        let path = "/archive-1250000000/e.html";
        assert_eq!(
            signed(up.client(), "PUT", &host, path, html, b"<script>").status,
            200
        );
        let typed = format!("Host: {host}\r\nSec-Fetch-Site: none\r\n");
        let answered = up.client().ask("GET", path, &typed, b"");
        assert_eq!(answered.status, 200, "{answered:?}");
        assert!(
            answered.head.contains("\r\nContent-Security-Policy: "),
            "{}",
            answered.head
        );
        secluded(&answered);
        secluded(&signed(
            up.client(),
            "GET",
            &host,
            "/archive-1250000000/none",
            "",
            b"",
        ));
        secluded(&signed(
            up.client(),
            "GET",
            &host,
            "/archive-1250000000/",
            "",
            b"",
        ));
    }
    // No object is served where the operator's pages are.
    let console = format!("backlot.localhost:{port}");
    let answered = signed(
        up.client(),
        "GET",
        &console,
        "/archive-1250000000/e.html",
        "",
        b"",
    );
    assert_eq!(answered.status, 501, "{answered:?}");
}
