//! `backlot invoke`: into the emulator that runs, else into one of its own.

use std::thread;

use serde_json::Value;

use super::idle::gated;
use super::kit::Lines;

#[test]
fn the_answer_is_byte_for_byte_and_the_log_goes_to_stderr() {
    let up = gated().up("");
    let ended = up.line("invoke gated -e").arg(r#"{"u":  "\n"}"#).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, r#"{"u": "\n"}"#);
    for part in ["START RequestId", "got {'u': '\\n'}", "END RequestId"] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    let called = up.client().journal();
    let called = called
        .iter()
        .filter(|record| record["what"] == "invocation-called");
    assert_eq!(called.count(), 1, "it is the emulator that runs");
}

#[test]
fn a_cold_start_is_had_for_the_asking() {
    let up = gated().up("");
    for flags in ["", "", "--cold", ""] {
        let ended = up.backlot(&format!("invoke gated -e [] {flags}"));
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    let queued = "/_backlot/invoke?function=gated&type=async&cold=true";
    let queued = up.client().ask("POST", queued, "", b"[]");
    assert_eq!(queued.status, 202, "{queued:?}");
    let idle = up.client().get("/_backlot/idle?timeout=60s");
    assert_eq!(idle["idle"], true, "{idle}");
    let started = up.client().journal();
    let started = started
        .iter()
        .filter(|record| record["what"] == "attempt-started");
    let cold: Vec<_> = started.map(|record| record["cold"] == true).collect();
    assert_eq!(cold, [true, false, true, false, true]);
    let wrong = "/_backlot/invoke?function=gated&cold=yes";
    let wrong = up.client().ask("POST", wrong, "", b"[]");
    assert_eq!(wrong.status, 400, "{wrong:?}");
}

#[test]
fn an_event_comes_from_a_file_or_from_stdin() {
    let up = gated().up("");
    up.place.write("event.json", "[1, 2]");
    let ended = up.backlot("invoke gated -e event.json");
    assert_eq!(
        (ended.code, &*ended.stdout),
        (Some(0), "[1, 2]"),
        "{ended:?}"
    );
    let ended = up.line("invoke gated").input(b"[3]").run();
    assert_eq!((ended.code, &*ended.stdout), (Some(0), "[3]"), "{ended:?}");
    let ended = up.backlot("invoke gated -e nowhere.json");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.stderr.contains("`nowhere.json` cannot be read"),
        "{ended:?}"
    );
}

#[test]
fn a_failure_is_printed_and_exits_with_1() {
    let up = gated().up("");
    let ended = up.line("invoke gated -e").arg("\"fail\"").run();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let error: Value = serde_json::from_str(&ended.stdout).expect("an error object");
    assert_eq!(error["errorCode"], -1, "{error}");
    assert!(ended.stdout.contains("as asked"), "{}", ended.stdout);
}

#[test]
fn the_emulator_is_found_by_its_folder_and_by_the_variable_of_exec() {
    let place = gated();
    let up = place.up("--data data");
    for line in [
        up.place.backlot("invoke gated -e [] --data data"),
        up.place
            .backlot("invoke gated -e []")
            .env("BACKLOT_ADDRESS", &up.address.to_string()),
    ] {
        let ended = line.run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(
            !ended.stderr.contains("is started for this call"),
            "{ended:?}"
        );
    }
    assert_eq!(up.client().get("/_backlot/health")["journal"]["first"], 0);
    let called = up.client().journal();
    let called = called
        .iter()
        .filter(|record| record["what"] == "invocation-called");
    assert_eq!(called.count(), 2);
}

#[test]
fn one_is_started_if_none_runs_or_if_that_is_asked_for() {
    let up = gated().up("");
    let ended = up.backlot("invoke gated -e [] --new");
    assert_eq!((ended.code, &*ended.stdout), (Some(0), "[]"), "{ended:?}");
    let given = "--function=gated=Python3.10:index.main_handler";
    let ended = up
        .line("invoke gated -e []")
        .arg(given)
        .env("BACKLOT_LISTEN", "127.0.0.1:0");
    let ended = ended.run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended.stderr.contains("because `--function` replaces code"),
        "{ended:?}"
    );
    let called = up.client().journal();
    assert!(
        called
            .iter()
            .all(|record| record["what"] != "invocation-called"),
        "{called:?}"
    );
    let ended = up.place.backlot("invoke gated -e [] --data data").run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let said = "no emulator runs: one is started for this call";
    assert!(ended.stderr.contains(said), "{ended:?}");
}

