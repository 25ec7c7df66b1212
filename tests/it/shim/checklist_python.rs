//! The conformance checklist of the SCF reference (section 19) for Python handlers.

use std::time::Duration;

use backlot::scf::Function;

use super::kit::Code;

/// Checklist 19.11: the private folder is what the platform's `/tmp` is; `tests/it/up/leftovers.rs` has the folder `/tmp` itself.
#[tokio::test(flavor = "multi_thread")]
async fn checklist_11_a_temporary_file_lives_as_long_as_its_instance() {
    let code = Code::python(
        "import os, tempfile\nPATH = os.path.join(tempfile.gettempdir(), 'local_file.txt')\n\
         def main_handler(event, context):\n    was_there = os.path.exists(PATH)\n    open(PATH, 'w').close()\n    \
         if event == 'hang':\n        while True: pass\n    if event == 'exit': os._exit(1)\n    \
         if event == 'raise': raise Exception(was_there)\n    return was_there\n",
    );
    let function = Function {
        timeout_after: Some(Duration::from_secs(2)),
        ..code.function()
    };
    let events = [
        "1",
        "1",
        "\"raise\"",
        "1",
        "\"hang\"",
        "1",
        "1",
        "\"exit\"",
        "1",
    ];
    let answers = code.run(function, &events).await;
    let found: Vec<_> = answers
        .iter()
        .map(|answer| {
            (
                answer.status,
                if answer.status == 200 {
                    &*answer.text
                } else {
                    ""
                },
            )
        })
        .collect();
    let expected = [
        (200, "false"),
        (200, "true"),
        (430, ""),
        (200, "true"),
        (433, ""),
        (200, "false"),
        (200, "true"),
        (439, ""),
        (200, "false"),
    ];
    assert_eq!(found, expected);
}

/// Checklist 19.12: whatever is logged is printed, bare; a second configuration of the root logger changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn checklist_12_the_root_logger_prints_at_level_debug() {
    let code = Code::python(
        "import logging\nlogging.basicConfig(level=logging.ERROR, format='not this: %(message)s')\n\
         def main_handler(event, context):\n    root = logging.getLogger()\n    \
         logging.getLogger('a.b').debug('debug of %s', 'a.b')\n    root.debug('debug')\n    root.info('info')\n    \
         root.warning('warning')\n    return [root.level, len(root.handlers)]\n",
    );
    let answer = code.answer("{}").await;
    assert_eq!(answer.lines, ["debug of a.b", "debug", "info", "warning"]);
    assert_eq!(answer.text, "[10, 1]");
}

/// Checklist 19.12.
#[tokio::test(flavor = "multi_thread")]
async fn checklist_12_a_text_comes_back_quoted() {
    let code = Code::python("def main_handler(event, context):\n    return 'Hello \"世界\"'\n");
    let answer = code.answer("{}").await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (200, r#""Hello \"世界\"""#)
    );
}

/// Checklist 19.12: an event that is an object cannot be indexed with 0 (section 6.3).
#[tokio::test(flavor = "multi_thread")]
async fn checklist_12_a_key_error_shows_the_users_frames_only() {
    let text = "def inner(event):\n    return event[0]\n\ndef main_handler(event, context):\n    return inner(event)\n";
    let code = Code::python(text);
    let answer = code.answer(r#"{"EventType":"WorkflowTask"}"#).await;
    assert_eq!(answer.status, 430);
    let trace = answer.trace("stackTrace", &code.path());
    // Newer versions of Python mark the place within the line.
    let without_marks: Vec<_> = trace
        .lines()
        .filter(|line| !line.trim_matches([' ', '^', '~']).is_empty())
        .collect();
    let expected = [
        "Traceback (most recent call last):",
        "  File \"CODE/index.py\", line 5, in main_handler",
        "    return inner(event)",
        "  File \"CODE/index.py\", line 2, in inner",
        "    return event[0]",
        "KeyError: 0",
    ];
    assert_eq!(without_marks, expected);
    // The log has the object, and no traceback beside it.
    assert_eq!(answer.lines, Vec::<String>::new());
}

/// Checklist 19.13.
#[tokio::test(flavor = "multi_thread")]
async fn checklist_13_a_syntax_error_is_443_with_its_traceback() {
    let code = Code::python("def main_handler(event, context):\n    return (\n");
    let answer = code.answer("{}").await;
    assert_eq!(answer.status, 443);
    let members: Vec<_> = answer.json().as_object().unwrap().keys().cloned().collect();
    let expected = ["errorCode", "errorMessage", "requestId", "statusCode"];
    assert_eq!(members, expected, "there is no stackTrace");
    assert_eq!(answer.json()["errorCode"], 1);
    assert_eq!(answer.json()["statusCode"], 443);
    let message = answer.trace("errorMessage", &code.path());
    assert!(
        message
            .starts_with("Traceback (most recent call last):\n  File \"CODE/index.py\", line 2\n"),
        "{message}"
    );
    assert!(
        message.lines().last().unwrap().starts_with("SyntaxError: "),
        "{message}"
    );
}

/// Checklist 19.13: the init window is not waited for, and each event tries anew.
#[tokio::test(flavor = "multi_thread")]
async fn checklist_13_code_that_does_not_load_is_told_at_once_and_each_time() {
    let code = Code::python("import no_such_module\n");
    let answers = code.answers(&["{}", "{}"]).await;
    for answer in answers {
        assert_eq!((answer.status, answer.duration_ms), (443, 0), "{answer:?}");
        assert!(
            answer
                .text
                .contains("ModuleNotFoundError: No module named 'no_such_module'"),
            "{answer:?}"
        );
    }
}
