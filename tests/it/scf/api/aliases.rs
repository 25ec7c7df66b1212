//! Aliases and their routing.

use serde_json::{Value, json};

use super::kit::{Api, saying, zip};

/// A function with the versions 1 and 2, which tell their number; the latest says `latest`.
async fn two_versions() -> Api {
    let api = Api::new();
    api.create("notify", &saying("one")).await;
    api.ok("PublishVersion", json!({"FunctionName": "notify"}))
        .await;
    for (text, publishes) in [("two", "TRUE"), ("latest", "FALSE")] {
        let code = zip(&[("index.py", &saying(text))]);
        let update = json!({"FunctionName": "notify", "ZipFile": code, "Publish": publishes});
        api.ok("UpdateFunctionCode", update).await;
    }
    api
}

fn alias(name: &str, version: &str, routing: &Value) -> Value {
    json!({
        "FunctionName": "notify", "Name": name, "FunctionVersion": version, "RoutingConfig": routing,
    })
}

#[tokio::test]
async fn an_alias_stands_for_its_version_until_it_is_changed() {
    let api = two_versions().await;
    api.ok("CreateAlias", alias("live", "1", &Value::Null))
        .await;
    assert_eq!(api.ret_msg("notify", "live").await, "\"one\"");
    api.ok("UpdateAlias", alias("live", "2", &Value::Null))
        .await;
    assert_eq!(api.ret_msg("notify", "live").await, "\"two\"");
    let default = json!({"FunctionName": "notify"});
    let answer = api.ok("InvokeFunction", default.clone()).await;
    assert_eq!(answer["Result"]["RetMsg"], "\"latest\"");
    api.ok("UpdateAlias", alias("$DEFAULT", "1", &Value::Null))
        .await;
    let answer = api.ok("InvokeFunction", default.clone()).await;
    assert_eq!(answer["Result"]["RetMsg"], "\"one\"");
    let answer = api.ok("Invoke", default).await;
    assert_eq!(
        answer["Result"]["RetMsg"], "\"latest\"",
        "`Invoke` means the latest version"
    );
    api.scf.stop().await;
}

#[tokio::test]
async fn a_weight_sends_its_share_elsewhere_and_the_same_in_every_run() {
    let routing = json!({"AdditionalVersionWeights": [{"Version": "2", "Weight": 0.5}]});
    let mut runs = Vec::new();
    for _ in 0..2 {
        let api = two_versions().await;
        api.ok("CreateAlias", alias("split", "1", &routing)).await;
        let mut answers = Vec::new();
        for _ in 0..24 {
            answers.push(api.ret_msg("notify", "split").await);
        }
        api.scf.stop().await;
        runs.push(answers);
    }
    let twos = runs[0].iter().filter(|answer| *answer == "\"two\"").count();
    assert!((4..=20).contains(&twos), "{twos} of 24");
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn a_routing_key_chooses_the_version() {
    let api = two_versions().await;
    let rule = |method: &str, expression: &str| json!({"AddtionVersionMatchs": [{"Version": "2", "Key": "invoke.headers.User", "Method": method, "Expression": expression}]});
    api.ok("CreateAlias", alias("exact", "1", &rule("exact", "bob")))
        .await;
    api.ok("CreateAlias", alias("range", "1", &rule("range", "[1,5)")))
        .await;
    for (qualifier, user, said) in [
        ("exact", "bob", "\"two\""),
        ("exact", "ann", "\"one\""),
        ("range", "4", "\"two\""),
        ("range", "5", "\"one\""),
    ] {
        let key = json!({"User": user}).to_string();
        let call = json!({"FunctionName": "notify", "Qualifier": qualifier, "RoutingKey": key});
        let answer = api.ok("Invoke", call).await;
        assert_eq!(answer["Result"]["RetMsg"], said, "{qualifier} {user}");
    }
    api.scf.stop().await;
}

#[tokio::test]
async fn aliases_are_listed_and_deleted() {
    let api = two_versions().await;
    let routing = json!({"AdditionalVersionWeights": [{"Version": "2", "Weight": 0.25}]});
    api.ok("CreateAlias", alias("live", "1", &routing)).await;
    let get = json!({"FunctionName": "notify", "Name": "live"});
    let live = api.ok("GetAlias", get.clone()).await;
    assert_eq!(live["FunctionVersion"], "1");
    assert_eq!(
        live["RoutingConfig"]["AdditionalVersionWeights"],
        json!([{"Version": "2", "Weight": 0.25}])
    );
    let names = |list: &Value| {
        let aliases = list["Aliases"].as_array().unwrap();
        let names = aliases
            .iter()
            .map(|alias| alias["Name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let all = api
        .ok("ListAliases", json!({"FunctionName": "notify"}))
        .await;
    assert_eq!(names(&all), ["$DEFAULT", "live"]);
    let of_two = json!({"FunctionName": "notify", "FunctionVersion": "2"});
    assert_eq!(names(&api.ok("ListAliases", of_two).await), ["live"]);
    let version = json!({"FunctionName": "notify", "Qualifier": "2"});
    let code = api.code("DeleteFunctionVersion", version.clone()).await;
    assert_eq!(
        code, "FailedOperation.DeleteFunction",
        "the alias leads to it"
    );
    api.ok("DeleteAlias", get.clone()).await;
    api.ok("DeleteFunctionVersion", version).await;
    assert_eq!(api.code("GetAlias", get).await, "ResourceNotFound.Alias");
}

#[tokio::test]
async fn what_an_alias_cannot_be_is_refused_with_its_code() {
    let api = two_versions().await;
    api.ok("CreateAlias", alias("live", "1", &Value::Null))
        .await;
    let weights = |all: &[f64]| {
        let weights = all
            .iter()
            .map(|weight| json!({"Version": "2", "Weight": weight}));
        json!({"AdditionalVersionWeights": weights.collect::<Vec<_>>()})
    };
    let range = json!({"AddtionVersionMatchs": [{"Version": "2", "Key": "invoke.headers.A", "Method": "range", "Expression": "1-5"}]});
    for (call, code) in [
        (alias("live", "1", &Value::Null), "ResourceInUse.Alias"),
        (alias("9", "1", &Value::Null), "InvalidParameterValue.Name"),
        (
            alias("next", "7", &Value::Null),
            "ResourceNotFound.FunctionVersion",
        ),
        (
            alias("next", "1", &weights(&[1.5])),
            "InvalidParameterValue.RoutingConfig",
        ),
        (
            alias("next", "1", &weights(&[0.75, 0.5])),
            "InvalidParameterValue.RoutingConfig",
        ),
        (
            alias("next", "1", &range),
            "InvalidParameterValue.RoutingConfig",
        ),
        (
            json!({"FunctionName": "notify", "Name": "next"}),
            "MissingParameter",
        ),
    ] {
        assert_eq!(api.code("CreateAlias", call.clone()).await, code, "{call}");
    }
    let default = json!({"FunctionName": "notify", "Name": "$DEFAULT"});
    assert_eq!(
        api.code("DeleteAlias", default).await,
        "FailedOperation.DeleteAlias"
    );
}
