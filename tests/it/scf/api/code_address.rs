//! `GetFunctionAddress`, and the zip that it is about.

use std::fs;

use backlot::scf::Function;
use backlot::scf::package::{Package, pack, sha256};
use backlot::signal::{FunctionTarget, LATEST};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;

use super::kit::{Api, echo, python, saying};

fn target(function: &str, qualifier: &'static str) -> FunctionTarget {
    FunctionTarget {
        qualifier: qualifier.into(),
        ..FunctionTarget::named(function)
    }
}

#[tokio::test]
async fn the_address_is_that_of_the_package_of_a_version() {
    let api = Api::new();
    api.scf
        .offer_code_at("http://127.0.0.1:4680/_backlot/code".into());
    let made = python("notify", &saying("one"));
    let first = BASE64
        .decode(made["Code"]["ZipFile"].as_str().unwrap())
        .unwrap();
    api.ok("CreateFunction", made).await;
    let named = json!({"FunctionName": "notify"});
    api.ok("PublishVersion", named.clone()).await;
    let changed = python("notify", &saying("two"));
    let update = json!({"FunctionName": "notify", "ZipFile": changed["Code"]["ZipFile"]});
    api.ok("UpdateFunctionCode", update).await;

    let latest = api.ok("GetFunctionAddress", named).await;
    let url =
        "http://127.0.0.1:4680/_backlot/code?function=notify&namespace=default&qualifier=%24LATEST";
    assert_eq!(latest["Url"], url);
    let version = json!({"FunctionName": "notify", "Qualifier": "1"});
    let version = api.ok("GetFunctionAddress", version).await;
    assert_eq!(version["CodeSha256"], sha256(&first));
    assert_ne!(version["CodeSha256"], latest["CodeSha256"]);
    let zip = api.scf.code_zip(&target("notify", "1")).await.unwrap();
    assert_eq!(zip, first, "byte for byte");
    api.scf.stop().await;
}

#[tokio::test]
async fn a_configured_folder_is_packed_without_what_is_no_code() {
    let place = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("index.py", "def main_handler(event, context): pass\n"),
        ("data/ca-key.pem", "a key"),
        ("data/cos.sqlite", "objects"),
        (".venv/bin/python3", ""),
    ] {
        let path = place.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let api = Api::with([Function::folder("folder", place.path())]);
    api.scf.offer_code_at("http://here/code".into());
    let address = json!({"FunctionName": "folder"});
    let address = api.ok("GetFunctionAddress", address).await;
    let zip = api.scf.code_zip(&target("folder", LATEST)).await.unwrap();
    assert_eq!(address["CodeSha256"], sha256(&zip));
    assert_eq!(zip, pack(place.path()).unwrap());
    let package = Package::from_zip(&zip).unwrap();
    let names = fs::read_dir(package.code()).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["index.py"]);
    api.scf.stop().await;
}

#[tokio::test]
async fn without_a_package_there_is_no_address() {
    let api = Api::with([echo("archive")]);
    let named = json!({"FunctionName": "archive"});
    let code = api.code("GetFunctionAddress", named.clone()).await;
    assert_eq!(code, "UnsupportedOperation", "nothing serves it");
    api.scf.offer_code_at("http://here/code".into());
    let code = api.code("GetFunctionAddress", named).await;
    assert_eq!(code, "UnsupportedOperation", "it is a command");
    for (call, code) in [
        (
            json!({"FunctionName": "other"}),
            "ResourceNotFound.Function",
        ),
        (
            json!({"FunctionName": "archive", "Qualifier": "7"}),
            "ResourceNotFound.Qualifier",
        ),
    ] {
        assert_eq!(api.code("GetFunctionAddress", call).await, code);
    }
}
