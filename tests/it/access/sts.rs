//! Temporary keys: given out by STS, used at COS until they end.

use backlot::base::clock::Clock;
use backlot::base::json::{Object, Value};
use backlot::base::seed::Seed;
use backlot::context::Context;
use backlot::cos::access::policy::Policy;
use backlot::http::auth::{Credentials, Keyring, Standing};
use backlot::http::cloud_api::{ApiCall, ApiService as _};
use backlot::sts::Sts;
use std::sync::Arc;

use super::{OWNER, become_user};
use crate::cos::client::{Ask, Running};

pub(super) fn service(clock: &Clock, keyring: &Keyring) -> Sts {
    let context = Context::new(clock, Seed(7));
    Sts::new(
        context,
        keyring.clone(),
        OWNER.to_owned(),
        |text| match Policy::parse(text) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        },
    )
}

pub(super) async fn call(
    running: &Running,
    sts: &Sts,
    action: &str,
    parameters: Object,
) -> Result<Value, String> {
    let secret_id = running.credentials.secret_id.clone();
    let key = running.keyring.find(&secret_id).unwrap();
    let call = ApiCall {
        service: "sts".into(),
        action: action.into(),
        version: "2018-08-13".into(),
        region: None,
        language: "zh-CN".into(),
        parameters: parameters.into(),
        principal: key.principal.clone(),
        secret_id: Some(secret_id),
        request_id: "id".into(),
        hold: running.clock.hold("a test"),
    };
    let mut actions = Sts::actions().iter();
    let found = actions.find(|known| known.name == action);
    let run = found
        .and_then(|found| found.run)
        .expect("a supported action");
    run(sts, call).await.map_err(|error| error.code)
}

pub(super) fn credentials(answer: &Value) -> Credentials {
    let text = |name| {
        answer
            .get("Credentials")
            .unwrap()
            .get(name)
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    };
    Credentials {
        secret_id: text("TmpSecretId"),
        secret_key: text("TmpSecretKey"),
        token: Some(text("Token")),
    }
}

pub(super) fn federation(policy: &str) -> Object {
    Object::new().with("Name", "phone").with("Policy", policy)
}

const READ_ONLY: &str = "%7B%22version%22%3A%222.0%22%2C%22statement%22%3A%5B%7B%22effect%22%3A%22allow%22%2C\
                         %22action%22%3A%22name%2Fcos%3AGetObject%22%2C%22resource%22%3A%22*%22%7D%5D%7D";

#[tokio::test]
async fn a_federation_token_reads_until_it_ends() {
    let mut running = Running::start().await;
    running.put("k", b"x").await;
    let sts = service(&running.clock, &running.keyring);
    let answer = call(&running, &sts, "GetFederationToken", federation(READ_ONLY))
        .await
        .unwrap();
    let ends = running.clock.client_now().as_second() + 1800;
    assert_eq!(answer.get("ExpiredTime").unwrap().as_i64(), Some(ends));
    let names: Vec<_> = answer
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["Credentials", "ExpiredTime", "Expiration"]);
    assert_eq!(
        answer.get("Expiration").unwrap().as_str().unwrap().len(),
        "2023-11-14T22:43:20Z".len()
    );

    let owner = running.credentials.clone();
    running.credentials = credentials(&answer);
    assert!(running.credentials.secret_id.starts_with("AKID"));
    let token = running.credentials.token.clone().unwrap();
    let get = || Ask::new("GET", "/k").header("x-cos-security-token", &token);
    assert_eq!(running.ask(get()).await.text(), "x");
    assert_eq!(running.get("k").await.code(), "InvalidAccessKeyId");
    let put = Ask::new("PUT", "/k")
        .header("x-cos-security-token", &token)
        .body(b"y");
    assert_eq!(running.ask(put).await.code(), "AccessDenied");
    let again = call(&running, &sts, "GetFederationToken", federation(READ_ONLY)).await;
    assert_eq!(again, Err("UnsupportedOperation".into()));

    // Clients live in real time, and so does the end of their keys; it is brought forward.
    let mut key = running
        .keyring
        .find(&running.credentials.secret_id)
        .map(Arc::unwrap_or_clone)
        .unwrap();
    key.expires = Some(running.clock.client_now());
    running.keyring.add(key);
    let late = running.ask(get()).await;
    assert_eq!((late.status, late.code()), (400, "ExpiredToken"));
    running.credentials = owner;
    assert_eq!(running.get("k").await.status, 200);
    running.stop().await;
}

#[tokio::test]
async fn what_is_asked_is_checked() {
    let mut running = Running::start().await;
    let sts = service(&running.clock, &running.keyring);
    let code = async |running: &Running, action: &str, parameters: Object| {
        call(running, &sts, action, parameters).await.map(drop)
    };
    for (action, parameters, expected) in [
        ("GetFederationToken", Object::new(), "MissingParameter"),
        (
            "GetFederationToken",
            Object::new().with("Name", "a"),
            "MissingParameter",
        ),
        (
            "GetFederationToken",
            federation("%7B"),
            "InvalidParameter.StrategyFormatError",
        ),
        (
            "GetFederationToken",
            federation(READ_ONLY).with("DurationSeconds", 7201_u64),
            "InvalidParameter.OverTimeError",
        ),
        (
            "AssumeRole",
            Object::new().with("RoleArn", "x"),
            "InvalidParameter.ParamError",
        ),
    ] {
        assert_eq!(
            code(&running, action, parameters).await,
            Err(expected.into()),
            "{action}"
        );
    }
    become_user(&mut running, "100000000002");
    let long = federation(READ_ONLY).with("DurationSeconds", "129600");
    assert_eq!(code(&running, "GetFederationToken", long).await, Ok(()));
    running.stop().await;
}

#[tokio::test]
async fn a_role_is_assumed_and_callers_are_told_who_they_are() {
    let mut running = Running::start().await;
    let sts = service(&running.clock, &running.keyring);
    become_user(&mut running, "100000000002");
    let identity = call(&running, &sts, "GetCallerIdentity", Object::new())
        .await
        .unwrap();
    let text = |name| identity.get(name).unwrap().as_str().unwrap();
    assert_eq!(
        text("Arn"),
        format!("qcs::cam::uin/{OWNER}:uin/100000000002")
    );
    assert_eq!((text("AccountId"), text("UserId")), (OWNER, "100000000002"));
    assert_eq!(running.put("k", b"x").await.code(), "AccessDenied");

    let role = || {
        Object::new()
            .with("RoleArn", format!("qcs::cam::uin/{OWNER}:roleName/writer"))
            .with("RoleSessionName", "one")
    };
    let first = call(&running, &sts, "AssumeRole", role()).await.unwrap();
    let second = call(&running, &sts, "AssumeRole", role()).await.unwrap();
    assert_ne!(credentials(&first), credentials(&second));
    // The same calls in another run give the same keys.
    let other = service(&running.clock, &running.keyring);
    assert_eq!(
        call(&running, &other, "AssumeRole", role()).await,
        Ok(first.clone())
    );
    running.credentials = credentials(&first);
    let key = running
        .keyring
        .find(&running.credentials.secret_id)
        .unwrap();
    assert_eq!(
        (key.principal.name.as_str(), &key.principal.standing),
        ("writer/one", &Standing::Owner)
    );
    let token = running.credentials.token.clone().unwrap();
    let put = Ask::new("PUT", "/k")
        .header("x-cos-security-token", &token)
        .body(b"x");
    assert_eq!(running.ask(put).await.status, 200);
    running.stop().await;
}
