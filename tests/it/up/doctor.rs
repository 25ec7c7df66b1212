//! `backlot doctor`: what it finds, and what it puts right.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use super::kit::{Place, Up};

fn line<'a>(text: &'a str, about: &str) -> &'a str {
    let mut lines = text.lines();
    let found = lines.find(|line| line.get(6..).is_some_and(|line| line.starts_with(about)));
    found.unwrap_or_else(|| panic!("nothing about {about} in {text}"))
}

#[test]
fn a_machine_in_order_gets_one_line_for_each_check() {
    let place = Place::new();
    let ended = place.backlot("doctor --listen 127.0.0.1:0").run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for about in [
        "python3",
        "node",
        "proxy",
        "port",
        "clock",
        "data",
        "round trip",
    ] {
        assert!(
            line(&ended.stdout, about).starts_with("ok "),
            "{}",
            ended.stdout
        );
    }
    assert_eq!(ended.stdout.lines().count(), 10, "{}", ended.stdout);
}

#[test]
fn a_port_of_another_program_is_a_failure_and_one_of_a_backlot_is_not() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    // It answers as no backlot would: it hangs up.
    let answering = std::thread::spawn(move || drop(taken.accept()));
    let place = Place::new();
    let ended = place.backlot(&format!("doctor --listen {address}")).run();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let found = line(&ended.stdout, "port");
    assert!(
        found.starts_with("fail ") && found.contains("--listen"),
        "{found}"
    );
    answering.join().expect("it was asked");
    let up = Up::start("");
    let ended = up.backlot("doctor");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        line(&ended.stdout, "port").contains("the emulator listens"),
        "{}",
        ended.stdout
    );
}

#[test]
fn an_interpreter_that_is_missing_is_a_warning() {
    let place = Place::new();
    let ended = place
        .backlot("doctor --listen 127.0.0.1:0")
        .env("PATH", "/nowhere")
        .run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let found = line(&ended.stdout, "python3");
    assert!(
        found.starts_with("warn ") && found.contains("PATH"),
        "{found}"
    );
}

#[test]
fn a_key_that_others_can_read_is_put_right() {
    let place = Place::new();
    std::fs::create_dir(place.path().join("data")).expect("a folder");
    place.write("data/ca-key.pem", "a secret");
    let key = place.path().join("data/ca-key.pem");
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).expect("our own file");
    let flags = "doctor --listen 127.0.0.1:0 --data data";
    let ended = place.backlot(flags).run();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(
        line(&ended.stdout, "keys").contains("--fix"),
        "{}",
        ended.stdout
    );
    assert_eq!(place.backlot(&format!("{flags} --fix")).run().code, Some(0));
    assert_eq!(
        std::fs::metadata(&key)
            .expect("a file")
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
    assert_eq!(place.backlot(flags).run().code, Some(0));
    let ended = place
        .backlot("doctor --listen 127.0.0.1:0 --data data/ca-key.pem/x --fix")
        .run();
    assert_eq!(ended.code, Some(3), "a file is no folder: {ended:?}");
}
