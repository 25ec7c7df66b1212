//! Namespaces.

use serde_json::json;

use super::kit::{Api, ECHO, python, saying};

#[tokio::test]
async fn functions_of_one_name_live_in_two_namespaces() {
    let api = Api::new();
    api.ok(
        "CreateNamespace",
        json!({"Namespace": "media", "Description": "films"}),
    )
    .await;
    api.create("notify", &saying("default")).await;
    let mut call = python("notify", &saying("media"));
    call["Namespace"] = json!("media");
    api.ok("CreateFunction", call).await;
    assert_eq!(api.ret_msg("notify", "").await, "\"default\"");
    let there = json!({"FunctionName": "notify", "Namespace": "media"});
    let answer = api.ok("Invoke", there.clone()).await;
    assert_eq!(answer["Result"]["RetMsg"], "\"media\"");
    let code = api
        .code("DeleteNamespace", json!({"Namespace": "media"}))
        .await;
    assert_eq!(code, "FailedOperation.DeleteNamespace", "it has a function");
    api.ok("DeleteFunction", there.clone()).await;
    api.ok("DeleteNamespace", json!({"Namespace": "media"}))
        .await;
    assert_eq!(
        api.code("Invoke", there).await,
        "ResourceNotFound.Namespace"
    );
    assert_eq!(api.ret_msg("notify", "").await, "\"default\"");
    api.scf.stop().await;
}

#[tokio::test]
async fn namespaces_are_listed_and_described() {
    let api = Api::new();
    api.create("notify", ECHO).await;
    for name in ["b", "a"] {
        api.ok("CreateNamespace", json!({"Namespace": name})).await;
    }
    api.ok(
        "UpdateNamespace",
        json!({"Namespace": "a", "Description": "first"}),
    )
    .await;
    let list = api.ok("ListNamespaces", json!({})).await;
    assert_eq!(list["TotalCount"], 3);
    let namespaces = list["Namespaces"].as_array().unwrap();
    let names: Vec<_> = namespaces
        .iter()
        .map(|namespace| &namespace["Name"])
        .collect();
    assert_eq!(names, ["default", "a", "b"]);
    assert_eq!(namespaces[1]["Description"], "first");
}

#[tokio::test]
async fn what_a_namespace_cannot_be_is_refused_with_its_code() {
    let api = Api::new();
    let named = |name: &str| json!({"Namespace": name});
    let code = api.code("CreateNamespace", named("default")).await;
    assert_eq!(code, "ResourceInUse.Namespace");
    let code = api.code("CreateNamespace", named("a b")).await;
    assert_eq!(code, "InvalidParameterValue.Namespace");
    let code = api.code("CreateNamespace", named(&"a".repeat(31))).await;
    assert_eq!(code, "InvalidParameterValue.Namespace");
    for number in 1..5 {
        api.ok("CreateNamespace", named(&format!("n{number}")))
            .await;
    }
    let code = api.code("CreateNamespace", named("n5")).await;
    assert_eq!(code, "LimitExceeded.Namespace");
    let code = api.code("DeleteNamespace", named("default")).await;
    assert_eq!(code, "FailedOperation.DeleteNamespace");
    let code = api.code("DeleteNamespace", named("nowhere")).await;
    assert_eq!(code, "ResourceNotFound.Namespace");
    let code = api.code("UpdateNamespace", named("nowhere")).await;
    assert_eq!(code, "ResourceNotFound.Namespace");
}
