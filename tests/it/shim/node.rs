//! Node handlers: promise, callback and plain form, the event loop, context, log prefix.

use serde_json::{Value, json};

use super::kit::{Answer, Code};

const PREFIX: &str = "2024-01-01T00:00:00.000Z\t";

async fn answer(handler: &str) -> Answer {
    Code::node_handler(handler).answer("{}").await
}

/// What was printed by `console`, without time and request id.
fn printed(answer: &Answer) -> Vec<&str> {
    let lines = answer.lines.iter();
    lines
        .map(|line| line.rsplit('\t').next().unwrap_or(line))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_answer_gives_its_result() {
    for (handler, text) in [
        ("async (e) => ({ a: [1, 'é'] })", r#"{"a":[1,"é"]}"#),
        ("async () => {}", "null"),
        ("async () => 'text'", "\"text\""),
        ("async () => () => 1", "null"),
        ("() => ({ then: (done) => done(7) })", "7"),
        ("(e, c, callback) => callback(null, { b: 2 })", r#"{"b":2}"#),
        ("(e, c, callback) => callback()", "null"),
        (
            "(e, c, callback) => { callback(null, 1); callback(null, 2); callback('late'); }",
            "1",
        ),
        (
            "(e, c, callback) => setTimeout(callback, 5, null, 'later')",
            "\"later\"",
        ),
        ("(e, c) => c.succeed(3)", "3"),
        ("(e, c) => c.done(null, 4)", "4"),
        // What a plain function returns is not its result.
        ("() => ({ c: 3 })", "null"),
        ("() => { setTimeout(() => {}, 5); }", "null"),
        ("() => new Promise(() => {})", "null"),
    ] {
        let answer = answer(handler).await;
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (200, text),
            "{handler}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_fail_gives_its_reason() {
    for (handler, start) in [
        (
            "() => { throw new TypeError('t') }",
            "TypeError: t\n    at exports.main_handler (CODE/index.js:1:",
        ),
        (
            "async () => { throw new Error('r') }",
            "Error: r\n    at exports.main_handler (CODE/index.js:1:",
        ),
        (
            "async () => { throw 5 }",
            "5(callback err is not instance of Error)",
        ),
        (
            "() => Promise.reject()",
            "undefined(callback err is not instance of Error)",
        ),
        (
            "(e, c, callback) => callback('no')",
            "no(callback err is not instance of Error)",
        ),
        (
            "(e, c, callback) => callback(new Error('cb'))",
            "Error: cb\n    at exports.main_handler",
        ),
        (
            "(e, c) => c.fail(new Error('f'))",
            "Error: f\n    at exports.main_handler",
        ),
        (
            "() => setTimeout(() => { throw new Error('un') }, 5)",
            "Error: un\n    at Timeout._onTimeout (CODE/index.js:1:",
        ),
        (
            "() => { Promise.reject(new Error('alone')) }",
            "Error: alone\n    at exports.main_handler",
        ),
        (
            "async () => 1n",
            "stringify response to json failed: Do not know how to serialize a BigInt",
        ),
    ] {
        let code = Code::node_handler(handler);
        let answer = code.answer("{}").await;
        assert_eq!(answer.status, 430, "{handler}: {answer:?}");
        let trace = answer.trace("stackTrace", &code.path());
        assert!(trace.starts_with(start), "{handler}: {trace}");
        assert!(!trace.contains("/var/runtime"), "{handler}: {trace}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reason_of_a_failure_is_in_the_log_too() {
    let answer = answer("() => { throw new Error('x') }").await;
    assert_eq!(printed(&answer)[0], "Error: x");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_waits_for_the_event_loop_unless_told_otherwise() {
    let late = "setTimeout(() => console.log('late'), 20);";
    let waits = answer(&format!(
        "(e, c, callback) => {{ {late} callback(null, 1); }}"
    ))
    .await;
    assert_eq!((waits.text.as_str(), printed(&waits)), ("1", vec!["late"]));
    // Longer than a busy machine takes to read the answer.
    let late = "setTimeout(() => console.log('late'), 5000);";
    for handler in [
        format!(
            "(e, c, callback) => {{ c.callbackWaitsForEmptyEventLoop = false; {late} callback(null, 1); }}"
        ),
        format!(
            "(e, c, callback) => {{ {late} callback(null, 1); c.callbackWaitsForEmptyEventLoop = false; }}"
        ),
        format!("(e, c) => {{ {late} c.succeed(1); }}"),
        format!("async () => {{ {late} return 1; }}"),
    ] {
        let at_once = answer(&handler).await;
        assert_eq!(
            (at_once.text.as_str(), printed(&at_once)),
            ("1", vec![]),
            "{handler}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_after_the_result_leaves_the_result() {
    let handler = "(e, c, callback) => { setTimeout(() => { throw new Error('late') }, 5); callback(null, 1); }";
    let answer = answer(handler).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "1"));
    assert_eq!(printed(&answer)[0], "Error: late");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warm_instance_keeps_its_state_and_an_exit_ends_it() {
    let code = Code::node(
        "let n = 0;\nexports.main_handler = async (e) => { if (e.exit) process.exit(3); return ++n; };\n",
    );
    let answers = code.answers(&["{}", "{}", r#"{"exit":1}"#, "{}"]).await;
    let found: Vec<_> = answers
        .iter()
        .map(|answer| (answer.status, answer.text.as_str()))
        .collect();
    assert_eq!(found[..2], [(200, "1"), (200, "2")]);
    assert_eq!(found[2].0, 439);
    assert_eq!(found[3], (200, "1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_context_has_the_documented_members_and_methods() {
    let handler = "async (e, c) => ({ names: Object.keys(c), values: JSON.parse(JSON.stringify(c)), \
                   raw: c.getContext(), left: c.getRemainingTimeInMillis(), waits: c.callbackWaitsForEmptyEventLoop })";
    let found = answer(handler).await.json();
    let raw = &found["raw"];
    assert_eq!(raw["memory_limit_in_mb"], 128);
    assert_eq!(raw["time_limit_in_ms"], 3000);
    assert_eq!(
        raw["environ"],
        "SCF_NAMESPACE=default;SCF_NAMESPACE=default"
    );
    assert_eq!(raw["environment"], "{\"SCF_NAMESPACE\":\"default\"}");
    assert_eq!(raw["tencentcloud_uin"], "100000000001");
    for (name, value) in raw.as_object().unwrap() {
        assert_eq!(&found["values"][name], value);
    }
    let methods = [
        "getRemainingTimeInMillis",
        "callbackWaitsForEmptyEventLoop",
        "done",
        "succeed",
        "fail",
        "getContext",
    ];
    assert_eq!(
        found["names"].as_array().unwrap()[..6],
        methods.map(|name| json!(name))
    );
    let left = found["left"].as_u64().unwrap();
    assert!((1..=3000).contains(&left), "{left}");
    assert_eq!(found["waits"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handler_sees_the_platforms_environment_and_nothing_of_the_bootstrap() {
    let handler = "async () => ({ env: process.env, cwd: process.cwd(), argv: process.argv.slice(1), \
                   tmp: require('fs').readdirSync(process.env.TMPDIR), global: typeof RuntimeApi })";
    let code = Code::node_handler(handler);
    let found = code.answer("{}").await.json();
    assert_eq!(found["env"]["SCF_RUNTIME"], "Nodejs18.15");
    for hidden in ["SCF_RUNTIME_API", "SCF_RUNTIME_API_PORT", "_HANDLER"] {
        assert_eq!(found["env"][hidden], Value::Null, "{hidden}");
    }
    assert_eq!(found["cwd"], code.path().display().to_string());
    assert_eq!(found["argv"], json!(["/var/runtime/node/bootstrap.js"]));
    assert_eq!(found["tmp"], json!([]));
    assert_eq!(found["global"], "undefined");
}

#[tokio::test(flavor = "multi_thread")]
async fn console_has_the_clocks_time_and_the_request_id_and_writes_have_not() {
    let handler = "async (e, c) => { console.log('a %s', 1, {b: 2}); console.error('e'); process.stdout.write('bare\\n'); return c.request_id; }";
    let answer = answer(handler).await;
    let id = answer.json().as_str().unwrap().to_owned();
    let lines = [
        format!("{PREFIX}{id}\ta 1 {{ b: 2 }}"),
        format!("{PREFIX}{id}\te"),
        "bare".to_owned(),
    ];
    assert_eq!(answer.lines, lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_replaces_http_does_not_disturb_the_bootstrap() {
    let code = Code::node(
        "const http = require('http');\nhttp.request = () => { throw new Error('mine') };\nhttp.globalAgent.destroy();\n\
         let n = 0;\nexports.main_handler = async () => ++n;\n",
    );
    let answers = code.answers(&["{}", "{}"]).await;
    assert_eq!(answers[1].text, "2", "{answers:?}");
}
