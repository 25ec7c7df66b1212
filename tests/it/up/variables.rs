//! The variables of `backlot env` and `backlot exec`: which there are, and how they are undone.

use super::kit::{Place, Up};

const BACKLOT: &str = env!("CARGO_BIN_EXE_backlot-under-test");

#[test]
fn what_env_has_set_is_undone() {
    let up = Up::start("--no-functions");
    let script = format!(
        "unset HTTPS_PROXY; export HTTP_PROXY=http://office PYTHONPATH='/my lib' NO_PROXY= AWS_CA_BUNDLE=/office; env | sort > before
         eval \"$('{BACKLOT}' env)\"; echo \"${{AWS_CA_BUNDLE:-none}}\"; eval \"$('{BACKLOT}' env --with AWS_CA_BUNDLE)\"; env | sort > between
         eval \"$('{BACKLOT}' env --unset)\"; env | sort > after"
    );
    up.place.write("script", &script);
    let ended = backlot_tests::command::CommandLine::new("sh", up.place.path())
        .args("script")
        .env("BACKLOT_LISTEN", &up.address.to_string())
        .run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(
        ended.stdout, "none\n",
        "another bundle does not stand in the way"
    );
    let [before, between, after] =
        ["before", "between", "after"].map(|name| format!("\n{}", up.place.read(name)));
    assert_eq!(before, after);
    for name in [
        "HTTPS_PROXY=http://127",
        "AWS_CA_BUNDLE=/",
        "PYTHONPATH=/",
        "TENCENTCLOUD_SECRETKEY=",
    ] {
        assert!(between.contains(&format!("\n{name}")), "{name}: {between}");
    }
    assert!(between.contains(":/my lib\n"), "{between}");
    for name in ["TENCENTCLOUD", "BACKLOT_BEFORE"] {
        assert!(!after.contains(name), "{after}");
    }
}

#[test]
fn undoing_needs_no_emulator() {
    for (shell, expected) in [
        ("sh", "unset HTTPS_PROXY\n"),
        ("fish", "set -e HTTPS_PROXY\n"),
        (
            "powershell",
            "Remove-Item -Path Env:HTTPS_PROXY -ErrorAction SilentlyContinue\n",
        ),
    ] {
        let ended = Place::new()
            .backlot(&format!("env --unset --shell {shell} --listen 127.0.0.1:1"))
            .run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stdout.contains(expected), "{ended:?}");
    }
}

#[test]
fn a_variable_that_stops_some_clients_is_set_only_if_it_is_named() {
    let place = Place::new();
    let says = |flags: &str| {
        let line = format!("exec --no-functions {flags} -- sh -c");
        let ended = place
            .backlot(&line)
            .env("AWS_CA_BUNDLE", "/office")
            .arg("echo ${AWS_CA_BUNDLE##*/} ${SSL_CERT_FILE##*/}")
            .run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.stdout
    };
    assert_eq!(says(""), "ca.pem\n");
    assert_eq!(says("--with AWS_CA_BUNDLE"), "ca.pem ca.pem\n");
    assert_eq!(says("--without AWS_CA_BUNDLE"), "office ca.pem\n");
    let wrong = place.backlot("exec --without AWS -- true").run();
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.stderr.contains("AWS_CA_BUNDLE"), "{wrong:?}");
}
