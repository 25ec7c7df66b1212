//! The owner's keys: no other program and no page can know them, and the commands of the user do.

use std::os::unix::fs::PermissionsExt as _;

use super::kit::{Place, Up};

#[track_caller]
fn secret_key(up: &Up) -> String {
    let env = up.backlot("env");
    assert_eq!(env.code, Some(0), "{env:?}");
    let mut lines = env.stdout.lines();
    let key = lines.find_map(|line| line.strip_prefix("export TENCENTCLOUD_SECRETKEY="));
    key.expect("a key").to_owned()
}

#[test]
fn keys_are_random_for_each_data_folder_and_stay() {
    let first = Up::start("--data data --no-functions");
    let key = secret_key(&first);
    let file = first.place.path().join("data/keys.seed");
    let mode = std::fs::metadata(&file)
        .expect("it is kept")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let health = first.client().get("/_backlot/health");
    let named = health["keys_file"].as_str().expect("a path");
    assert_eq!(
        std::fs::canonicalize(named).expect("it is there"),
        std::fs::canonicalize(&file).expect("it is there")
    );
    let other = Up::start("--data data --no-functions");
    assert_ne!(secret_key(&other), key);
    first.running.signal("TERM");
    let Up { place, running, .. } = first;
    assert_eq!(running.end().code, Some(0));
    let again = place.up("--data data --no-functions");
    assert_eq!(secret_key(&again), key);
}

#[test]
fn keys_are_random_for_each_run_without_a_data_folder() {
    let [one, two] = [(); 2].map(|()| Up::start("--no-functions"));
    assert_ne!(secret_key(&one), secret_key(&two));
    let place = Place::new();
    let [one, two] = [(); 2].map(|()| {
        let ended = place
            .backlot("exec --no-functions -- sh -c")
            .arg("echo $TENCENTCLOUD_SECRETKEY")
            .run();
        ended.stdout
    });
    assert_ne!(one, two);
}

#[test]
fn keys_follow_from_a_seed_that_is_given() {
    let keys = [1, 1, 2].map(|seed| {
        let up = Up::start(&format!("--no-functions --data data --seed {seed}"));
        assert!(!up.place.exists("data/keys.seed"));
        assert!(up.client().get("/_backlot/health")["keys_file"].is_null());
        secret_key(&up)
    });
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[0], keys[2]);
}

#[test]
fn a_file_of_keys_that_others_can_read_is_refused() {
    let place = Place::new();
    std::fs::create_dir(place.path().join("data")).expect("a folder");
    place.write("data/keys.seed", "0123456789abcdef\n");
    let ended = place
        .backlot("up --listen 127.0.0.1:0 --no-functions --data data")
        .run();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("chmod 600"), "{ended:?}");
}

#[test]
fn keys_that_cannot_be_read_are_said_to_be_unknown() {
    let up = Up::start("--no-functions --data data");
    std::fs::remove_file(up.place.path().join("data/keys.seed")).expect("it is there");
    let env = up.backlot("env");
    assert_eq!(env.code, Some(3), "{env:?}");
    assert!(env.stderr.contains("--seed NUMBER"), "{env:?}");
}
