//! `PublishVersion`, `ListVersionByFunction`, `DeleteFunctionVersion`, and the shares of the concurrency.

use serde_json::{Value, json};

use super::kit::{Api, ECHO, saying, zip};

fn named(name: &str) -> Value {
    json!({"FunctionName": name})
}

fn update(text: &str) -> Value {
    json!({"FunctionName": "notify", "ZipFile": zip(&[("index.py", &saying(text))])})
}

#[tokio::test]
async fn a_version_keeps_the_code_with_which_it_was_published() {
    let api = Api::new();
    api.create("notify", &saying("one")).await;
    let published = api
        .ok(
            "PublishVersion",
            json!({"FunctionName": "notify", "Description": "first"}),
        )
        .await;
    assert_eq!(published["FunctionVersion"], "1");
    assert_eq!(published["Description"], "first");
    assert_eq!(published["Runtime"], "Python3.10");
    api.ok("UpdateFunctionCode", update("two")).await;
    assert_eq!(api.ret_msg("notify", "1").await, "\"one\"");
    assert_eq!(api.ret_msg("notify", "$LATEST").await, "\"two\"");
    let mut publish = update("three");
    publish["Publish"] = json!("TRUE");
    api.ok("UpdateFunctionCode", publish).await;
    assert_eq!(api.ret_msg("notify", "2").await, "\"three\"");
    let get = json!({"FunctionName": "notify", "Qualifier": "1"});
    let version = api.ok("GetFunction", get).await;
    assert_eq!(
        (&version["FunctionVersion"], &version["Qualifier"]),
        (&json!("1"), &json!("1"))
    );
    api.scf.stop().await;
}

#[tokio::test]
async fn versions_are_listed_and_deleted_and_numbers_are_not_given_twice() {
    let api = Api::new();
    api.create("notify", ECHO).await;
    for _ in 0..11 {
        api.ok("PublishVersion", named("notify")).await;
    }
    let list = api
        .ok(
            "ListVersionByFunction",
            json!({"FunctionName": "notify", "Limit": 3}),
        )
        .await;
    assert_eq!(list["TotalCount"], 12);
    let versions = list["Versions"].as_array().unwrap();
    let versions: Vec<_> = versions.iter().map(|version| &version["Version"]).collect();
    assert_eq!(versions, ["$LATEST", "11", "10"]);
    assert_eq!(list["FunctionVersion"].as_array().unwrap().len(), 12);
    let newest = json!({"FunctionName": "notify", "Qualifier": "11"});
    api.ok("DeleteFunctionVersion", newest.clone()).await;
    assert_eq!(
        api.code("DeleteFunctionVersion", newest.clone()).await,
        "ResourceNotFound.Qualifier"
    );
    assert_eq!(
        api.code("Invoke", newest).await,
        "ResourceNotFound.Qualifier"
    );
    let next = api.ok("PublishVersion", named("notify")).await;
    assert_eq!(next["FunctionVersion"], "12");
    let latest = json!({"FunctionName": "notify", "Qualifier": "$LATEST"});
    assert_eq!(
        api.code("DeleteFunctionVersion", latest).await,
        "FailedOperation.DeleteFunction"
    );
    let first = json!({"FunctionName": "notify", "Qualifier": "1"});
    api.ok("DeleteFunction", first.clone()).await;
    assert_eq!(
        api.code("GetFunction", first).await,
        "ResourceNotFound.Qualifier"
    );
    assert_eq!(
        api.code("PublishVersion", named("other")).await,
        "ResourceNotFound.Function"
    );
}

#[tokio::test]
async fn a_share_of_zero_switches_a_function_off() {
    let api = Api::new();
    api.create("notify", ECHO).await;
    let none = api
        .ok("GetReservedConcurrencyConfig", named("notify"))
        .await;
    assert_eq!(none, json!({"ReservedMem": null}));
    let put = |mb: i64| json!({"FunctionName": "notify", "ReservedConcurrencyMem": mb});
    api.ok("PutReservedConcurrencyConfig", put(0)).await;
    let reserved = api
        .ok("GetReservedConcurrencyConfig", named("notify"))
        .await;
    assert_eq!(reserved["ReservedMem"], 0);
    let answer = api.ok("Invoke", named("notify")).await;
    let message = "Function [ notify ] concurrency exceeded reserved quota 0 MB";
    assert_eq!(answer["Result"]["ErrMsg"], message);
    api.ok("PutReservedConcurrencyConfig", put(128)).await;
    assert_eq!(api.ret_msg("notify", "").await, "{}");
    api.ok("PutReservedConcurrencyConfig", put(0)).await;
    api.ok("DeleteReservedConcurrencyConfig", named("notify"))
        .await;
    assert_eq!(api.ret_msg("notify", "").await, "{}");
    api.scf.stop().await;
}

#[tokio::test]
async fn no_more_can_be_reserved_than_the_region_has() {
    let api = Api::new();
    api.create("notify", ECHO).await;
    api.create("other", ECHO).await;
    let put = |name: &str, mb: i64| json!({"FunctionName": name, "ReservedConcurrencyMem": mb});
    let code = api
        .code("PutReservedConcurrencyConfig", put("notify", 115_328))
        .await;
    assert_eq!(code, "LimitExceeded.FunctionReservedConcurrencyMemory");
    api.ok("PutReservedConcurrencyConfig", put("notify", 115_200))
        .await;
    let code = api
        .code("PutReservedConcurrencyConfig", put("other", 128))
        .await;
    assert_eq!(code, "FailedOperation.ReservedExceedTotal");
    let account = api.ok("GetAccount", json!({})).await;
    assert_eq!(
        account["AccountUsage"]["TotalAllocatedConcurrencyMem"],
        115_200
    );
    let namespace = &account["AccountUsage"]["Namespace"][0];
    assert_eq!(namespace["Functions"], json!(["notify", "other"]));
    assert_eq!(
        account["AccountLimit"]["Namespace"][0]["Trigger"]["Total"],
        110
    );
}
