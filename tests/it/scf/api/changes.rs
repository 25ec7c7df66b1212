//! `CreateFunction`, `UpdateFunctionCode`, `UpdateFunctionConfiguration`, `CopyFunction`.

use backlot::scf::Function;
use serde_json::{Value, json};

use super::kit::{Api, ECHO, echo, python, saying, zip};

/// The code of `CreateFunction` with one member changed.
async fn code_with(api: &Api, member: &str, value: Value) -> String {
    let mut call = python("notify", ECHO);
    call[member] = value;
    api.code("CreateFunction", call).await
}

#[tokio::test]
async fn a_zip_becomes_a_function_that_answers() {
    let api = Api::new();
    api.create("notify", ECHO).await;
    let call = json!({"FunctionName": "notify", "ClientContext": "{\"a\": 1}"});
    let answer = api.ok("Invoke", call).await;
    assert_eq!(answer["Result"]["RetMsg"], "{\"a\": 1}");
    api.scf.stop().await;
}

#[tokio::test]
async fn a_bootstrap_in_a_zip_is_run_as_it_is() {
    let api = Api::new();
    let bootstrap = "#!/bin/sh\n\
        api=http://$SCF_RUNTIME_API:$SCF_RUNTIME_API_PORT/runtime\n\
        curl -s -d ' ' $api/init/ready\n\
        while true; do\n\
          curl -s $api/invocation/next > /dev/null\n\
          curl -s -d \"handler $_HANDLER\" $api/invocation/response\n\
        done\n";
    let call = json!({
        "FunctionName": "shell",
        "Runtime": "CustomRuntime",
        "Handler": "any",
        "Code": {"ZipFile": zip(&[("bootstrap", bootstrap)])},
    });
    api.ok("CreateFunction", call).await;
    assert_eq!(api.ret_msg("shell", "").await, "handler any");
    api.scf.stop().await;
}

#[tokio::test]
async fn what_the_platform_refuses_is_refused_with_its_code() {
    let api = Api::new();
    let long = "a".repeat(61);
    for (member, value, code) in [
        (
            "FunctionName",
            json!("9lives"),
            "InvalidParameterValue.FunctionName",
        ),
        (
            "FunctionName",
            json!("ends-"),
            "InvalidParameterValue.FunctionName",
        ),
        (
            "FunctionName",
            json!(long),
            "InvalidParameterValue.FunctionName",
        ),
        ("Runtime", json!("Cobol85"), "InvalidParameterValue.Runtime"),
        (
            "Handler",
            json!("main_handler"),
            "InvalidParameterValue.Handler",
        ),
        ("MemorySize", json!(100), "InvalidParameterValue.MemorySize"),
        ("MemorySize", json!(4096), "LimitExceeded.Memory"),
        ("Timeout", json!(901), "LimitExceeded.Timeout"),
        ("InitTimeout", json!(301), "LimitExceeded.InitTimeout"),
        ("Namespace", json!("media"), "ResourceNotFound.Namespace"),
        ("Code", Value::Null, "MissingParameter.Code"),
        ("Code", json!({}), "MissingParameter.Code"),
        (
            "Code",
            json!({"ZipFile": "%%"}),
            "InvalidParameterValue.ZipFileBase64BinasciiError",
        ),
        (
            "Code",
            json!({"ZipFile": "bm8gemlw"}),
            "InvalidParameterValue.ZipFile",
        ),
        (
            "Code",
            json!({"ZipFile": "eA==", "CosBucketName": "b", "CosObjectName": "/k"}),
            "InvalidParameterValue.Code",
        ),
        ("Code", json!({"DemoId": "demo-1"}), "UnsupportedOperation"),
        ("Type", json!("HTTP"), "UnsupportedOperation"),
        (
            "Description",
            json!("x".repeat(1001)),
            "InvalidParameterValue.Description",
        ),
        (
            "Environment",
            json!({"Variables": [{"Key": "TENCENTCLOUD_X", "Value": "1"}]}),
            "InvalidParameterValue.EnvironmentSystemProtect",
        ),
        (
            "Environment",
            json!({"Variables": [{"Key": "A", "Value": "x".repeat(4096)}]}),
            "InvalidParameterValue.EnvironmentExceededLimit",
        ),
    ] {
        assert_eq!(
            code_with(&api, member, value.clone()).await,
            code,
            "{member} {value}"
        );
    }
    let list = api.ok("ListFunctions", json!({})).await;
    assert_eq!(list["TotalCount"], 0, "nothing was made");
}

#[tokio::test]
async fn a_name_is_taken_once_and_a_namespace_has_room_for_fifty() {
    let api = Api::new();
    api.create("notify", ECHO).await;
    let code = api.code("CreateFunction", python("notify", ECHO)).await;
    assert_eq!(code, "ResourceInUse.FunctionName");
    for number in 1..50 {
        api.create(&format!("notify{number}"), ECHO).await;
    }
    let code = api.code("CreateFunction", python("one-more", ECHO)).await;
    assert_eq!(code, "LimitExceeded.Function");
}

