//! Calls of the Cloud API: every call is answered in the one envelope, and never that something broke inside.

use std::sync::Arc;

use backlot::base::json::Value;
use backlot::cos::access::policy::Policy;
use backlot::http::auth::{Keyring, Principal};
use backlot::http::cloud_api::CloudApi;
use backlot::mps::{self, Mps};
use backlot::scf::{Account, Scf};
use backlot::sts::Sts;
use http_body_util::BodyExt as _;
use hyper::StatusCode;

use super::input::in_pieces;
use super::rig;
use crate::paper_host::PaperHost;

/// A request as on the wire.
pub(super) fn check(data: &[u8]) {
    let Some((size, text)) = data.split_first() else {
        return;
    };
    let Some(request) = rig::request(text, |body| in_pieces(body, &[*size])) else {
        return;
    };
    let context = rig::context();
    let keyring = Keyring::default();
    let check = |text: &str| match Policy::parse(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    };
    let owner = Principal::new("owner", None);
    let sts = Sts::new(
        context.clone(),
        keyring.clone(),
        "100000000001".to_owned(),
        check,
    );
    let account = Account {
        app_id: 1_250_000_000,
        uin: "100000000001".to_owned(),
        region: "ap-guangzhou".to_owned(),
    };
    let scf = Scf::start(context.clone(), keyring.clone(), account, Vec::new());
    let host = Arc::new(PaperHost::default());
    let mps = Mps::new(context.clone(), mps::Settings::default(), host);
    let api = CloudApi::new(&context, keyring)
        .with(mps)
        .with(scf)
        .with(sts)
        .allowing_unsigned(owner);
    let answered = rig::runtime().block_on(async {
        let response = api.serve(request).await.expect("its body has come whole");
        assert_eq!(response.status(), StatusCode::OK);
        let body = response.into_body().collect().await;
        body.expect("an answer is whole").to_bytes()
    });
    let text = std::str::from_utf8(&answered).expect("an answer is text");
    let answer = Value::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let response = answer.get("Response").unwrap_or_else(|| panic!("{text}"));
    let id = response.get("RequestId").and_then(Value::as_str);
    assert!(id.is_some_and(|id| !id.is_empty()), "{text}");
    let code = response
        .get("Error")
        .map(|error| error.get("Code").and_then(Value::as_str));
    assert!(
        code.is_none_or(|code| code.is_some_and(|code| !code.starts_with("InternalError"))),
        "{text}"
    );
}