#[test]
fn an_asynchronous_event_is_queued_and_can_be_followed() {
    let up = gated().up("--clock virtual");
    let ended = up.backlot("invoke gated -e [1] --async");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let said = "`gated` gets it as invocation 1, request id ";
    assert!(ended.stdout.starts_with(said), "{}", ended.stdout);
    let ended = up
        .line("invoke gated --async --log -e")
        .arg("\"fail\"")
        .run();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for part in [
        "got fail",
        "invocation 2, attempt 1: 430 in",
        "invocation 2, attempt 3: 430 in",
        "invocation 2, given up (execution-error), and there is no dead-letter queue",
    ] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    assert!(!ended.stderr.contains("invocation 1"), "{}", ended.stderr);
}

#[test]
fn an_emulator_of_its_own_lives_until_the_asynchronous_event_is_done_with() {
    let ended = gated().backlot("invoke gated -e [1] --async --new").run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended.stderr.contains("invocation 1, attempt 1: 200 in"),
        "{ended:?}"
    );
}

#[test]
fn a_log_can_be_had_whole() {
    let place = gated();
    place.write("index.py", "def main_handler(event, context):\n    for n in range(300):\n        print('line %04d %s' % (n, '.' * 40))\n");
    let up = place.up("");
    let tail = up.backlot("invoke gated -e []").stderr;
    assert!(
        !tail.contains("line 0000") && tail.contains("line 0299"),
        "{tail}"
    );
    let whole = up.backlot("invoke gated -e [] --log").stderr;
    assert!(
        whole.contains("line 0000") && whole.contains("line 0299"),
        "{whole}"
    );
}

#[test]
fn what_cannot_be_called_is_said_with_what_can() {
    let up = gated().up("");
    for (arguments, code, part) in [
        (
            "invoke nobody -e []",
            4,
            "there is no function `nobody`; the emulator has `gated`",
        ),
        (
            "invoke gated -e [] --qualifier 7",
            4,
            "has no version or alias `7`",
        ),
        (
            "invoke gated -e [] --namespace other",
            4,
            "there is no function `other/gated`",
        ),
        ("invoke gated -e [", 2, "400"),
    ] {
        let ended = up.backlot(arguments);
        assert_eq!(ended.code, Some(code), "{arguments}: {ended:?}");
        assert!(ended.stderr.contains(part), "{arguments}: {}", ended.stderr);
    }
    let ended = up
        .line("invoke gated -e")
        .arg("\"$LATEST\"")
        .arg("--qualifier=$LATEST")
        .run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let large = format!("\"{}\"", "x".repeat(128 * 1024));
    let ended = up
        .line("invoke gated --async")
        .input(large.as_bytes())
        .run();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.stderr.contains("refused with 406"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_route_answers_as_described() {
    let up = gated().up("");
    let client = up.client();
    let ask = |query: &str, event: &[u8]| {
        client.ask("POST", &format!("/_backlot/invoke{query}"), "", event)
    };
    let answered = ask("?function=gated", b"[ 1 ]");
    assert_eq!(
        (answered.status, &*answered.text()),
        (200, "[1]"),
        "{answered:?}"
    );
    assert_eq!(answered.header("backlot-status"), "200");
    assert_eq!(answered.header("backlot-invocation"), "1");
    assert!(
        answered.header("backlot-log").contains("got [1]%0AEND"),
        "{answered:?}"
    );
    let failed = ask("?function=gated", b"\"fail\"");
    assert_eq!(
        (failed.status, failed.header("backlot-status")),
        (200, "430")
    );
    for (query, status) in [
        ("", 400),
        ("?function=gated&type=later", 400),
        ("?function=x", 404),
    ] {
        assert_eq!(ask(query, b"[]").status, status, "{query}");
    }
    let page = "Origin: http://evil.example\r\n";
    let refused = client.ask("POST", "/_backlot/invoke?function=gated", page, b"[]");
    assert_eq!(refused.status, 403, "{refused:?}");
}

#[test]
fn an_emulator_that_ends_during_a_call_ends_the_call() {
    let up = gated().up("");
    let line = up.line("invoke gated -e").arg("\"gate1\"");
    let client = up.client();
    thread::scope(|scope| {
        let calling = scope.spawn(|| line.run());
        let mut lines = Lines::of(client.send("GET", "/_backlot/journal?follow=true", "", b""));
        while !lines
            .next("{")
            .expect("a record")
            .contains("attempt-started")
        {}
        up.running.signal("KILL");
        let ended = calling.join().expect("it ends");
        assert_eq!(ended.code, Some(3), "{ended:?}");
    });
}
