//! Data folders and imports that come from another party, that belong to another store, or that others could read.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use backlot_tests::command::CommandLine;

use super::kit::{Place, Up};
use super::state::ask;

fn pipe(path: &Path) {
    let made = CommandLine::new("mkfifo", Path::new("/")).arg(path).run();
    assert_eq!(made.code, Some(0), "{made:?}");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path)
        .expect("a file or folder")
        .permissions()
        .mode()
        & 0o777
}

#[test]
fn an_import_names_everything_that_is_no_regular_file() {
    let place = Place::new();
    let bucket = place.path().join("tree/archive-1250000000");
    fs::create_dir_all(bucket.join("deep")).unwrap();
    fs::write(bucket.join("deep/fine"), "fine").unwrap();
    place.write("secret", "nobody's business");
    symlink(place.path().join("secret"), bucket.join("link")).unwrap();
    symlink("/dev/zero", bucket.join("endless")).unwrap();
    symlink(place.path(), bucket.join("folder")).unwrap();
    pipe(&bucket.join("deep/pipe"));
    let _socket = UnixListener::bind(bucket.join("socket")).unwrap();
    fs::write(place.path().join("tree/stray"), "").unwrap();
    let flags = "up --listen 127.0.0.1:0 --no-functions --data data";
    let ended = place.backlot(&format!("{flags} --import tree")).run();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for said in [
        "tree/archive-1250000000/deep/pipe` is a named pipe",
        "tree/archive-1250000000/endless` is a symbolic link",
        "tree/archive-1250000000/folder` is a symbolic link",
        "tree/archive-1250000000/link` is a symbolic link",
        "tree/archive-1250000000/socket` is a socket",
        "tree/stray` is a regular file and not a bucket",
    ] {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
    let up = place.up("--seed 1 --no-functions --data data");
    let listed = ask(up.client(), "GET", "", b"");
    assert_eq!(listed.status, 200);
    let listed = listed.text();
    assert!(!listed.contains("fine"), "nothing is imported: {listed}");
}

#[test]
fn a_saved_state_that_is_no_regular_file_is_refused_at_once() {
    let place = Place::new();
    fs::create_dir(place.path().join("kept")).unwrap();
    symlink("/etc/passwd", place.path().join("kept/objects.backlot")).unwrap();
    pipe(&place.path().join("pipe"));
    for (from, why) in [
        ("kept", "a symbolic link"),
        ("pipe", "a named pipe"),
        ("/dev/zero", "a device"),
    ] {
        let line = format!("up --listen 127.0.0.1:0 --no-functions --import {from}");
        let ended = place.backlot(&line).run();
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(why), "{ended:?}");
    }
}

#[test]
fn what_may_hold_events_is_for_its_owner_only() {
    let place = Place::new();
    let flags = "--seed 1 --no-functions --data data --store fs --export-on-exit kept";
    let up = place.up(flags);
    assert_eq!(ask(up.client(), "PUT", "a/b", b"1").status, 200);
    assert_eq!(up.backlot("state save state").code, Some(0));
    up.running.signal("TERM");
    let Up { place, running, .. } = up;
    assert_eq!(running.end().code, Some(0));
    let flags = "up --listen 127.0.0.1:0 --no-functions --data data2 --detach";
    assert_eq!(place.backlot(flags).run().code, Some(0));
    assert_eq!(place.backlot("stop --data data2").run().code, Some(0));
    for (name, expected) in [
        ("data", 0o700),
        ("data/cos", 0o700),
        ("data/cos/.backlot/catalog.sqlite", 0o600),
        ("data/cos/archive-1250000000", 0o700),
        ("data/cos/archive-1250000000/a/b", 0o600),
        ("data2", 0o700),
        ("data2/backlot.log", 0o600),
        ("data2/cos.sqlite", 0o600),
        ("kept", 0o700),
        ("kept/objects.backlot", 0o600),
        ("state", 0o600),
    ] {
        let found = mode(&place.path().join(name));
        assert_eq!(found, expected, "{name} has mode {found:o}");
    }
}

#[test]
fn a_folder_that_others_can_use_is_reported_and_made_private() {
    let place = Place::new();
    fs::create_dir(place.path().join("data")).unwrap();
    fs::set_permissions(place.path().join("data"), Permissions::from_mode(0o755)).unwrap();
    let doctor = "doctor --listen 127.0.0.1:0 --data data";
    let ended = place.backlot(doctor).run();
    assert!(
        ended
            .stdout
            .contains("warn  privacy    `data` can be used by others (mode 755)"),
        "{ended:?}"
    );
    assert_eq!(
        place.backlot(&format!("{doctor} --fix")).run().code,
        Some(0)
    );
    assert_eq!(mode(&place.path().join("data")), 0o700);
}

