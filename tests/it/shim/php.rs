//! PHP handlers. On a machine without PHP, each test says that it was skipped; what is told then is tested everywhere.
//!
//! Follows: SCF reference, sections 5, 6.2 and 6.5.

use std::path::Path;

use backlot_tests::command::CommandLine;
use backlot_tests::measure::say;
use serde_json::json;

use super::kit::Code;

const BACKLOT: &str = env!("CARGO_BIN_EXE_backlot-under-test");

/// Code for PHP, if there is one.
fn php(text: &str) -> Option<Code> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&path).any(|folder| folder.join("php").is_file());
    if !is_there {
        say(
            "skipped: there is no `php` in PATH; install it (Debian: `apt install php-cli`) to run this test",
        );
        return None;
    }
    Some(Code::of("Php8.0", &format!("<?php\n{text}")))
}

#[tokio::test(flavor = "multi_thread")]
async fn event_and_context_are_objects_and_the_result_is_json() {
    let Some(code) = php(
        "$count = 0;\nfunction main_handler($event, $context) {\n  global $count;\n  $count += 1;\n  \
         return ['k' => $event->k, 'list' => $event->list[0]->a, 'context' => $context, 'count' => $count,\n    \
         'runtime' => getenv('SCF_RUNTIME'), 'hidden' => [getenv('_HANDLER'), getenv('SCF_RUNTIME_API'), $_SERVER['_HANDLER'] ?? false],\n    \
         'folder' => [getcwd(), scandir(getenv('TMPDIR'))]];\n}\n",
    ) else {
        return;
    };
    let event = r#"{"k":"é/","list":[{"a":11.261677742004395}]}"#;
    let answers = code.answers(&[event, event]).await;
    let found = answers[1].json();
    assert_eq!(found["k"], "é/", "{answers:?}");
    assert!(
        answers[1].text.contains("\"é/\""),
        "without escapes: {answers:?}"
    );
    let number = "\"list\":11.261677742004395,";
    assert!(answers[1].text.contains(number), "{answers:?}");
    assert_eq!(found["count"], 2, "a warm instance keeps its state");
    assert_eq!(found["runtime"], "Php8.0");
    assert_eq!(found["hidden"], json!([false, false, false]));
    assert_eq!(found["folder"], json!([code.path(), [".", ".."]]));
    let context = json!({
        "memory_limit_in_mb": 128,
        "time_limit_in_ms": 3000,
        "request_id": answers[1].request_id,
        "environment": "{\"SCF_NAMESPACE\":\"default\"}",
        "environ": "SCF_NAMESPACE=default;SCF_NAMESPACE=default",
        "function_version": "$LATEST",
        "function_name": "notify",
        "namespace": "default",
        "tencentcloud_region": "ap-guangzhou",
        "tencentcloud_appid": "1250000000",
        "tencentcloud_uin": "100000000001",
    });
    assert_eq!(found["context"], context);
}

