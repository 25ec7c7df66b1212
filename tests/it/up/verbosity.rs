//! How much the command says on stderr: `-v`, `-q` and `BACKLOT_LOG`.

use super::kit::{Place, Up};

/// Starts `backlot up` with these flags, asks for something, and returns all of stderr.
#[track_caller]
fn said_by_up(flags: &str) -> String {
    let up = Up::start(flags);
    let answered = up.client().ask("GET", "/nowhere-1250000000/a", "", b"");
    assert_eq!(answered.status, 404, "{answered:?}");
    up.running.signal("TERM");
    let ended = up.running.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stderr
}

#[test]
fn requests_are_shown_where_no_terminal_is_only_if_asked_for() {
    let line = "cos   GET nowhere-1250000000/a: 404 NoSuchBucket (GetObject)\n";
    let usual = said_by_up("--no-functions");
    assert!(!usual.contains("cos "), "{usual}");
    assert!(usual.contains("--data DIR"), "{usual}");
    let more = said_by_up("--no-functions -v");
    assert!(more.contains(line), "{more}");
    assert!(!more.contains('\u{1b}'), "no color: {more}");
    assert_eq!(said_by_up("--no-functions -q"), "");
}

#[test]
fn the_log_of_the_background_shows_requests_if_asked_for() {
    let place = Place::new();
    let started = place
        .backlot("up -vv --no-functions --listen 127.0.0.1:0 --data data --detach")
        .run();
    assert_eq!(started.code, Some(0), "{started:?}");
    let stopped = place.backlot("-q stop --data data").run();
    assert_eq!((stopped.code, stopped.stderr.as_str()), (Some(0), ""));
    let log = place.read("data/backlot.log");
    assert!(log.contains("stopping"), "{log}");
}

#[test]
fn the_variable_is_checked_before_anything_is_done() {
    let place = Place::new();
    let line = place
        .backlot("event edit")
        .env("BACKLOT_LOG", "backlot_cos=debgu");
    let ended = line.run();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert_eq!(
        ended.stderr,
        "error: `BACKLOT_LOG` is `backlot_cos=debgu`: `debgu` is not a level; \
         levels are `off`, `error`, `warn`, `info`, `debug` and `trace`\n\n\
         hint: for example `BACKLOT_LOG=debug` or `BACKLOT_LOG=warn,backlot_cos=debug`\n"
    );
    let line = place.backlot("event edit").env("BACKLOT_LOG", "debug");
    assert_eq!(line.run().code, Some(0));
    assert_eq!(place.backlot("event edit -v -q").run().code, Some(2));
}
