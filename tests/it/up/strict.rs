//! Strict mode: unsupported requests are listed, and decide the exit code.

use super::kit::{Place, Up};

/// A call of a service of the Cloud API that is not emulated.
const HEADERS: &str = "Host: vod.tencentcloudapi.com\r\nContent-Type: application/json\r\nX-TC-Action: DescribeMedia\r\n\
                       X-TC-Version: 2018-07-17\r\n";

#[test]
fn an_emulator_that_stays_warns_at_once_and_ends_with_5() {
    let up = Up::start("--strict");
    for _ in 0..2 {
        let answered = up.client().ask("POST", "/", HEADERS, b"{}");
        assert!(answered.text().contains("UnsupportedOperation"));
    }
    up.running.signal("TERM");
    let ended = up.running.end();
    assert_eq!(ended.code, Some(5), "{ended:?}");
    let gap = "vod DescribeMedia: backlot does not support this action";
    let warning = format!("warning: not supported: {gap}");
    assert_eq!(
        ended.stderr.matches(&warning).count(),
        1,
        "{}",
        ended.stderr
    );
    let list = format!("strict: unsupported\n  {gap}");
    assert!(ended.stderr.contains(&list), "{}", ended.stderr);
}

#[test]
fn without_the_mode_nothing_changes() {
    let up = Up::start("");
    up.client().ask("POST", "/", HEADERS, b"{}");
    up.running.signal("TERM");
    let ended = up.running.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.stderr.contains("not supported"), "{}", ended.stderr);
}

#[test]
fn a_command_that_succeeds_ends_with_5_and_one_that_fails_as_it_fails() {
    let place = Place::new();
    let ask = "import urllib.request; print(urllib.request.urlopen(urllib.request.Request('http://vod.tencentcloudapi.com/', \
               data=b'{}', headers={'Content-Type': 'application/json', 'X-TC-Action': 'A', 'X-TC-Version': 'B'})).status)";
    for (script, code) in [("", 5), ("; raise SystemExit(7)", 7)] {
        let ended = place
            .backlot("exec -- python3 -c")
            .arg(format!("{ask}{script}"))
            .env("BACKLOT_STRICT", "1")
            .run();
        assert_eq!(ended.stdout, "200\n", "{ended:?}");
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(
            ended.stderr.contains("vod A: backlot does not support"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn calls_leave_where_the_flag_lets_them() {
    let place = Place::new();
    let far = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = far.local_addr().expect("an address").port();
    let ask = format!(
        "import urllib.request; urllib.request.urlopen('http://127.1:{port}/', timeout=20)"
    );
    let serving = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut stream, _peer) = far.accept().expect("a connection");
        let mut head = [0; 1024];
        let _read = stream.read(&mut head).expect("a request");
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        stream.write_all(answer).expect("an answer");
    });
    let refused = place.backlot("exec -- python3 -c").arg(&ask).run();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("403"), "{}", refused.stderr);
    let passed = place
        .backlot("exec --egress *.example.com,127.1 -- python3 -c")
        .arg(&ask)
        .run();
    assert_eq!(passed.code, Some(0), "{passed:?}");
    serving.join().expect("the far side is done");
    let wrong = place.backlot("exec --egress http://a -- true").run();
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.stderr.contains("is not a host"), "{}", wrong.stderr);
}
