//! One temporary key: made, put into the keyring, and written as an answer.

use jiff::SignedDuration;

use super::Sts;
use backlot_base::json::{Object, Value};
use backlot_http::auth::{Credentials, Key, Principal, Standing};
use backlot_http::cloud_api::ApiError;

/// The prefix of the platform's secret ids, and the emulator's name.
const PREFIX: &str = "AKIDBACKLOT";

/// A key that is to be issued.
pub(super) struct Wanted<'a> {
    pub(super) purpose: &'static str,
    pub(super) name: String,
    /// The caller; what is done with the key is recorded in the caller's lane.
    pub(super) principal: &'a Principal,
    pub(super) standing: Standing,
    pub(super) seconds: i64,
    pub(super) policy: Option<String>,
}

impl Sts {
    /// Issues the key. Repeating a run with its seed gives equal keys.
    pub(super) fn give_out(&self, wanted: Wanted<'_>) -> Result<Value, ApiError> {
        let lane = wanted.principal.acting().lane.to_string();
        let what = format!("{} {lane} {}", wanted.purpose, wanted.name);
        let number = self.count(&what).to_string();
        let draw = |part| self.context.secrets.draw(&["sts", part, &what, &number]);
        let credentials = Credentials {
            secret_id: format!("{PREFIX}{}", draw("id").hex(25)),
            secret_key: draw("key").hex(32),
            token: Some(format!("backlot-{}", draw("token").hex(56))),
        };
        let now = self.context.clock.client_now();
        let ends = now.checked_add(SignedDuration::from_secs(wanted.seconds));
        let ends = ends.map_err(|_| ApiError::new("InternalError", "The time is out of range."))?;
        let given = Object::new()
            .with("Token", credentials.token.clone())
            .with("TmpSecretId", credentials.secret_id.as_str())
            .with("TmpSecretKey", credentials.secret_key.as_str());
        let answer = Object::new()
            .with("Credentials", given)
            .with("ExpiredTime", ends.as_second())
            .with(
                "Expiration",
                ends.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            );
        let principal = wanted.principal.renamed(wanted.name);
        self.keyring.add(Key {
            credentials,
            principal: principal.with_standing(wanted.standing),
            expires: Some(ends),
            policy: wanted.policy.map(Into::into),
        });
        Ok(answer.into())
    }
}
