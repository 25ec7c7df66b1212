//! What is left of functions when the emulator has ended.

use std::fs::File;
use std::io::Read as _;

use rustix::fs::{CWD, FileType, Mode};

use super::kit::Place;

/// A place with the function `daemons`.
fn place() -> Place {
    let place = Place::new();
    let script = backlot_tests::project().join("tests/functions/leaves_daemon.py");
    let script = script.display();
    place.write(
        "backlot.yaml",
        &format!("functions:\n  daemons: {{ command: [python3, \"{script}\"], timeout: 600s }}\n"),
    );
    let mode = Mode::RUSR | Mode::WUSR;
    let pipe = place.path().join("pipe");
    rustix::fs::mknodat(CWD, pipe, FileType::Fifo, mode, 0).expect("a named pipe");
    place
}

#[test]
fn a_daemon_of_a_function_is_killed_and_named() {
    let place = place();
    let event = format!("{{\"pipe\":\"{}\"}}", place.path().join("pipe").display());
    let running = place
        .backlot("invoke daemons --new")
        .input(event.as_bytes());
    let reader = std::thread::spawn({
        let pipe = place.path().join("pipe");
        move || {
            let mut said = String::new();
            // To the end: until nothing holds the pipe any more.
            File::open(pipe)
                .and_then(|mut pipe| pipe.read_to_string(&mut said))
                .map(|_| said)
        }
    });
    let ended = running.run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let expected = "killed 1 process that functions had left running: `sleep` (";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    assert_eq!(
        reader.join().expect("it reads").expect("it can be read"),
        "!!"
    );
}

#[test]
fn nothing_outlives_an_emulator_that_is_killed() {
    let place = place();
    let pipe = place.path().join("pipe");
    let event = format!("{{\"pipe\":\"{}\",\"hang\":1}}", pipe.display());
    let scenario = format!(
        "oracle: {{ off: \"it hangs\" }}\nsteps:\n  - send-event: {{ function: daemons, source: COS, event: {event} }}\n"
    );
    place.write("hang.yaml", &scenario);
    // The first line is the head of the table.
    let running = place.backlot("test hang.yaml").start();
    let mut pipe = File::open(pipe).expect("a pipe");
    let mut said = [0; 2];
    pipe.read_exact(&mut said).expect("the function runs");
    running.signal("KILL");
    let mut rest = Vec::new();
    pipe.read_to_end(&mut rest)
        .expect("it ends when nothing holds it");
    assert!(rest.is_empty());
}

#[test]
fn every_instance_has_a_tmp_of_its_own_or_is_said_to_share_it() {
    let place = place();
    let found = [1, 2].map(|_| place.backlot("invoke daemons --new").input(b"{}").run());
    for ended in found {
        let shares = ended.stderr.contains("share with this machine");
        assert!(ended.stdout.trim() == "1" || shares, "{ended:?}");
    }
    let shared = "/tmp/backlot-test-of-private-tmp";
    let script = place.read("backlot.yaml");
    place.write(
        "backlot.yaml",
        &script.replace("600s }", "600s, private-tmp: false }"),
    );
    let ended = place.backlot("invoke daemons --new").input(b"{}").run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(std::fs::remove_file(shared).is_ok(), "it is the machine's");
}
