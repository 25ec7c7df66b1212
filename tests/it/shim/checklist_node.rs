//! The conformance checklist of the SCF reference (section 19) for Node handlers.

use super::kit::{Answer, Code};

async fn answer(handler: &str) -> Answer {
    Code::node_handler(handler).answer("{}").await
}

/// Checklist 19.14.
#[tokio::test(flavor = "multi_thread")]
async fn checklist_14_a_callback_gives_the_result() {
    let answer = answer(
        "(event, context, callback) => { setImmediate(() => callback(null, { ok: [1] })); }",
    )
    .await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (200, r#"{"ok":[1]}"#)
    );
}

/// Checklist 19.14.
#[tokio::test(flavor = "multi_thread")]
async fn checklist_14_a_promise_gives_the_result() {
    let answer = answer("async () => { await new Promise(setImmediate); return 'text'; }").await;
    assert_eq!((answer.status, answer.text.as_str()), (200, r#""text""#));
}

/// Checklist 19.14: the stack goes to the log and becomes `stackTrace`.
#[tokio::test(flavor = "multi_thread")]
async fn checklist_14_a_synchronous_throw_is_430_with_its_stack() {
    let code =
        Code::node("exports.main_handler = (event) => {\n  return event.Records[0].Output;\n};\n");
    let answer = code.answer(r#"{"Records":[null]}"#).await;
    assert_eq!(answer.status, 430);
    let object = answer.json();
    let members: Vec<_> = object.as_object().unwrap().keys().cloned().collect();
    let expected = [
        "errorCode",
        "errorMessage",
        "requestId",
        "stackTrace",
        "statusCode",
    ];
    assert_eq!(members, expected);
    assert_eq!(object["errorMessage"], "user code exception caught");
    let trace = answer.trace("stackTrace", &code.path());
    let lines: Vec<_> = trace.lines().collect();
    let [error, frame] = lines[..] else {
        panic!("{trace}");
    };
    assert!(
        error.starts_with("TypeError: Cannot read propert"),
        "{trace}"
    );
    assert_eq!(frame, "    at exports.main_handler (CODE/index.js:2:27)");
    assert!(
        answer.lines[0].contains(error) && answer.lines[1].contains("index.js:2:27"),
        "{answer:?}"
    );
}

/// Checklist 19.14: a failure if nothing was answered before, else the answer stands.
#[tokio::test(flavor = "multi_thread")]
async fn checklist_14_an_uncaught_exception_ends_the_run() {
    let before = answer("() => { setImmediate(() => { throw new RangeError('late') }); }").await;
    assert_eq!(before.status, 430);
    assert!(
        before.json()["stackTrace"]
            .as_str()
            .unwrap()
            .starts_with("RangeError: late\n    at "),
        "{before:?}"
    );
    let after = answer("(e, c, callback) => { callback(null, 'mine'); setImmediate(() => { throw new Error('late') }); }").await;
    assert_eq!((after.status, after.text.as_str()), (200, r#""mine""#));
}

/// Checklist 19.14.
#[tokio::test(flavor = "multi_thread")]
async fn checklist_14_an_undefined_result_is_null() {
    for handler in [
        "async () => undefined",
        "(e, c, callback) => callback()",
        "(e, c) => c.succeed(undefined)",
        "() => {}",
    ] {
        let answer = answer(handler).await;
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (200, "null"),
            "{handler}"
        );
    }
}

/// Checklist 19.14: work that is left behind an early answer stands still with the instance, and goes on in the next event.
#[tokio::test(flavor = "multi_thread")]
async fn checklist_14_pending_work_after_an_early_answer_is_frozen_until_the_next_event() {
    // Longer than timers are waited for after an answer.
    let text = "let pending;\nconst leave = () => { pending = new Promise((done) => setTimeout(done, 400)).then(() => console.log('late')); };\n\
                exports.main_handler = (event, context, callback) => {\n  \
                if (event.later) return pending.then(() => 'waited');\n  leave();\n  \
                if (event.promise) return Promise.resolve('at once');\n  \
                context.callbackWaitsForEmptyEventLoop = false;\n  callback(null, 'at once');\n};\n";
    for first in [r#"{"promise":1}"#, r#"{"callback":1}"#] {
        let code = Code::node(text);
        assert!(code.function().freeze, "frozen unless told otherwise");
        let answers = code.answers(&[first, r#"{"later":1}"#]).await;
        assert_eq!(
            (answers[0].status, answers[0].text.as_str()),
            (200, r#""at once""#)
        );
        assert_eq!(answers[0].lines, Vec::<String>::new(), "{first}");
        assert_eq!(answers[1].text, r#""waited""#);
        let [line] = &answers[1].lines[..] else {
            panic!("{answers:?}");
        };
        // Under the id of the event in which it is printed.
        assert_eq!(
            line,
            &format!("2024-01-01T00:00:00.000Z\t{}\tlate", answers[1].request_id)
        );
    }
}