#[tokio::test]
async fn an_update_of_the_code_is_in_use_at_the_next_event() {
    let api = Api::new();
    api.create("notify", &saying("old")).await;
    assert_eq!(api.ret_msg("notify", "").await, "\"old\"");
    let update = json!({
        "FunctionName": "notify",
        "Handler": "main.run",
        "ZipFile": zip(&[("main.py", "def run(event, context):\n    return 'new'\n")]),
    });
    api.ok("UpdateFunctionCode", update).await;
    assert_eq!(api.ret_msg("notify", "").await, "\"new\"");
    let bad =
        json!({"FunctionName": "notify", "Handler": "main", "ZipFile": zip(&[("main.py", "")])});
    let code = api.code("UpdateFunctionCode", bad).await;
    assert_eq!(code, "InvalidParameterValue.Handler");
    let none = json!({"FunctionName": "notify"});
    assert_eq!(
        api.code("UpdateFunctionCode", none).await,
        "MissingParameter.Code"
    );
    let other = json!({"FunctionName": "other", "ZipFile": zip(&[("a", "")])});
    assert_eq!(
        api.code("UpdateFunctionCode", other).await,
        "ResourceNotFound.Function"
    );
    assert_eq!(
        api.ret_msg("notify", "").await,
        "\"new\"",
        "what failed has no effect"
    );
    api.scf.stop().await;
}

#[tokio::test]
async fn an_update_of_the_settings_leaves_the_others_alone() {
    let api = Api::new();
    let tell = "import os\ndef main_handler(event, context):\n    return [os.environ.get('A'), context['time_limit_in_ms'], context['memory_limit_in_mb']]\n";
    api.create("notify", tell).await;
    assert_eq!(api.ret_msg("notify", "").await, "[null, 3000, 128]");
    let update = json!({
        "FunctionName": "notify",
        "Timeout": 10,
        "Environment": {"Variables": [{"Key": "A", "Value": "1"}]},
    });
    api.ok("UpdateFunctionConfiguration", update).await;
    assert_eq!(api.ret_msg("notify", "").await, "[\"1\", 10000, 128]");
    let clear = json!({
        "FunctionName": "notify",
        "MemorySize": 256,
        "Environment": {"Variables": [{"Key": "", "Value": ""}]},
    });
    api.ok("UpdateFunctionConfiguration", clear).await;
    assert_eq!(api.ret_msg("notify", "").await, "[null, 10000, 256]");
    let runtime = json!({"FunctionName": "notify", "Runtime": "Python3.9"});
    let code = api.code("UpdateFunctionConfiguration", runtime).await;
    assert_eq!(code, "InvalidParameterValue.Runtime");
    api.scf.stop().await;
}

#[tokio::test]
async fn a_function_of_the_configuration_is_changed_until_a_reset() {
    let api = Api::with([echo("archive")]);
    let update = json!({"FunctionName": "archive", "Timeout": 9, "Role": "SCF_Run"});
    api.ok("UpdateFunctionConfiguration", update).await;
    let get = json!({"FunctionName": "archive"});
    let answer = api.ok("GetFunction", get.clone()).await;
    assert_eq!(
        (&answer["Timeout"], &answer["Role"]),
        (&json!(9), &json!("SCF_Run"))
    );
    assert_eq!(
        api.ret_msg("archive", "").await,
        "{}",
        "its code is the same"
    );
    api.create("notify", ECHO).await;
    api.scf.reset().await;
    let answer = api.ok("GetFunction", get).await;
    assert_eq!(answer["Timeout"], 3);
    let code = api
        .code("GetFunction", json!({"FunctionName": "notify"}))
        .await;
    assert_eq!(code, "ResourceNotFound.FunctionName");
    api.scf.stop().await;
}

#[tokio::test]
async fn a_copy_has_code_and_settings_of_its_own() {
    let api = Api::with([Function::folder("folder", "/")]);
    let mut call = python("notify", &saying("one"));
    call["Timeout"] = json!(7);
    api.ok("CreateFunction", call).await;
    let copy =
        json!({"FunctionName": "notify", "NewFunctionName": "twin", "Description": "a twin"});
    api.ok("CopyFunction", copy.clone()).await;
    api.ok("DeleteFunction", json!({"FunctionName": "notify"}))
        .await;
    assert_eq!(api.ret_msg("twin", "").await, "\"one\"");
    let twin = api.ok("GetFunction", json!({"FunctionName": "twin"})).await;
    assert_eq!(
        (&twin["Timeout"], &twin["Description"]),
        (&json!(7), &json!("a twin"))
    );
    assert_eq!(
        api.code("CopyFunction", copy).await,
        "ResourceNotFound.Function"
    );
    let onto_itself = json!({"FunctionName": "twin", "NewFunctionName": "twin"});
    assert_eq!(
        api.code("CopyFunction", onto_itself).await,
        "InvalidParameterValue.FunctionName"
    );
    let folder = json!({"FunctionName": "folder", "NewFunctionName": "other"});
    assert_eq!(
        api.code("CopyFunction", folder).await,
        "UnsupportedOperation"
    );
    api.scf.stop().await;
}
