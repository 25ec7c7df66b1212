//! From the ready line to the end.

use std::net::TcpListener;

use backlot_tests::command::{CommandLine, Running};

use super::kit::{Place, Up};

#[test]
fn one_line_says_that_requests_are_served_and_where() {
    let up = Up::start("--port-file port");
    assert!(up.running.first.contains("ready"), "{}", up.running.first);
    assert_eq!(up.place.read("port"), format!("{}\n", up.address.port()));
    assert_eq!(up.client().get("/_backlot/health")["status"], "ok");
    let port_file = up.place.path().join("port");
    let (place, ended) = {
        up.running.signal("TERM");
        (up.place, up.running.end())
    };
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!port_file.exists(), "it is removed at the end");
    drop(place);
}

#[test]
fn an_interruption_is_told_apart_from_an_end_in_order() {
    let up = Up::start("");
    up.running.signal("INT");
    assert_eq!(up.running.end().code, Some(130));
}

#[test]
fn a_stale_port_file_is_not_left_while_a_start_fails() {
    let place = Place::new();
    place.write("port", "1\n");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    let ended = place
        .backlot(&format!("up --listen {address} --port-file port"))
        .run();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains(&format!("cannot listen on {address}")),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.stdout, "");
    assert!(!place.exists("port"));
}

#[test]
fn a_data_folder_belongs_to_one_backlot() {
    let up = Up::start("--data data");
    let ended = up
        .place
        .backlot("up --listen 127.0.0.1:0 --data data")
        .run();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let expected = format!(
        "is in use by another emulator, which listens on {}",
        up.address
    );
    assert!(ended.stderr.contains(&expected), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("backlot stop --data data"),
        "{}",
        ended.stderr
    );
    assert_eq!(
        up.client().get("/_backlot/health")["status"],
        "ok",
        "the first is not disturbed"
    );
}

#[test]
fn a_folder_of_one_that_was_killed_can_be_used_again() {
    let up = Up::start("--data data");
    up.running.signal("KILL");
    let Up { place, running, .. } = up;
    assert_eq!(running.end().code, None);
    assert!(
        place.exists("data/backlot.address"),
        "it could not clean up"
    );
    let up = place.up("--data data");
    assert_eq!(up.backlot("status").code, Some(0));
    let ended = up.backlot("stop");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let Up { place, running, .. } = up;
    assert_eq!(running.end().code, Some(0));
    assert!(!place.exists("data/backlot.address"));
    assert!(!place.exists("data/backlot.pid"));
}

#[test]
fn in_the_background_it_is_found_through_its_data_folder() {
    let place = Place::new();
    let started = place
        .backlot("up --listen 127.0.0.1:0 --data data --detach")
        .run();
    assert_eq!(started.code, Some(0), "{started:?}");
    assert!(
        started
            .stdout
            .starts_with("backlot is ready at http://127.0.0.1:"),
        "{started:?}"
    );
    let waited = place.backlot("wait --data data --timeout 10s").run();
    assert_eq!(
        (waited.code, &waited.stdout),
        (Some(0), &started.stdout),
        "{waited:?}"
    );
    let status = place.backlot("status --data data --output json").run();
    let status: serde_json::Value = serde_json::from_str(&status.stdout).expect("JSON");
    assert_eq!(
        place.read("data/backlot.pid"),
        format!("{}\n", status["pid"])
    );
    let again = place
        .backlot("up --listen 127.0.0.1:0 --data data --detach")
        .run();
    assert_eq!(again.code, Some(3), "{again:?}");
    let stopped = place.backlot("stop --data data").run();
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    for name in ["backlot.address", "backlot.pid"] {
        assert!(!place.exists(&format!("data/{name}")), "{name}");
    }
    assert!(place.read("data/backlot.log").contains("stopping"));
}

/// `backlot wait` before there is an emulator. Without a ready signal, it is stopped after a minute.
#[track_caller]
fn waits(place: &Place, target: &str) -> Running {
    let backlot = env!("CARGO_BIN_EXE_backlot-under-test");
    let script = format!("exec timeout 60 '{backlot}' wait {target} --timeout 1h 2>&1");
    let temporary = place.path().display().to_string();
    let line = CommandLine::new("sh", place.path()).arg("-c").arg(script);
    let waiting = line.env("TMPDIR", &temporary).start();
    let said = &waiting.first;
    assert!(said.starts_with("waiting for the emulator"), "{said}");
    waiting
}

#[test]
fn waiting_may_begin_before_there_is_a_folder() {
    let place = Place::new();
    let mut waiting = waits(&place, "--data new/data");
    let up = place.up("--data new/data");
    assert_eq!(waiting.line(), up.running.first);
    assert_eq!(waiting.end().code, Some(0));
    let room = up.place.path().join("new/data/backlot.waiting");
    let left = std::fs::read_dir(room).expect("a room").count();
    assert_eq!(left, 0, "no process waits any more");
}

#[test]
fn waiting_for_an_address_does_not_end_with_another() {
    let place = Place::new();
    // An address of this machine's own that no other test has.
    let [.., high, low] = std::process::id().to_be_bytes();
    let address = format!("127.80.{high}.{low}:4680");
    let mut waiting = waits(&place, &format!("--listen {address}"));
    let temporary = place.path().display().to_string();
    let up = |listen: &str| {
        let line = place.backlot("up --listen").args(listen);
        line.env("TMPDIR", &temporary).start()
    };
    let other = up("127.0.0.1:0");
    let wanted = up(&address);
    assert_eq!(waiting.line(), wanted.first);
    assert_eq!(waiting.end().code, Some(0));
    drop(other);
}

#[test]
fn a_start_in_the_background_that_fails_says_why() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    let place = Place::new();
    let ended = place
        .backlot(&format!("up --listen {address} --data data --detach"))
        .run();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains(&format!("cannot listen on {address}")),
        "{}",
        ended.stderr
    );
}

#[test]
fn commands_say_when_nothing_runs() {
    let place = Place::new();
    // No program listens there: a port that the system hands out could be another test's in a moment.
    let address = "127.0.0.1:1";
    for verb in [
        "status",
        "stop",
        "reset",
        "env",
        "logs",
        "wait --timeout 100ms",
        "state save x",
    ] {
        let ended = place.backlot(&format!("{verb} --listen {address}")).run();
        assert_eq!(ended.code, Some(3), "{verb}: {ended:?}");
        let expected = format!("no emulator answers at {address}");
        assert!(ended.stderr.contains(&expected), "{verb}: {}", ended.stderr);
        let noted = place.backlot(&format!("{verb} --data nowhere")).run();
        assert_eq!(noted.code, Some(3), "{verb}: {noted:?}");
        assert!(
            noted
                .stderr
                .contains("no emulator runs with the data folder `nowhere`"),
            "{noted:?}"
        );
    }
}