#[test]
fn links_of_the_command_itself_are_not_followed() {
    for (link, flags) in [
        ("backlot.lock", ""),
        ("backlot.log", "--detach"),
        ("backlot.waiting", ""),
    ] {
        let place = Place::new();
        for folder in ["data", "outside"] {
            fs::create_dir(place.path().join(folder)).unwrap();
        }
        let socket = place.path().join("outside/socket");
        let listening = UnixListener::bind(&socket).unwrap();
        pipe(&place.path().join("outside/pipe"));
        place.write("outside/file", "as it was");
        let target = match link {
            "backlot.waiting" => "outside",
            "backlot.log" => "outside/file",
            _ => "outside/new",
        };
        symlink(
            place.path().join(target),
            place.path().join("data").join(link),
        )
        .unwrap();
        let line = format!("up --listen 127.0.0.1:0 --no-functions --data data {flags}");
        if link == "backlot.waiting" {
            let up = place.backlot(&line).start();
            assert!(up.first.contains("ready"), "nobody is told, nothing else");
            up.signal("TERM");
            assert_eq!(up.end().code, Some(0));
        } else {
            let ended = place.backlot(&line).run();
            assert_eq!(ended.code, Some(3), "{link}: {ended:?}");
            assert!(ended.stderr.contains("symbolic link"), "{link}: {ended:?}");
            assert!(ended.stderr.contains(link), "{link}: {ended:?}");
        }
        assert_eq!(place.read("outside/file"), "as it was");
        let mut names: Vec<_> = fs::read_dir(place.path().join("outside"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["file", "pipe", "socket"], "{link}");
        drop(listening);
    }
}

#[test]
fn a_store_of_another_kind_and_one_without_its_database_are_refused() {
    let flags = "up --listen 127.0.0.1:0 --no-functions --data data";
    for (kind, other, database) in [
        ("fs", "sqlite", "data/cos/.backlot/catalog.sqlite"),
        ("sqlite", "fs", "data/cos.sqlite"),
    ] {
        let up = Up::start(&format!(
            "--seed 1 --no-functions --data data --store {kind}"
        ));
        assert_eq!(ask(up.client(), "PUT", "a", b"1").status, 200);
        up.running.signal("TERM");
        let Up { place, running, .. } = up;
        assert_eq!(running.end().code, Some(0));
        for other in [other, "memory"] {
            let ended = place.backlot(&format!("{flags} --store {other}")).run();
            assert_eq!(ended.code, Some(3), "{ended:?}");
            let said = format!("use `--store {kind}` to work with its objects");
            assert!(ended.stderr.contains(&said), "{ended:?}");
        }
        fs::remove_file(place.path().join(database)).unwrap();
        let ended = place.backlot(&format!("{flags} --store {kind}")).run();
        assert_eq!(ended.code, Some(3), "{ended:?}");
        assert!(
            ended
                .stderr
                .contains("is gone or empty; put it back from a copy"),
            "{ended:?}"
        );
        let doctor = place
            .backlot("doctor --listen 127.0.0.1:0 --data data")
            .run();
        assert_eq!(doctor.code, Some(3), "{doctor:?}");
        assert!(doctor.stdout.contains("fail  store"), "{doctor:?}");
    }
}

#[test]
fn temporary_folders_of_a_killed_emulator_are_removed() {
    let place = Place::new();
    fs::create_dir(place.path().join("tmp")).unwrap();
    let tmp = place.path().join("tmp").display().to_string();
    let start = |place: &Place| {
        let line = place.backlot("up --listen 127.0.0.1:0 --no-functions");
        line.env("TMPDIR", &tmp).start()
    };
    let folders = || {
        let own = fs::read_dir(&tmp).unwrap().next().unwrap().unwrap().path();
        assert_eq!(mode(&own), 0o700);
        fs::read_dir(own).unwrap().count()
    };
    let (killed, lives) = (start(&place), start(&place));
    killed.signal("KILL");
    killed.end();
    // Its output ends when its keeper, which removes them, has ended.
    assert_eq!(folders(), 1, "that of the process that lives");
    let next = start(&place);
    assert_eq!(folders(), 2, "those of the processes that live");
    for running in [lives, next] {
        running.signal("TERM");
        running.end();
    }
    assert_eq!(folders(), 0);
}

#[test]
fn many_writers_are_served_with_few_files() {
    let place = Place::new();
    let program = env!("CARGO_BIN_EXE_backlot-under-test");
    let limited = format!(
        "ulimit -n 64; exec {program} up --listen 127.0.0.1:0 --seed 1 --no-functions --data data --store fs"
    );
    let running = CommandLine::new("sh", place.path())
        .arg("-c")
        .arg(limited)
        .start();
    let up = Up::of(place, running);
    let large = vec![7; 300_000];
    let (client, large) = (up.client(), large.as_slice());
    std::thread::scope(|scope| {
        for writer in 0..40 {
            scope.spawn(move || {
                for number in 0..8 {
                    let key = format!("{writer}/{number}");
                    let body = if number % 2 == 0 { large } else { b"small" };
                    let stored = ask(client, "PUT", &key, body);
                    assert_eq!(stored.status, 200, "{key}: {}", stored.text());
                    let read = ask(client, "GET", &key, b"");
                    assert_eq!((read.status, read.body.len()), (200, body.len()), "{key}");
                }
            });
        }
    });
}
