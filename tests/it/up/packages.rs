//! Code that is a zip, and code that a command makes.

use std::io::{Cursor, Write as _};
use std::path::Path;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::kit::Place;

const HANDLER: &str = "def main_handler(event, context):\n    print('hello', event['name'])\n    return __import__('lib').answer\n";

fn zip(path: &Path, files: &[(&str, &str)]) {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        let options = SimpleFileOptions::default().unix_permissions(0o644);
        zip.start_file(*name, options).expect("an entry");
        zip.write_all(text.as_bytes()).expect("an entry");
    }
    let bytes = zip.finish().expect("a zip").into_inner();
    std::fs::write(path, bytes).expect("room on the disk");
}

#[test]
fn code_may_be_a_zip() {
    let place = Place::new();
    place.write(
        "backlot.yaml",
        "functions: { hello: { runtime: Python3.10, code: hello.zip } }\n",
    );
    place.write("event.json", r#"{"name": "you"}"#);
    let ended = place.backlot("invoke hello -e event.json").run();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.stderr.contains("hello.zip` could not be read"),
        "{ended:?}"
    );

    zip(
        &place.path().join("hello.zip"),
        &[("index.py", HANDLER), ("lib.py", "answer = 42\n")],
    );
    let ended = place.backlot("invoke hello -e event.json").run();
    assert_eq!(
        (ended.code, ended.stdout.trim()),
        (Some(0), "42"),
        "{ended:?}"
    );
    assert!(ended.stderr.contains("hello you"), "{ended:?}");

    zip(&place.path().join("hello.zip"), &[("../index.py", HANDLER)]);
    let ended = place.backlot("invoke hello -e event.json").run();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let said = "`../index.py` in the package leads out of the package";
    assert!(ended.stderr.contains(said), "{ended:?}");
}

#[test]
fn the_code_of_a_function_is_downloaded_as_a_zip() {
    let place = Place::new();
    place.write(
        "backlot.yaml",
        "functions: { hello: { runtime: Python3.10, code: hello.zip } }\n",
    );
    let path = place.path().join("hello.zip");
    zip(&path, &[("index.py", HANDLER), ("lib.py", "answer = 42\n")]);
    let up = place.up("");
    let code = |query: &str| {
        let path = format!("/_backlot/code{query}");
        up.client().ask("GET", &path, "", b"")
    };
    let answered = code("?function=hello&qualifier=%24LATEST");
    assert_eq!(answered.status, 200, "{answered:?}");
    assert_eq!(answered.header("content-type"), "application/zip");
    let name = answered.header("content-disposition");
    assert_eq!(name, "attachment; filename=\"hello.zip\"");
    assert_eq!(answered.body, std::fs::read(path).expect("a zip"));
    assert_eq!(code("").status, 400);
    assert_eq!(code("?function=other").status, 404);
    assert_eq!(code("?function=hello&qualifier=7").status, 404);
}

#[test]
fn a_build_makes_the_code_before_the_first_event() {
    let place = Place::new();
    std::fs::create_dir(place.path().join("hello")).expect("a folder");
    let yaml = |build: &str| {
        format!(
            "functions:\n  hello:\n    runtime: Python3.10\n    code: hello\n    build: {build}\n"
        )
    };
    place.write("hello/index.py", HANDLER);
    place.write("event.json", r#"{"name": "you"}"#);
    place.write("backlot.yaml", &yaml("echo 'answer = 7' > lib.py"));
    let ended = place.backlot("invoke hello -e event.json").run();
    assert_eq!(
        (ended.code, ended.stdout.trim()),
        (Some(0), "7"),
        "{ended:?}"
    );
    let said = "building function `hello`: echo";
    assert!(ended.stderr.contains(said), "{ended:?}");

    place.write(
        "backlot.yaml",
        &yaml("echo to stdout; echo to stderr >&2; exit 5"),
    );
    let ended = place.backlot("invoke hello -e event.json").run();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("to stdout\nto stderr\n"), "{ended:?}");
    assert!(ended.stderr.contains("exited with code 5"), "{ended:?}");
}

/// The build of a zip runs beside it.
#[test]
fn a_build_may_make_a_zip() {
    let place = Place::new();
    place.write("hello.py", "def main(event, context):\n    return event\n");
    place.write("event.json", "[1]");
    place.write(
        "backlot.yaml",
        "functions:\n  hello:\n    runtime: Python3.10\n    handler: hello.main\n    code: hello.zip\n    \
         build: python3 -m zipfile -c hello.zip hello.py\n",
    );
    let ended = place.backlot("invoke hello -e event.json").run();
    assert_eq!(
        (ended.code, ended.stdout.trim()),
        (Some(0), "[1]"),
        "{ended:?}"
    );
}
