//! What others have written does not command the user's terminal.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};

use backlot_tests::command::CommandLine;

use super::kit::Place;

const BACKLOT: &str = env!("CARGO_BIN_EXE_backlot-under-test");

/// A line of a log as a function may print it: it sets the title, rings, hides what came before, and moves the cursor.
const LINE: &str = r#"{"SCF_LogTime":0,"SCF_FunctionName":"f","SCF_Message":"a\u001b]0;t\u0007b\rc\u009b2Jd\u0000e\tf"}"#;

/// Answers every request with the line.
fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("a port");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.expect("a connection"));
            let mut line = String::new();
            while stream.read_line(&mut line).expect("a request") > 2 {
                line.clear();
            }
            let length = LINE.len() + 1;
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{LINE}\n"
            );
            // A client that has gone does not want it.
            drop(stream.get_mut().write_all(answer.as_bytes()));
        }
    });
    address
}

#[test]
fn logs_show_control_characters_on_a_terminal_and_pass_them_to_a_pipe() {
    let address = server().to_string();
    let place = Place::new();
    let piped = place.backlot("logs").env("BACKLOT_LISTEN", &address).run();
    assert_eq!(piped.code, Some(0), "{piped:?}");
    assert!(piped.stdout.contains("b\rc"), "{piped:?}");
    for command in ["logs", "logs --output json"] {
        let shown = CommandLine::new("python3", place.path())
            .arg("-c")
            .arg("import pty, sys; pty.spawn(sys.argv[1:])")
            .arg(BACKLOT)
            .args(command)
            .env("BACKLOT_LISTEN", &address)
            .run();
        let text = shown.stdout.replace("\r\n", "\n");
        assert!(text.contains(r"]0;t"), "{shown:?}");
        let is_allowed = |letter: char| matches!(letter, '\n' | '\t') || !letter.is_control();
        assert!(text.chars().all(is_allowed), "{command}: {text:?}");
    }
}
