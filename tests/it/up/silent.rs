//! Commands give up on an emulator that accepts connections and does not answer.

use std::net::TcpListener;

use backlot::base::clock::Clock;

use super::kit::{Place, Up};

/// Seconds within which every command has to end; it would hang otherwise.
const SOON: f64 = 20.0;

#[test]
fn commands_give_up_on_an_emulator_that_is_silent() {
    let up = Up::start("--no-functions");
    up.running.signal("STOP");
    let commands = [
        "status",
        "stop",
        "env",
        "logs",
        "logs --follow",
        "reset",
        "state save kept",
        "wait --timeout 1s",
    ];
    std::thread::scope(|scope| {
        for command in commands {
            let up = &up;
            scope.spawn(move || {
                let watch = Clock::real().stopwatch();
                let ended = up.backlot(command);
                assert_eq!(ended.code, Some(3), "{command}: {ended:?}");
                assert!(
                    ended.stderr.contains("does not answer"),
                    "{command}: {ended:?}"
                );
                let most = if command.starts_with("wait") {
                    5.0
                } else {
                    SOON
                };
                let seconds = watch.elapsed().as_secs_f64();
                assert!(seconds < most, "{command} took {seconds} s");
            });
        }
    });
    up.running.signal("CONT");
    assert_eq!(up.backlot("status").code, Some(0));
}

#[test]
fn a_program_that_listens_and_says_nothing_is_no_emulator() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("a port").to_string();
    let ended = Place::new()
        .backlot("status")
        .env("BACKLOT_LISTEN", &address)
        .run();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr.contains(&address), "{ended:?}");
    let waited = Place::new()
        .backlot("wait --timeout 200ms")
        .env("BACKLOT_LISTEN", &address)
        .run();
    assert_eq!(waited.code, Some(3), "{waited:?}");
}
