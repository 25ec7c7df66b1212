//! The ways in which the platform's own demos write a function, each as a user has it: a folder with the code, and a
//! `backlot.yaml` of four lines.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use backlot_tests::command::{CommandLine, Ended};
use backlot_tests::project;
use tempfile::TempDir;

const BACKLOT: &str = env!("CARGO_BIN_EXE_backlot-under-test");
const EVENT: &str = r#"{"EventType":"WorkflowTask","number":11.261677742004395,"text":"é"}"#;

/// A folder that is no clone, with a function `hello`.
struct Demo(TempDir);

impl Demo {
    fn new(runtime: &str, handler: &str) -> Self {
        let demo = Self(tempfile::tempdir().expect("a temporary folder"));
        let settings =
            format!("functions:\n  hello:\n    runtime: {runtime}\n    handler: {handler}\n");
        demo.write("backlot.yaml", &settings);
        demo
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("room on the disk");
    }

    fn executable(&self, name: &str) {
        let path = self.path().join(name);
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(path, mode).expect("the file exists");
    }

    /// What the function makes of the event.
    #[track_caller]
    fn invoke(&self) -> Ended {
        let line = CommandLine::new(BACKLOT, self.path()).args("invoke hello");
        let ended = line.input(EVENT.as_bytes()).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended
    }
}

#[test]
fn a_bootstrap_in_bash_loops_with_curl() {
    let demo = Demo::new("CustomRuntime", "greet.reply");
    demo.write(
        "bootstrap",
        r#"#!/bin/bash
set -euo pipefail
api="http://$SCF_RUNTIME_API:$SCF_RUNTIME_API_PORT/runtime"
file="${_HANDLER%.*}.sh"
function="${_HANDLER##*.}"
source "./$file"
curl -s -d ' ' "$api/init/ready" >/dev/null
while true; do
  event=$(curl -s -D "$TMPDIR/headers" "$api/invocation/next")
  id=$(grep -i '^request_id:' "$TMPDIR/headers" | cut -d ' ' -f 2 | tr -d '\r')
  answer=$("$function" "$event")
  echo "answering ${#id} characters of id"
  curl -s -d "$answer" "$api/invocation/response" >/dev/null
done
"#,
    );
    demo.write(
        "greet.sh",
        "reply() {\n  echo \"got: $1\" >&2\n  echo \"Echo: '$1'\"\n}\n",
    );
    demo.executable("bootstrap");
    let ended = demo.invoke();
    assert_eq!(ended.stdout.trim_end(), format!("Echo: '{EVENT}'"));
    assert!(ended.stderr.contains(&format!("got: {EVENT}")), "{ended:?}");
    assert!(
        ended.stderr.contains("answering 36 characters of id"),
        "{ended:?}"
    );
}

#[test]
fn a_python_file_has_a_main_handler() {
    let demo = Demo::new("Python3.10", "index.main_handler");
    demo.write(
        "index.py",
        "# -*- coding: utf8 -*-\nimport json\n\ndef main_handler(event, context):\n    \
         print('Received event: ' + json.dumps(event, ensure_ascii=False))\n    \
         return {'type': event['EventType'], 'function': context['function_name'], 'n': event['number']}\n",
    );
    let ended = demo.invoke();
    let expected = r#"{"type": "WorkflowTask", "function": "hello", "n": 11.261677742004395}"#;
    assert_eq!(ended.stdout.trim_end(), expected);
    assert!(
        ended
            .stderr
            .contains(r#"Received event: {"EventType": "WorkflowTask""#),
        "{ended:?}"
    );
}

#[test]
fn a_node_module_exports_a_main_handler_in_async_callback_and_stream_form() {
    let forms = [
        "exports.main_handler = async (event, context) => {\n  await new Promise((done) => setTimeout(done, 1));\n  \
         return { text: event.text, name: context.function_name };\n};\n",
        "exports.main_handler = (event, context, callback) => {\n  setTimeout(() => \
         callback(null, { text: event.text, name: context.function_name }), 1);\n};\n",
        // What a stream brings is the result: here the event's own text, packed and unpacked on its way.
        "const { Readable } = require('stream');\nconst zlib = require('zlib');\n\
         exports.main_handler = (event, context, callback) => {\n  const parts = [];\n  \
         Readable.from([Buffer.from(event.text)]).pipe(zlib.createGzip()).pipe(zlib.createGunzip())\n    \
         .on('data', (part) => parts.push(part))\n    .on('error', callback)\n    \
         .on('end', () => callback(null, { text: Buffer.concat(parts).toString(), name: context.function_name }));\n};\n",
    ];
    for form in forms {
        let demo = Demo::new("Nodejs18.15", "index.main_handler");
        demo.write("index.js", form);
        let ended = demo.invoke();
        assert_eq!(
            ended.stdout.trim_end(),
            r#"{"text":"é","name":"hello"}"#,
            "{form}"
        );
    }
}

#[test]
fn a_static_binary_is_a_bootstrap() {
    let demo = Demo::new("CustomRuntime", "main");
    let source = project().join("tests/functions/static_bootstrap.rs");
    let rustc = CommandLine::new("rustc", demo.path())
        .args("--edition 2024 -C target-feature=+crt-static -C opt-level=1 -o bootstrap")
        .arg(source);
    let built = rustc.run();
    assert_eq!(built.code, Some(0), "{built:?}");
    let program = std::fs::read(demo.path().join("bootstrap")).expect("a program");
    assert!(!has_loader(&program), "it needs no libraries");
    let ended = demo.invoke();
    let expected = format!("{} bytes for hello, limits 128 MB and 3000 ms", EVENT.len());
    assert_eq!(ended.stdout.trim_end(), expected);
    assert!(ended.stderr.contains("an event has come"), "{ended:?}");
}

/// Whether a program of Linux names the program that loads its libraries: a segment of the type 3.
fn has_loader(program: &[u8]) -> bool {
    let number = |at: usize, length: usize| {
        let bytes = program[at..at + length].iter().rev();
        bytes.fold(0, |number, byte| (number << 8) | usize::from(*byte))
    };
    if !program.starts_with(b"\x7fELF") {
        return false;
    }
    let (first, size, count) = (number(0x20, 8), number(0x36, 2), number(0x38, 2));
    (0..count).any(|index| number(first + index * size, 4) == 3)
}