#[tokio::test(flavor = "multi_thread")]
async fn results_of_every_type_are_encoded() {
    let Some(code) = php(
        "function main_handler($event, $context) {\n  $values = [null, true, 1, 1.5, 'te\"xt', [], new stdClass, ['a' => [1]]];\n  \
         return $values[$event];\n}\n",
    ) else {
        return;
    };
    let events = ["0", "1", "2", "3", "4", "5", "6", "7"];
    let answers = code.answers(&events).await;
    let texts: Vec<_> = answers.iter().map(|answer| answer.text.as_str()).collect();
    let expected = [
        "null",
        "true",
        "1",
        "1.5",
        r#""te\"xt""#,
        "[]",
        "{}",
        r#"{"a":[1]}"#,
    ];
    assert_eq!(texts, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_is_430_with_the_users_frames_only() {
    let Some(code) = php(
        "function inner() { throw new RuntimeException('err msg'); }\nfunction main_handler($event, $context) {\n  \
         echo \"before\\n\";\n  if ($event === 1) inner();\n  if ($event === 2) return NAN;\n  \
         if ($event === 3) throw new LogicException('outer', 0, new Exception('cause'));\n  return intdiv(1, 0);\n}\n",
    ) else {
        return;
    };
    let answers = code.answers(&["1", "2", "3", "4"]).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [430, 430, 430, 430], "{answers:?}");
    assert_eq!(answers[0].lines, ["before"]);
    let traces: Vec<_> = answers
        .iter()
        .map(|answer| answer.trace("stackTrace", &code.path()))
        .collect();
    assert_eq!(
        traces[0],
        "RuntimeException: err msg in CODE/index.php:2\nStack trace:\n#0 CODE/index.php(5): inner()"
    );
    assert_eq!(
        traces[1],
        "UnexpectedValueException: the result cannot be encoded as JSON: Inf and NaN cannot be JSON encoded"
    );
    assert_eq!(
        traces[2],
        "Exception: cause in CODE/index.php:7\n\nNext LogicException: outer in CODE/index.php:7"
    );
    assert!(
        traces[3].starts_with("DivisionByZeroError: Division by zero in CODE/index.php:8"),
        "{}",
        traces[3]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_is_the_log_with_phps_own_messages() {
    let Some(code) = php(
        "echo \"loading\\n\";\nfunction main_handler($event, $context) {\n  print(\"one\\n\");\n  fwrite(STDERR, \"two\\n\");\n  \
         ob_start();\n  echo \"three\\n\";\n  return $nothing['k'];\n}\n",
    ) else {
        return;
    };
    let answers = code.answers(&["{}", "{}"]).await;
    assert_eq!(answers[0].text, "null", "{answers:?}");
    let lines: Vec<_> = answers[0].lines.iter().map(String::as_str).collect();
    assert_eq!(lines[..4], ["loading", "one", "two", "three"]);
    let place = format!("in {}/index.php on line 8", code.path().display());
    assert!(lines.iter().any(|line| line.ends_with(&place)), "{lines:?}");
    assert_eq!(answers[1].lines[..3], ["one", "two", "three"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_does_not_load_is_443_at_once() {
    for (text, message) in [
        ("function main_handler( {\n", "ParseError: "),
        (
            "throw new Exception('no configuration');\n",
            "Exception: no configuration in CODE/index.php:2",
        ),
        (
            "function handler($event) {}\n",
            "Error: Call to undefined function main_handler()",
        ),
        (
            "function strlen2() {}\nfunction strlen2() {}\n",
            "Fatal error: Cannot redeclare",
        ),
        (
            "exit(0);\n",
            "the code ended the process while it was loaded",
        ),
    ] {
        let Some(code) = php(text) else {
            return;
        };
        let answer = code.answer("{}").await;
        assert_eq!(
            (answer.status, answer.duration_ms),
            (443, 0),
            "{text}: {answer:?}"
        );
        let found = answer.trace("errorMessage", &code.path());
        assert!(found.starts_with(message), "{text}: {found}");
        assert!(!found.contains("bootstrap.php"), "{found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exit_and_a_fatal_error_end_the_process() {
    let Some(code) = php(
        "function main_handler($event, $context) {\n  if ($event === 1) exit(0);\n  \
         if ($event === 2) { ini_set('memory_limit', '8M'); return str_repeat('x', 100000000); }\n  \
         ini_set('default_socket_timeout', '0');\n  return 'well';\n}\n",
    ) else {
        return;
    };
    let answers = code.answers(&["1", "3", "3", "2", "3"]).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [439, 200, 200, 439, 200], "{answers:?}");
}

#[test]
fn without_a_php_it_is_said_what_to_install() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| std::fs::write(place.path().join(name), text).unwrap();
    write(
        "index.php",
        "<?php function main_handler($e, $c) { return 1; }",
    );
    write("backlot.yaml", "functions:\n  hello: { runtime: Php8.0 }\n");
    let line = CommandLine::new(BACKLOT, Path::new(place.path())).args("invoke hello");
    let ended = line.env("PATH", "/nonexistent").input(b"{}").run();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let expected = "function `hello` cannot start: `php` is not in PATH";
    assert!(ended.stderr.contains(expected), "{ended:?}");
    let hint = "hint: install PHP, which most systems call `php-cli`, or add its `php` to PATH";
    assert!(ended.stderr.contains(hint), "{ended:?}");
}
