//! What handlers of every runtime find around them: context and environment.
//!
//! Follows: SCF reference, sections 4.1, 5 and 6.2.

use std::time::Duration;

use backlot::scf::Function;
use serde_json::{Value, json};

use super::kit::{Answer, Code};

/// Every runtime whose handlers are called, as the API names it.
const RUNTIMES: [&str; 13] = [
    "Python3.6",
    "Python3.7",
    "Python3.8",
    "Python3.9",
    "Python3.10",
    "Python3.11",
    "Python3.12",
    "Nodejs10.15",
    "Nodejs12.16",
    "Nodejs14.18",
    "Nodejs16.13",
    "Nodejs18.15",
    "Nodejs20.19",
];

/// The members of a context, in the order of the documented sample.
const MEMBERS: [&str; 11] = [
    "memory_limit_in_mb",
    "time_limit_in_ms",
    "request_id",
    "environment",
    "environ",
    "function_version",
    "function_name",
    "namespace",
    "tencentcloud_region",
    "tencentcloud_appid",
    "tencentcloud_uin",
];

const PYTHON: &str = "import os\nAT_LOAD = dict(os.environ)\ndef main_handler(event, context):\n    \
                      return {'context': context, 'environment': dict(os.environ), 'at_load': AT_LOAD}\n";
const NODE: &str = "const atLoad = Object.assign({}, process.env);\nexports.main_handler = async (event, context) =>\n  \
                    ({ context: context.getContext(), environment: process.env, at_load: atLoad });\n";

fn code(runtime: &str) -> Code {
    let is_python = runtime.starts_with("Python");
    Code::of(runtime, if is_python { PYTHON } else { NODE })
}

/// A function with nothing at its default, where the context says it.
fn function(code: &Code) -> Function {
    Function {
        name: "hello-from-scf".into(),
        namespace: "media".into(),
        memory_mb: 256,
        timeout: Duration::from_secs(10),
        environment: vec![("STAGE_NAME".into(), "test".into())],
        ..code.function()
    }
}

async fn answer(runtime: &str) -> (Code, Answer) {
    let code = code(runtime);
    let mut answers = code.run(function(&code), &["{}"]).await;
    let answer = answers.pop().expect("an answer");
    assert_eq!(answer.status, 200, "{runtime}: {answer:?}");
    (code, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_context_has_every_documented_member_in_order_in_every_runtime() {
    for runtime in RUNTIMES {
        let (_code, answer) = answer(runtime).await;
        let found = answer.json();
        let expected = json!({
            "memory_limit_in_mb": 256,
            "time_limit_in_ms": 10_000,
            "request_id": answer.request_id,
            "environment": "{\"SCF_NAMESPACE\":\"media\"}",
            "environ": "SCF_NAMESPACE=media;SCF_NAMESPACE=media",
            "function_version": "$LATEST",
            "function_name": "hello-from-scf",
            "namespace": "media",
            "tencentcloud_region": "ap-guangzhou",
            "tencentcloud_appid": "1250000000",
            "tencentcloud_uin": "100000000001",
        });
        assert_eq!(found["context"], expected, "{runtime}");
        let places = MEMBERS.map(|name| answer.text.find(&format!("\"{name}\"")).unwrap());
        assert_eq!(expected.as_object().unwrap().len(), MEMBERS.len());
        assert!(places.is_sorted(), "{runtime}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_has_every_documented_variable_in_every_runtime() {
    for runtime in RUNTIMES {
        let (code, answer) = answer(runtime).await;
        let mut found = answer.json()["environment"].take();
        let root = code.path().display().to_string();
        for (name, value) in [
            ("SCF_RUNTIME", runtime),
            ("SCF_FUNCTIONNAME", "hello-from-scf"),
            ("SCF_FUNCTIONVERSION", "$LATEST"),
            ("SCF_NAMESPACE", "media"),
            ("TENCENTCLOUD_RUNENV", "SCF"),
            ("TENCENTCLOUD_REGION", "ap-guangzhou"),
            ("TENCENTCLOUD_APPID", "1250000000"),
            ("TENCENTCLOUD_UIN", "100000000001"),
            ("TENCENTCLOUD_TZ", "UTC"),
            ("TRIGGER_SRC", "mps"),
            ("_SCF_SERVER_PORT", "28902"),
            ("PYTHONDONTWRITEBYTECODE", "x"),
            ("USER", "qcloud"),
            ("LOGNAME", "qcloud"),
            ("SHELL", "/bin/bash"),
            ("SHLVL", "3"),
            ("LANG", "C.UTF-8"),
            ("LC_ALL", "C.UTF-8"),
            ("TZ", "UTC"),
            ("STAGE_NAME", "test"),
            ("USER_CODE_ROOT", &format!("{root}/")),
            ("PWD", &root),
            ("LD_LIBRARY_PATH", &format!("{root}:/opt")),
            (
                "NODE_PATH",
                &format!("{root}:{root}/node_modules:/opt:/opt/node_modules"),
            ),
            (
                "PHP_INI_SCAN_DIR",
                &format!(":{root}/php_extension:/opt/php_extension"),
            ),
        ] {
            assert_eq!(found[name].take(), value, "{runtime}: {name}");
        }
        let path = found["PYTHONPATH"].take();
        let path = path.as_str().unwrap_or_default();
        assert!(
            path.starts_with(&format!("{root}:/opt")),
            "{runtime}: {path}"
        );
        let interpreter = found["_"].take();
        let interpreter = interpreter.as_str().unwrap_or_default();
        let is_program = std::path::Path::new(interpreter).is_file();
        assert!(is_program, "{runtime}: {interpreter}");
        for name in ["HOME", "TMPDIR", "HOSTNAME", "PATH"] {
            assert!(found[name].take().is_string(), "{runtime}: {name}");
        }
        assert_no_others(runtime, &found);
    }
}

/// Besides the documented variables there are the stage's own: proxies, certificates, the mark of its processes.
#[track_caller]
fn assert_no_others(runtime: &str, left: &Value) {
    let left = left.as_object().expect("variables").iter();
    let names: Vec<_> = left
        .filter(|(name, value)| {
            let upper = name.to_ascii_uppercase();
            let is_stages =
                upper.ends_with("_PROXY") || upper.contains("CERT") || upper.contains("_CA_");
            !value.is_null() && !is_stages && !name.starts_with("BACKLOT_")
        })
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, Vec::<&String>::new(), "{runtime}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_loads_sees_what_a_handler_that_runs_sees() {
    for runtime in ["Python3.10", "Nodejs18.15"] {
        let (_code, answer) = answer(runtime).await;
        let found = answer.json();
        assert_eq!(found["at_load"], found["environment"], "{runtime}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_there_with_a_role_only() {
    let names = [
        "TENCENTCLOUD_SECRETID",
        "TENCENTCLOUD_SECRETKEY",
        "TENCENTCLOUD_SESSIONTOKEN",
    ];
    for runtime in ["Python3.10", "Nodejs18.15"] {
        for has_role in [false, true] {
            let code = code(runtime);
            let function = Function {
                has_role,
                ..function(&code)
            };
            let answers = code.run(function, &["{}"]).await;
            let found = answers[0].json();
            for name in names {
                assert_eq!(
                    found["environment"][name].is_string(),
                    has_role,
                    "{runtime}: {name}"
                );
            }
        }
    }
}
