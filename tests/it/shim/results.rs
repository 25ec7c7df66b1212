//! What handlers may return, and what becomes of it.
//!
//! Follows: SCF reference, sections 6.3 and 6.4.

use super::kit::Code;

/// Status and text for each event, of one instance.
async fn found(code: &Code, events: &[&str]) -> Vec<(u16, String)> {
    let answers = code.answers(events).await;
    let found = answers.into_iter().map(|answer| {
        let text = if answer.status == 200 {
            answer.text.clone()
        } else {
            answer.trace("stackTrace", &code.path())
        };
        (answer.status, text)
    });
    found.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn python_results_are_what_json_dumps_makes_of_them() {
    let cases = [
        ("None", "null"),
        ("True", "true"),
        ("1", "1"),
        ("1.0", "1.0"),
        ("10**30", "1000000000000000000000000000000"),
        ("''", "\"\""),
        ("'\\n\\t\\u0001'", "\"\\n\\t\\u0001\""),
        ("'{\"a\": 1}'", r#""{\"a\": 1}""#),
        ("(1, 'é', [None])", "[1, \"é\", [null]]"),
        ("{1: 2, None: 3, True: 4}", r#"{"1": 4, "null": 3}"#),
        // Not JSON, but what the platform passes on.
        ("float('nan')", "NaN"),
        ("[float('inf'), -float('inf')]", "[Infinity, -Infinity]"),
        ("decimal.Decimal('0.10')", "\"0.10\""),
        ("collections.OrderedDict(b=1, a=2)", r#"{"b": 1, "a": 2}"#),
    ];
    let list: Vec<_> = cases.iter().map(|(value, _)| *value).collect();
    let text = format!(
        "import collections, decimal\nVALUES = [{}]\ndef main_handler(event, context):\n    return VALUES[event]\n",
        list.join(", ")
    );
    let code = Code::python(&text);
    let events: Vec<_> = (0..cases.len()).map(|index| index.to_string()).collect();
    let events: Vec<_> = events.iter().map(String::as_str).collect();
    let found = found(&code, &events).await;
    for ((value, expected), found) in cases.iter().zip(&found) {
        assert_eq!(found, &(200, (*expected).to_owned()), "{value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn python_results_that_json_cannot_hold_are_errors_of_the_user() {
    let cases = [
        (
            "b'bytes'",
            "TypeError: Object of type bytes is not JSON serializable",
        ),
        (
            "{1}",
            "TypeError: Object of type set is not JSON serializable",
        ),
        (
            "[object]",
            "TypeError: Object of type type is not JSON serializable",
        ),
        (
            "{(1, 2): 3}",
            "TypeError: keys must be str, int, float, bool or None, not tuple",
        ),
        // Only at the top a `Decimal` becomes text.
        (
            "[decimal.Decimal(1)]",
            "TypeError: Object of type Decimal is not JSON serializable",
        ),
        ("CIRCLE", "ValueError: Circular reference detected"),
    ];
    let list: Vec<_> = cases.iter().map(|(value, _)| *value).collect();
    let text = format!(
        "import decimal\nCIRCLE = []\nCIRCLE.append(CIRCLE)\nVALUES = [{}]\n\
         def main_handler(event, context):\n    return VALUES[event]\n",
        list.join(", ")
    );
    let code = Code::python(&text);
    let events: Vec<_> = (0..cases.len()).map(|index| index.to_string()).collect();
    let events: Vec<_> = events.iter().map(String::as_str).collect();
    let found = found(&code, &events).await;
    for ((value, expected), (status, trace)) in cases.iter().zip(&found) {
        assert_eq!(*status, 430, "{value}");
        assert!(
            trace.starts_with("Traceback (most recent call last):\n"),
            "{value}: {trace}"
        );
        assert!(
            trace.lines().any(|line| line == *expected),
            "{value}: {trace}"
        );
        assert!(
            !trace.contains("bootstrap.py") && !trace.contains("json/"),
            "{value}: {trace}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn node_results_are_what_json_stringify_makes_of_them() {
    let cases = [
        ("undefined", "null"),
        ("null", "null"),
        ("true", "true"),
        ("-0", "0"),
        ("1e21", "1e+21"),
        ("NaN", "null"),
        ("[NaN, Infinity, undefined]", "[null,null,null]"),
        ("'te\"xt'", r#""te\"xt""#),
        ("'{\"a\":1}'", r#""{\"a\":1}""#),
        ("Symbol('x')", "null"),
        ("new Date(0)", "\"1970-01-01T00:00:00.000Z\""),
        ("Buffer.from('hi')", r#"{"type":"Buffer","data":[104,105]}"#),
        ("new Map([[1, 2]])", "{}"),
        ("{ b: 1, a: undefined }", r#"{"b":1}"#),
        ("{ toJSON: () => 'own' }", "\"own\""),
        ("new Error('returned')", "{}"),
    ];
    let list: Vec<_> = cases.iter().map(|(value, _)| *value).collect();
    for way in [
        "async (i) => values[i]",
        "(i, c, callback) => callback(null, values[i])",
    ] {
        let code = Code::node(&format!(
            "const values = [{}];\nexports.main_handler = {way};\n",
            list.join(", ")
        ));
        let events: Vec<_> = (0..cases.len()).map(|index| index.to_string()).collect();
        let events: Vec<_> = events.iter().map(String::as_str).collect();
        let found = found(&code, &events).await;
        for ((value, expected), found) in cases.iter().zip(&found) {
            assert_eq!(found, &(200, (*expected).to_owned()), "{way}: {value}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn node_results_that_json_cannot_hold_are_errors_of_the_user() {
    let code = Code::node(
        "const circle = {};\ncircle.self = circle;\nexports.main_handler = async (which) =>\n  \
         which ? circle : { toJSON() { throw new Error('mine') } };\n",
    );
    let found = found(&code, &["1", "0"]).await;
    let start = "stringify response to json failed: ";
    assert_eq!((found[0].0, found[1].0), (430, 430));
    assert!(
        found[0]
            .1
            .starts_with(&format!("{start}Converting circular structure to JSON")),
        "{found:?}"
    );
    assert_eq!(found[1].1, format!("{start}mine"));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_are_no_objects_arrive_decoded() {
    let events = ["null", "true", "1.50", "\"text\"", "[1,[]]", r#"{"k":{}}"#];
    let python = Code::python(
        "def main_handler(event, context):\n    return [type(event).__name__, event]\n",
    );
    let expected = [
        r#"["NoneType", null]"#,
        r#"["bool", true]"#,
        r#"["float", 1.5]"#,
        r#"["str", "text"]"#,
        r#"["list", [1, []]]"#,
        r#"["dict", {"k": {}}]"#,
    ];
    assert_eq!(
        found(&python, &events).await,
        expected.map(|text| (200, text.to_owned()))
    );
    let node = Code::node_handler("async (event) => [typeof event, event]");
    let expected = [
        r#"["object",null]"#,
        r#"["boolean",true]"#,
        r#"["number",1.5]"#,
        r#"["string","text"]"#,
        r#"["object",[1,[]]]"#,
        r#"["object",{"k":{}}]"#,
    ];
    assert_eq!(
        found(&node, &events).await,
        expected.map(|text| (200, text.to_owned()))
    );
}
