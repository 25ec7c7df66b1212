//! Code that does not load: it is told at once, with its reason.

use super::kit::Code;

#[tokio::test(flavor = "multi_thread")]
async fn a_syntax_error_in_python_is_told_as_one() {
    let code = Code::python("def main_handler(e, c)\n  return 1\n");
    let answer = code.answer("{}").await;
    assert_eq!(answer.status, 443);
    assert_eq!(answer.json()["errorCode"], 1);
    let message = answer.trace("errorMessage", &code.path());
    let start = "Traceback (most recent call last):\n  File \"CODE/index.py\", line 1\n    def main_handler(e, c)\n";
    assert!(message.starts_with(start), "{message}");
    assert!(message.contains("\nSyntaxError: "), "{message}");
    assert!(answer.json().get("stackTrace").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_while_python_loads_keeps_what_was_printed() {
    let code = Code::python("print('loading')\nimport nowhere\n");
    let answer = code.answer("{}").await;
    assert_eq!(answer.status, 443);
    assert_eq!(answer.lines, ["loading"]);
    assert_eq!(
        answer.trace("errorMessage", &code.path()),
        "Traceback (most recent call last):\n  File \"CODE/index.py\", line 2, in <module>\n    import nowhere\n\
         ModuleNotFoundError: No module named 'nowhere'"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_ends_the_process_while_it_loads_did_not_load() {
    let code = Code::python("import sys\nsys.exit('no configuration')\n");
    let answer = code.answer("{}").await;
    assert_eq!(answer.status, 443);
    assert!(
        answer.text.contains("SystemExit: no configuration"),
        "{answer:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_function_is_named() {
    let python = Code::python("def handler(event, context):\n    return 1\n");
    let answer = python.answer("{}").await;
    assert_eq!(answer.status, 443);
    let message = "module 'index' has no attribute 'main_handler'";
    assert!(answer.text.contains(message), "{answer:?}");

    let node = Code::node("exports.handler = async () => 1;\n");
    let answer = node.answer("{}").await;
    assert_eq!(answer.status, 443);
    let message = answer.trace("errorMessage", &node.path());
    assert_eq!(
        message,
        "TypeError: main_handler of CODE/index.js is not a function"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_syntax_error_in_node_is_told_as_one() {
    let code = Code::node_handler("async (e => {");
    let answer = code.answer("{}").await;
    assert_eq!(answer.status, 443);
    let message = answer.trace("errorMessage", &code.path());
    assert!(message.starts_with("CODE/index.js:"), "{message}");
    assert!(message.contains("SyntaxError: "), "{message}");
    assert!(!message.contains("internal/"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_while_node_loads_is_told_with_the_users_frames() {
    let code = Code::node("console.log('loading');\nthrow new Error('no configuration');\n");
    let answer = code.answer("{}").await;
    assert_eq!(answer.status, 443);
    assert_eq!(
        answer.lines,
        ["2024-01-01T00:00:00.000Z\tundefined\tloading"]
    );
    let message = answer.trace("errorMessage", &code.path());
    assert_eq!(
        message,
        "Error: no configuration\n    at Object.<anonymous> (CODE/index.js:2:7)"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_loads_the_code_anew_until_it_loads() {
    let code = Code::python(
        "import os\nassert os.path.exists('ready')\ndef main_handler(event, context):\n    return 1\n",
    );
    assert_eq!(code.answer("{}").await.status, 443);
    code.write("ready", "");
    let answers = code.answers(&["{}", "{}"]).await;
    assert!(
        answers.iter().all(|answer| answer.status == 200),
        "{answers:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_file_is_a_missing_handler() {
    let code = Code::python("");
    std::fs::remove_file(code.path().join("index.py")).unwrap();
    let answer = code.answer("{}").await;
    assert_eq!(answer.status, 437);
    assert_eq!(
        answer.json()["errorMessage"],
        "HandlerNotFound: index.py does not exist"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_in_a_folder_runs_there() {
    let code = Code::python("");
    code.write("src/deep.er.py", "import os, beside\ndef go(event, context):\n    return [beside.NAME, os.path.basename(os.getcwd())]\n");
    code.write("src/beside.py", "NAME = 'beside'\n");
    let mut function = code.function();
    function.handler = "src/deep.er.go".into();
    let answers = code.run(function, &["{}"]).await;
    assert_eq!(answers[0].text, r#"["beside", "src"]"#, "{answers:?}");
}
