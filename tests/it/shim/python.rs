//! Python handlers: context, results, exceptions, output.

use serde_json::{Value, json};

use super::kit::{Answer, Code};

async fn answer(text: &str, event: &str) -> (Code, Answer) {
    let code = Code::python(text);
    let answer = code.answer(event).await;
    (code, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_context_is_a_dict_with_the_documented_members_in_order() {
    let text =
        "def main_handler(event, context):\n    assert type(context) is dict\n    return context\n";
    let (_code, answer) = answer(text, "{}").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let expected = json!({
        "memory_limit_in_mb": 128,
        "time_limit_in_ms": 3000,
        "environment": "{\"SCF_NAMESPACE\":\"default\"}",
        "environ": "SCF_NAMESPACE=default;SCF_NAMESPACE=default",
        "function_version": "$LATEST",
        "function_name": "notify",
        "namespace": "default",
        "tencentcloud_region": "ap-guangzhou",
        "tencentcloud_appid": "1250000000",
        "tencentcloud_uin": "100000000001",
    });
    let mut found = answer.json();
    let id = found["request_id"].take();
    found.as_object_mut().unwrap().remove("request_id");
    assert_eq!(found, expected);
    assert_eq!(id.as_str().unwrap().len(), 36);
    let first = r#"{"memory_limit_in_mb": 128, "time_limit_in_ms": 3000, "request_id": ""#;
    assert!(answer.text.starts_with(first), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_decoded_and_results_encoded_as_the_platform_does() {
    let text = "from decimal import Decimal\nVALUES = {\n    'nothing': None, 'text': 'a\\u00e9', 'list': [1, 2.5], \
                'decimal': Decimal('1.20'),\n}\ndef main_handler(event, context):\n    return VALUES.get(event['k'], event)\n";
    let code = Code::python(text);
    let kinds = ["nothing", "text", "list", "decimal"];
    let events = kinds.map(|kind| format!(r#"{{"k":"{kind}"}}"#));
    let other = r#"{"k":"é","n":11.261677742004395,"m":{"b":1,"a":[]}}"#;
    let mut events: Vec<&str> = events.iter().map(String::as_str).collect();
    events.push(other);
    let answers = code.answers(&events).await;
    let texts: Vec<_> = answers.iter().map(|answer| answer.text.as_str()).collect();
    let expected = [
        "null",
        "\"aé\"",
        "[1, 2.5]",
        "\"1.20\"",
        r#"{"k": "é", "n": 11.261677742004395, "m": {"b": 1, "a": []}}"#,
    ];
    assert_eq!(texts, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_becomes_the_documented_object_with_the_users_frames_only() {
    let text =
        "def main_handler(event, context):\n    print('before')\n    raise Exception('err msg')\n";
    let (code, answer) = answer(text, "{}").await;
    assert_eq!(answer.status, 430);
    assert_eq!(answer.lines, ["before"]);
    let members: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
    let expected = [
        "errorCode",
        "errorMessage",
        "requestId",
        "stackTrace",
        "statusCode",
    ];
    assert_eq!(members, expected);
    assert_eq!(answer.json()["errorCode"], -1);
    assert_eq!(answer.json()["errorMessage"], "user code exception caught");
    assert_eq!(
        answer.trace("stackTrace", &code.path()),
        "Traceback (most recent call last):\n  File \"CODE/index.py\", line 3, in main_handler\n    \
         raise Exception('err msg')\nException: err msg"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_keeps_its_cause() {
    let text = "def main_handler(event, context):\n    try:\n        raise KeyError('k')\n    except KeyError as error:\n        \
                raise ValueError('bad') from error\n";
    let (code, answer) = answer(text, "{}").await;
    let trace = answer.trace("stackTrace", &code.path());
    assert!(
        trace.contains("KeyError: 'k'\n\nThe above exception was"),
        "{trace}"
    );
    assert!(trace.ends_with("\nValueError: bad"), "{trace}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_json_cannot_hold_is_an_error_of_the_user() {
    for (value, message) in [
        (
            "{1}",
            "TypeError: Object of type set is not JSON serializable",
        ),
        ("'\\ud800'", "surrogates not allowed"),
    ] {
        let text = format!("def main_handler(event, context):\n    return {value}\n");
        let (code, answer) = answer(&text, "{}").await;
        assert_eq!(answer.status, 430, "{answer:?}");
        let trace = answer.trace("stackTrace", &code.path());
        assert!(trace.ends_with(message), "{trace}");
        assert!(!trace.contains("json/encoder.py"), "{trace}");
    }
    // A coroutine is not awaited.
    let (_code, answer) = answer(
        "async def main_handler(event, context):\n    return 1\n",
        "{}",
    )
    .await;
    assert_eq!(answer.status, 430, "{answer:?}");
    assert!(
        answer.text.contains("coroutine is not JSON serializable"),
        "{answer:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_not_json_is_an_error() {
    let (_code, answer) = answer(
        "def main_handler(event, context):\n    return 1\n",
        "{\"k\":",
    )
    .await;
    assert_eq!(answer.status, 430);
    assert!(answer.text.contains("JSONDecodeError"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exit_ends_the_process_and_the_next_event_gets_a_new_one() {
    let text = "import os, sys\nCOUNT = []\ndef main_handler(event, context):\n    COUNT.append(1)\n    \
                if event == 'sys': sys.exit(0)\n    if event == 'os': os._exit(3)\n    return len(COUNT)\n";
    let code = Code::python(text);
    let answers = code
        .answers(&["1", "1", "\"sys\"", "1", "\"os\"", "1"])
        .await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 439, 200, 439, 200]);
    let counts: Vec<_> = [0, 1, 3, 5]
        .map(|index: usize| answers[index].text.as_str())
        .into();
    assert_eq!(
        counts,
        ["1", "2", "1", "1"],
        "a warm instance keeps its state"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn prints_of_both_streams_and_logging_are_one_log_in_order() {
    let text = "import logging, subprocess, sys\nprint('loading')\ndef main_handler(event, context):\n    \
                print('one', end='')\n    sys.stderr.write(' two\\n')\n    logging.debug('three %s', 3)\n    \
                subprocess.run(['echo', 'four'])\n    print('five')\n";
    let code = Code::python(text);
    let answers = code.answers(&["{}", "{}"]).await;
    let lines = ["one two", "three 3", "four", "five"];
    assert_eq!(answers[0].lines, [&["loading"][..], &lines].concat());
    assert_eq!(answers[1].lines, lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handler_sees_the_platforms_environment_and_nothing_of_the_bootstrap() {
    let text = "import os, sys\ndef main_handler(event, context):\n    return {'env': dict(os.environ), 'cwd': os.getcwd(), 'tmp': os.listdir(os.environ['TMPDIR']), \
                'path': sys.path[0], 'argv': sys.argv, 'name': __name__, 'main': sorted(vars(sys.modules['__main__']))}\n";
    let (code, answer) = answer(text, "{}").await;
    let found = answer.json();
    let root = code.path().display().to_string();
    assert_eq!(found["env"]["SCF_RUNTIME"], "Python3.10");
    assert_eq!(found["env"]["SCF_FUNCTIONNAME"], "notify");
    assert_eq!(found["env"]["USER_CODE_ROOT"], format!("{root}/"));
    assert_eq!(found["env"]["PYTHONDONTWRITEBYTECODE"], "x");
    for hidden in [
        "SCF_RUNTIME_API",
        "SCF_RUNTIME_API_PORT",
        "_HANDLER",
        "PYTHONUSERBASE",
    ] {
        assert_eq!(found["env"][hidden], Value::Null, "{hidden}");
    }
    assert_eq!(found["cwd"], root.as_str());
    assert_eq!(found["path"], root.as_str());
    assert_eq!(found["argv"], json!(["/var/runtime/python3/bootstrap.py"]));
    assert_eq!(found["tmp"], json!([]));
    assert_eq!(found["name"], "index");
    let main = found["main"].as_array().unwrap();
    assert!(
        !main.contains(&json!("main_handler")) && !main.contains(&json!("RuntimeApi")),
        "{main:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_socket_timeout_of_the_handler_does_not_end_the_instance() {
    let text = "import socket\nsocket.setdefaulttimeout(0.001)\nN = []\ndef main_handler(event, context):\n    N.append(1)\n    \
                return len(N)\n";
    let code = Code::python(text);
    let answers = code.answers(&["{}", "{}"]).await;
    assert_eq!(answers[1].text, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_beyond_six_megabytes_is_refused() {
    let text = "def main_handler(event, context):\n    return 'x' * event\n";
    let code = Code::python(text);
    let limit = 6 * 1024 * 1024;
    let (most, more) = ((limit - 2).to_string(), (limit - 1).to_string());
    let answers = code.answers(&[most.as_str(), more.as_str(), "1"]).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 407, 200]);
}
