//! `--debug FUNCTION`: whoever debugs takes time, and talks to the function.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use super::kit::{Client, Place};
use super::reload::{BUCKET, Running};

/// Takes longer than its limits allow, and asks for a word.
const ASKS: &str = "import time\ntime.sleep(0.3)\n\ndef main_handler(event, context):\n    time.sleep(0.3)\n    \
                    return input('which word? ')\n";
const LIMITS: &str = "functions:\n  asks:\n    runtime: Python3.10\n    timeout: 1s\n    timeout-after: 100ms\n    \
                      init-timeout: 3s\n    init-timeout-after: 100ms\n    instances: 3\n";

fn project() -> Place {
    let place = Place::new();
    place.write("index.py", ASKS);
    place.write("backlot.yaml", LIMITS);
    place.write("event.json", "{}");
    place
}

#[test]
fn a_debugged_function_has_no_limits_and_reads_the_terminal() {
    let place = project();
    let ended = place.backlot("invoke asks -e event.json").run();
    assert_eq!(ended.code, Some(1), "the limits hold: {ended:?}");

    let invoke = "invoke asks -e event.json --debug asks";
    let ended = place.backlot(invoke).input(b"breakpoint\n").run();
    let answer = ended.stdout.trim();
    assert_eq!(
        (ended.code, answer),
        (Some(0), "\"breakpoint\""),
        "{ended:?}"
    );
    // A prompt is shown although it is no line.
    assert_eq!(ended.stderr.matches("which word? ").count(), 1, "{ended:?}");

    // At the end of the input, the function gets that end.
    let ended = place.backlot(invoke).run();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.contains("EOFError"), "{ended:?}");
}

#[test]
fn a_scenario_waits_for_whoever_debugs() {
    let place = project();
    std::fs::create_dir(place.path().join("scenarios")).expect("a folder");
    place.write(
        "scenarios/edit.yaml",
        "triggers: { EditMediaTask: asks }\noracle: { off: it asks }\nsnapshot: off\nsteps:\n  - finish-edit: {}\n  \
         - expect-invocation: { number: 1, statuses: [200] }\n",
    );
    let ended = place.backlot("test").run();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let test = place.backlot("test --patience 1 --debug asks");
    let ended = test.input(b"step\n").run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn a_function_that_does_not_exist_and_an_event_from_stdin_are_mistakes() {
    let place = project();
    let ended = place.backlot("invoke asks -e event.json --debug ask").run();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.stderr.contains("there is no function `ask`"),
        "{ended:?}"
    );
    let ended = place.backlot("invoke asks --debug asks").input(b"{}").run();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.stderr.contains("stdin is for the function"),
        "{ended:?}"
    );
}

/// The recipe for `node --inspect-brk`: a debugger finds the process, and lets it go on.
#[test]
fn a_node_function_waits_for_its_debugger() {
    let mut running = Running::start("", "--debug hello", |place| {
        place.write(
            "code/index.js",
            "exports.main_handler = async () => console.log('goes on');\n",
        );
        let yaml = format!(
            "functions:\n  hello:\n    runtime: Nodejs18.15\n    code: code\n    timeout: 1s\n    timeout-after: 100ms\n    \
             init-timeout-after: 100ms\n    environment: {{ NODE_OPTIONS: --inspect-brk=127.0.0.1:0 }}\n    \
             cos-triggers: [{{ bucket: {BUCKET} }}]\n"
        );
        place.write("backlot.yaml", &yaml);
    });
    running.send();
    let mut line = running.printed();
    while !line.starts_with("Debugger listening on ws://") {
        line = running.printed();
    }
    let (_, address) = line.split_once("ws://").expect("an address");
    let (address, path) = address.split_once('/').expect("a path");
    let address: SocketAddr = address.parse().expect("an address");
    let mut list = Client(address).send("GET", "/json/list", "", b"");
    read_until(&mut list, &format!("ws://{address}/{path}"));
    let mut debugger = TcpStream::connect(address).expect("a debugger can connect");
    let hello = format!(
        "GET /{path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    debugger.write_all(hello.as_bytes()).expect("a request");
    read_until(&mut debugger, "101 Switching Protocols");
    say(&mut debugger, r#"{"id":1,"method":"Debugger.enable"}"#);
    say(
        &mut debugger,
        r#"{"id":2,"method":"Runtime.runIfWaitingForDebugger"}"#,
    );
    // It stops where it begins, and goes on when it is told to.
    read_until(&mut debugger, "Break on start");
    say(&mut debugger, r#"{"id":3,"method":"Debugger.resume"}"#);
    while !running.printed().ends_with("goes on") {}
    assert_eq!(running.until("attempt-finished")["status"], 200);
}

/// Sends a short command as a text, masked with zeros.
fn say(debugger: &mut TcpStream, command: &str) {
    let length = u8::try_from(command.len()).expect("a short text");
    let mut frame = vec![0x81, 0x80 | length, 0, 0, 0, 0];
    frame.extend(command.bytes());
    debugger.write_all(&frame).expect("a command");
}

/// Reads until this text has come; the process keeps its connections open.
fn read_until(stream: &mut TcpStream, text: &str) {
    let mut said = String::new();
    while !said.contains(text) {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).expect("more to read");
        assert_ne!(read, 0, "the process has ended: {said}");
        said.push_str(&String::from_utf8_lossy(&chunk[..read]));
    }
}
