//! `GetFunction`, `ListFunctions`, `DeleteFunction`.

use backlot::scf::Function;
use serde_json::{Value, json};

use super::kit::{Api, ECHO, echo, python, zip};

/// The names of the functions of a list.
fn names(list: &Value) -> Vec<&str> {
    let functions = list["Functions"].as_array().unwrap();
    let names = functions.iter();
    names
        .map(|function| function["FunctionName"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_function_has_all_members_of_the_published_sample() {
    let api = Api::new();
    api.create("notify", ECHO).await;
    let answer = api
        .ok("GetFunction", json!({"FunctionName": "notify"}))
        .await;
    let got: Vec<_> = answer.as_object().unwrap().keys().collect();
    let mut want = vec![
        "Qualifier",
        "Description",
        "Timeout",
        "InitTimeout",
        "MemorySize",
        "Runtime",
        "VpcConfig",
        "Environment",
        "Handler",
        "UseGpu",
        "Role",
        "CodeSize",
        "FunctionVersion",
        "FunctionName",
        "FunctionId",
        "Namespace",
        "InstallDependency",
        "Status",
        "AvailableStatus",
        "StatusDesc",
        "L5Enable",
        "DnsCache",
        "EipConfig",
        "ModTime",
        "AddTime",
        "Layers",
        "DeadLetterConfig",
        "OnsEnable",
        "PublicNetConfig",
        "ImageConfig",
        "ProtocolType",
        "Triggers",
        "ClsLogsetId",
        "ClsTopicId",
        "CodeInfo",
        "CodeResult",
        "CodeError",
        "ErrNo",
        "Tags",
        "AccessInfo",
        "Type",
        "CfsConfig",
        "StatusReasons",
        "AsyncRunEnable",
        "TraceEnable",
        "ProtocolParams",
        "InstanceConcurrencyConfig",
        "IntranetConfig",
    ];
    want.sort_unstable();
    let mut got: Vec<_> = got.into_iter().map(String::as_str).collect();
    got.sort_unstable();
    assert_eq!(got, want);
    assert_eq!(answer["Status"], "Active");
    assert_eq!(answer["Runtime"], "Python3.10");
    assert_eq!(answer["Timeout"], 3);
    assert_eq!(answer["InitTimeout"], 65);
    assert_eq!(answer["CodeInfo"], "");
    let id = answer["FunctionId"].as_str().unwrap();
    assert!(id.starts_with("lam-") && id.len() == 12, "{id}");
    let with_code = json!({"FunctionName": "notify", "ShowCode": "TRUE"});
    let answer = api.ok("GetFunction", with_code).await;
    assert_eq!(answer["CodeInfo"], ECHO);
}

#[tokio::test]
async fn a_function_of_the_configuration_is_there_as_well() {
    let api = Api::with([Function {
        memory_mb: 256,
        has_role: true,
        environment: vec![("A".into(), "1".into())],
        dead_letter: Some("lost".into()),
        ..echo("archive")
    }]);
    let answer = api
        .ok("GetFunction", json!({"FunctionName": "archive"}))
        .await;
    assert_eq!(answer["MemorySize"], 256);
    assert_eq!(
        answer["Environment"]["Variables"],
        json!([{"Key": "A", "Value": "1"}])
    );
    assert_eq!(answer["DeadLetterConfig"]["Name"], "lost");
    assert_ne!(answer["Role"], "");
}

#[tokio::test]
async fn configured_layers_are_shown_and_published_ones_refused() {
    let api = Api::with([Function {
        layers: vec!["layers/ffmpeg".into(), "layers/fonts.zip".into()],
        ..echo("layered")
    }]);
    let named = json!({"FunctionName": "layered"});
    let function = api.ok("GetFunction", named).await;
    let layers = function["Layers"].as_array().unwrap();
    let told: Vec<_> = layers.iter().map(|layer| &layer["LayerName"]).collect();
    assert_eq!(told, ["ffmpeg", "fonts"]);
    assert_eq!(layers[0]["LayerVersion"], 1);
    let layers = json!([{"LayerName": "sdk", "LayerVersion": 1}]);
    let set = json!({"FunctionName": "layered", "Layers": layers});
    let code = api.code("UpdateFunctionConfiguration", set).await;
    assert_eq!(code, "UnsupportedOperation");
    let none = json!({"FunctionName": "layered", "Layers": [{"LayerName": "", "LayerVersion": 0}]});
    api.ok("UpdateFunctionConfiguration", none).await;
}

#[tokio::test]
async fn what_does_not_exist_is_told_by_its_code() {
    let api = Api::new();
    api.create("notify", ECHO).await;
    let code = api
        .code("GetFunction", json!({"FunctionName": "other"}))
        .await;
    assert_eq!(code, "ResourceNotFound.FunctionName");
    let elsewhere = json!({"FunctionName": "notify", "Namespace": "media"});
    let code = api.code("GetFunction", elsewhere.clone()).await;
    assert_eq!(code, "ResourceNotFound.FunctionName");
    for action in [
        "DeleteFunction",
        "ListAsyncEvents",
        "ListTriggers",
        "PublishVersion",
        "UpdateFunctionConfiguration",
    ] {
        let code = api.code(action, elsewhere.clone()).await;
        assert_eq!(code, "ResourceNotFound.Function", "{action}");
    }
    let version = json!({"FunctionName": "notify", "Qualifier": "3"});
    let code = api.code("GetFunction", version).await;
    assert_eq!(code, "ResourceNotFound.Qualifier");
    let code = api.code("GetFunction", json!({})).await;
    assert_eq!(code, "MissingParameter");
    let code = api
        .code("DeleteFunction", json!({"FunctionName": "other"}))
        .await;
    assert_eq!(code, "ResourceNotFound.Function");
}

#[tokio::test]
async fn lists_are_paged_filtered_and_ordered() {
    let api = Api::new();
    for name in ["one", "two", "three"] {
        api.create(name, ECHO).await;
    }
    let mut shell = python("shell", ECHO);
    shell["Runtime"] = json!("CustomRuntime");
    shell["Description"] = json!("a program");
    shell["Tags"] = json!([{"Key": "team", "Value": "media"}]);
    shell["Code"] = json!({"ZipFile": zip(&[("bootstrap", "#!/bin/sh\n")])});
    api.ok("CreateFunction", shell).await;
    let all = api
        .ok(
            "ListFunctions",
            json!({"Orderby": "FunctionName", "Order": "ASC"}),
        )
        .await;
    assert_eq!(names(&all), ["one", "shell", "three", "two"]);
    assert_eq!(all["TotalCount"], 4);
    let page = json!({"Orderby": "FunctionName", "Order": "DESC", "Offset": 1, "Limit": 2});
    let page = api.ok("ListFunctions", page).await;
    assert_eq!(names(&page), ["three", "shell"]);
    assert_eq!(page["TotalCount"], 4);
    let found = api.ok("ListFunctions", json!({"SearchKey": "hre"})).await;
    assert_eq!(names(&found), ["three"]);
    for filter in [
        json!({"Name": "Runtime", "Values": ["CustomRuntime"]}),
        json!({"Name": "Description", "Values": ["program"]}),
        json!({"Name": "tag-team", "Values": ["press", "media"]}),
    ] {
        let found = api.ok("ListFunctions", json!({"Filters": [filter]})).await;
        assert_eq!(names(&found), ["shell"]);
    }
    let unknown = json!({"Filters": [{"Name": "Color", "Values": ["red"]}]});
    let code = api.code("ListFunctions", unknown).await;
    assert_eq!(code, "InvalidParameterValue.Filters");
    let code = api
        .code("ListFunctions", json!({"Namespace": "media"}))
        .await;
    assert_eq!(code, "ResourceNotFound.Namespace");
    let first = &all["Functions"][0];
    assert_eq!(first["ReservedConcurrencyMem"], Value::Null);
    assert_eq!(first["Status"], "Active");
}

#[tokio::test]
async fn a_function_that_was_deleted_is_gone_and_its_name_is_free() {
    let api = Api::with([echo("archive")]);
    api.create("notify", ECHO).await;
    for name in ["notify", "archive"] {
        let named = json!({"FunctionName": name});
        api.ok("DeleteFunction", named.clone()).await;
        assert_eq!(api.code("Invoke", named).await, "ResourceNotFound.Function");
    }
    let list = api.ok("ListFunctions", json!({})).await;
    assert_eq!(list["TotalCount"], 0);
    api.create("archive", ECHO).await;
    assert_eq!(api.ret_msg("archive", "").await, "{}");
    api.scf.stop().await;
}
