//! The bootstraps on every version of an interpreter that this machine has.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::kit::Code;

/// Further programs to be tested, separated by colons: Node has no names with a version.
const MORE: &str = "BACKLOT_TEST_INTERPRETERS";

/// The real program behind a name, and its version: names with a version may be stand-ins that do not run.
#[expect(
    clippy::disallowed_methods,
    reason = "this asks interpreters who they are"
)]
fn program(name: &Path, code: &str) -> Option<PathBuf> {
    let flag = if name.ends_with("node") { "-p" } else { "-c" };
    let output = Command::new(name).args([flag, code]).output().ok()?;
    let path = String::from_utf8(output.stdout).expect("a path");
    output.status.success().then(|| PathBuf::from(path.trim()))
}

fn more(kind: &str) -> Vec<PathBuf> {
    let more = std::env::var_os(MORE).unwrap_or_default();
    let more = std::env::split_paths(&more);
    more.filter(|path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(kind))
    })
    .collect()
}

fn pythons() -> Vec<PathBuf> {
    let names = (6..=20).map(|minor| PathBuf::from(format!("python3.{minor}")));
    let names = names.chain(["python3".into()]).chain(more("python"));
    let mut found: Vec<_> = names
        .filter_map(|name| {
            program(
                &name,
                "import sys; assert sys.version_info >= (3, 6); print(sys.executable)",
            )
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

fn nodes() -> Vec<PathBuf> {
    let names = [PathBuf::from("node")].into_iter().chain(more("node"));
    names
        .filter_map(|name| program(&name, "process.execPath"))
        .collect()
}

fn install(code: &Code, at: &str, program: &Path) {
    let link = code.path().join(at);
    std::fs::create_dir_all(link.parent().expect("a folder")).expect("room on the disk");
    std::os::unix::fs::symlink(program, link).expect("room on the disk");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_python_of_this_machine_runs_handlers() {
    let text = "import logging, sys\ndef main_handler(event, context):\n    logging.debug('debug é')\n    \
                if event == 'raise': return int('x')\n    if event == 'bad': return {1}\n    \
                return ['%d.%d' % sys.version_info[:2], event, list(context)[0], sys.executable]\n";
    let found = pythons();
    assert!(!found.is_empty(), "install python3");
    for python in found {
        let code = Code::python(text);
        install(&code, ".venv/bin/python3", &python);
        let answers = code.answers(&["\"é\"", "\"raise\"", "\"bad\"", "1"]).await;
        let about = || format!("{}: {answers:?}", python.display());
        assert_eq!(answers.len(), 4, "{}", about());
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [200, 430, 430, 200], "{}", about());
        assert_eq!(answers[0].json()[1], "é", "{}", about());
        assert_eq!(answers[0].json()[2], "memory_limit_in_mb", "{}", about());
        assert_eq!(answers[0].lines, ["debug é"], "{}", about());
        let trace = answers[1].trace("stackTrace", &code.path());
        assert!(trace.starts_with("Traceback (most recent call last):\n  File \"CODE/index.py\", line 4, in main_handler\n"), "{trace}");
        assert!(
            trace.ends_with("ValueError: invalid literal for int() with base 10: 'x'"),
            "{trace}"
        );
        assert!(!answers[2].text.contains("bootstrap.py"), "{}", about());
        let broken = Code::python("def main_handler(\n");
        install(&broken, ".venv/bin/python3", &python);
        let answer = broken.answer("{}").await;
        assert_eq!(answer.status, 443, "{}: {answer:?}", python.display());
        assert!(!answer.text.contains("bootstrap.py"), "{answer:?}");
        assert!(!answer.text.contains("importlib"), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_of_this_machine_runs_handlers() {
    let text = "exports.main_handler = (event, context, callback) => {\n  \
                if (event === 'throw') throw new Error('thrown');\n  \
                if (event === 'reject') return Promise.reject(new Error('rejected'));\n  \
                if (event === 'promise') return Promise.resolve(context.getContext().request_id.length);\n  \
                console.log('é %d', 1);\n  setTimeout(() => callback(null, [event, process.execPath]), 2);\n};\n";
    let found = nodes();
    assert!(!found.is_empty(), "install node");
    for node in found {
        let code = Code::node(text);
        install(&code, "node_modules/.bin/node", &node);
        let events = ["\"é\"", "\"promise\"", "\"throw\"", "\"reject\"", "1"];
        let answers = code.answers(&events).await;
        let about = || format!("{}: {answers:?}", node.display());
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [200, 200, 430, 430, 200], "{}", about());
        let program = node.canonicalize().expect("a program");
        assert_eq!(
            answers[0].json(),
            serde_json::json!(["é", program]),
            "{}",
            about()
        );
        assert!(answers[0].lines[0].ends_with("\té 1"), "{}", about());
        assert_eq!(answers[1].text, "36", "{}", about());
        for (answer, reason) in [(&answers[2], "thrown"), (&answers[3], "rejected")] {
            let trace = answer.trace("stackTrace", &code.path());
            let start = format!("Error: {reason}\n    at ");
            assert!(
                trace.starts_with(&start) && trace.contains("CODE/index.js:"),
                "{}",
                about()
            );
            assert!(!trace.contains("/var/runtime"), "{}", about());
        }
        let broken = Code::node("exports.main_handler = (\n");
        install(&broken, "node_modules/.bin/node", &node);
        let answer = broken.answer("{}").await;
        assert_eq!(answer.status, 443, "{}: {answer:?}", node.display());
        assert!(
            answer.text.contains("SyntaxError: ") && !answer.text.contains("internal/"),
            "{answer:?}"
        );
    }
}
