//! What the API has made is there after a restart.

use std::path::Path;

use backlot::base::registry::Registry;
use backlot::scf::Function;
use serde_json::json;

use super::kit::{Api, echo, python, saying, zip};

fn run(folder: &Path, functions: impl IntoIterator<Item = Function>) -> Api {
    let registry = Registry::open(&folder.join("registry")).unwrap();
    Api::on(registry, functions).unwrap()
}

/// How many packages are kept.
fn packages(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder.join("registry")).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "zip"))
        .count()
}

#[tokio::test]
async fn functions_versions_aliases_and_namespaces_survive() {
    let folder = tempfile::tempdir().unwrap();
    let api = run(folder.path(), []);
    api.ok("CreateNamespace", json!({"Namespace": "media"}))
        .await;
    let mut call = python("notify", &saying("one"));
    call["Namespace"] = json!("media");
    call["Timeout"] = json!(7);
    api.ok("CreateFunction", call).await;
    let named = json!({"FunctionName": "notify", "Namespace": "media"});
    api.ok("PublishVersion", named.clone()).await;
    let update = json!({
        "FunctionName": "notify", "Namespace": "media",
        "ZipFile": zip(&[("index.py", &saying("two"))]),
    });
    api.ok("UpdateFunctionCode", update).await;
    let alias = json!({"FunctionName": "notify", "Namespace": "media", "Name": "live", "FunctionVersion": "1"});
    api.ok("CreateAlias", alias).await;
    let before = api.ok("GetFunction", named.clone()).await;
    api.scf.stop().await;

    let api = run(folder.path(), []);
    assert_eq!(api.ok("GetFunction", named.clone()).await, before);
    let live = json!({"FunctionName": "notify", "Namespace": "media", "Qualifier": "live"});
    for (call, said) in [(named, "\"two\""), (live, "\"one\"")] {
        assert_eq!(api.ok("Invoke", call).await["Result"]["RetMsg"], said);
    }
    assert_eq!(packages(folder.path()), 2);
    api.scf.stop().await;
}

#[tokio::test]
async fn changes_of_configured_functions_survive_and_a_reset_takes_them_back() {
    let folder = tempfile::tempdir().unwrap();
    let configured = || [echo("archive"), echo("gone"), echo("left")];
    let api = run(folder.path(), configured());
    api.ok(
        "UpdateFunctionConfiguration",
        json!({"FunctionName": "archive", "Timeout": 9}),
    )
    .await;
    api.ok("DeleteFunction", json!({"FunctionName": "gone"}))
        .await;
    api.scf.stop().await;

    let other = Function {
        memory_mb: 512,
        ..echo("left")
    };
    let api = run(folder.path(), [echo("archive"), echo("gone"), other]);
    let archive = api
        .ok("GetFunction", json!({"FunctionName": "archive"}))
        .await;
    assert_eq!(archive["Timeout"], 9);
    assert_eq!(api.ret_msg("archive", "").await, "{}");
    let left = api.ok("GetFunction", json!({"FunctionName": "left"})).await;
    assert_eq!(
        left["MemorySize"], 512,
        "what the API has not changed is as configured"
    );
    let gone = json!({"FunctionName": "gone"});
    assert_eq!(
        api.code("GetFunction", gone.clone()).await,
        "ResourceNotFound.FunctionName"
    );
    api.scf.reset().await;
    api.ok("GetFunction", gone).await;
    api.scf.stop().await;
}

#[tokio::test]
async fn a_function_whose_configured_code_is_gone_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let api = run(folder.path(), [echo("archive")]);
    api.ok(
        "UpdateFunctionConfiguration",
        json!({"FunctionName": "archive", "Timeout": 9}),
    )
    .await;
    api.scf.stop().await;
    let api = run(folder.path(), []);
    let code = api
        .code("GetFunction", json!({"FunctionName": "archive"}))
        .await;
    assert_eq!(code, "ResourceNotFound.FunctionName");
    api.scf.stop().await;
}

#[tokio::test]
async fn packages_that_no_version_needs_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let api = run(folder.path(), []);
    api.create("notify", &saying("one")).await;
    let update = json!({"FunctionName": "notify", "ZipFile": zip(&[("index.py", &saying("two"))])});
    api.ok("UpdateFunctionCode", update).await;
    assert_eq!(packages(folder.path()), 1);
    assert_eq!(api.ret_msg("notify", "").await, "\"two\"");
    api.ok("DeleteFunction", json!({"FunctionName": "notify"}))
        .await;
    assert_eq!(packages(folder.path()), 0);
    api.scf.stop().await;
}
