//! STS: temporary keys, and the identity of a caller.
//!
//! A service of the Cloud API. A temporary key is a key in the keyring that expires and may have a policy, which COS checks.
//! `parameters.rs` reads the parameters, `token.rs` makes the key. Follows: COS reference, section 10.

mod parameters;
mod token;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use backlot_base::context::Context;
use backlot_base::json::{Object, Value};
use backlot_http::auth::{Keyring, Standing};
use backlot_http::cloud_api::{Action, ApiCall, ApiError, ApiService, Parameters, at_once};
use parameters::{duration, name, policy, role};
use token::Wanted;

/// Seconds for which a federation token is valid by default.
const DEFAULT_FEDERATION: i64 = 1800;

/// The longest validity of a federation token for the account itself, in seconds.
const MAX_FEDERATION_OF_ACCOUNT: i64 = 7200;

/// The longest validity of a federation token for a user, in seconds.
const MAX_FEDERATION_OF_USER: i64 = 129_600;

/// Seconds for which a role is assumed by default.
const DEFAULT_ROLE: i64 = 7200;

/// The longest time for which a role is assumed, in seconds.
const MAX_ROLE: i64 = 43_200;

const ACTIONS: &[Action<Sts>] = &[
    Action::supported("AssumeRole", |sts, call| at_once(sts.assume_role(&call))),
    Action::unsupported("AssumeRoleWithSAML"),
    Action::unsupported("AssumeRoleWithWebIdentity"),
    Action::supported("GetCallerIdentity", |sts, call| {
        at_once(Ok(sts.get_caller_identity(&call)))
    }),
    Action::supported("GetFederationToken", |sts, call| {
        at_once(sts.get_federation_token(&call))
    }),
    Action::unsupported("GetSessionToken"),
    Action::unsupported("QueryApiKey"),
];

/// Checks the text of a policy; the error says why it is not valid.
pub type CheckPolicy = fn(&str) -> Result<(), String>;

/// The service.
pub struct Sts {
    context: Context,
    keyring: Keyring,
    /// The account's number.
    uin: String,
    check_policy: CheckPolicy,
    // A plain mutex: counting is short and never awaits. Counted by purpose, lane and name, because callers interleave.
    counts: Mutex<HashMap<String, u64>>,
}

impl Sts {
    /// The service of the account `uin`, whose keys go into `keyring`.
    pub fn new(context: Context, keyring: Keyring, uin: String, check_policy: CheckPolicy) -> Self {
        Self {
            context,
            keyring,
            uin,
            check_policy,
            counts: Mutex::default(),
        }
    }

    fn get_federation_token(&self, call: &ApiCall) -> Result<Value, ApiError> {
        let parameters = Parameters::new(&call.parameters);
        let name = name(&parameters, "Name")?;
        let policy =
            policy(&parameters, self.check_policy)?.ok_or_else(|| parameters.missing("Policy"))?;
        let max = match call.principal.standing {
            Standing::Owner => MAX_FEDERATION_OF_ACCOUNT,
            Standing::User { .. } | Standing::Stranger { .. } => MAX_FEDERATION_OF_USER,
        };
        let seconds = duration(&parameters, DEFAULT_FEDERATION, max)?;
        self.check_is_permanent(call)?;
        self.give_out(Wanted {
            purpose: "federation",
            name: format!("federated/{name}"),
            principal: &call.principal,
            standing: call.principal.standing.clone(),
            seconds,
            policy: Some(policy),
        })
    }

    /// Choice: every role of the account exists, and acts as its owner within the policy of the call.
    fn assume_role(&self, call: &ApiCall) -> Result<Value, ApiError> {
        let parameters = Parameters::new(&call.parameters);
        let role = role(&parameters, &self.uin)?;
        let session = name(&parameters, "RoleSessionName")?;
        let policy = policy(&parameters, self.check_policy)?;
        let seconds = duration(&parameters, DEFAULT_ROLE, MAX_ROLE)?;
        self.check_is_permanent(call)?;
        if let Standing::Stranger { .. } = call.principal.standing {
            let message = "The role does not trust the caller.";
            return Err(ApiError::new("UnauthorizedOperation", message));
        }
        self.give_out(Wanted {
            purpose: "role",
            name: format!("{role}/{session}"),
            principal: &call.principal,
            standing: Standing::Owner,
            seconds,
            policy,
        })
    }

    fn get_caller_identity(&self, call: &ApiCall) -> Value {
        let (owner, user) = match &call.principal.standing {
            Standing::Owner => (self.uin.as_str(), self.uin.as_str()),
            Standing::User { uin, .. } => (self.uin.as_str(), uin.as_str()),
            Standing::Stranger { owner, uin } => (owner.as_str(), uin.as_str()),
        };
        let kind = if owner == user {
            "RootAccount"
        } else {
            "CAMUser"
        };
        let identity = Object::new()
            .with("Arn", format!("qcs::cam::uin/{owner}:uin/{user}"))
            .with("AccountId", owner)
            .with("UserId", user)
            .with("PrincipalId", user)
            .with("Type", kind);
        identity.into()
    }

    /// Choice: a key that is narrowed by a policy cannot make others, because they would have to be narrowed by both.
    fn check_is_permanent(&self, call: &ApiCall) -> Result<(), ApiError> {
        let key = call.secret_id.as_deref();
        let key = key.and_then(|secret_id| self.keyring.find(secret_id));
        if key.is_some_and(|key| key.policy.is_some()) {
            let message = "A temporary key with a policy cannot be used to get another key here.";
            return Err(ApiError::new("UnsupportedOperation", message));
        }
        Ok(())
    }

    /// How many keys have been issued for this purpose, this one included.
    fn count(&self, what: &str) -> u64 {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(what.to_owned()).or_default();
        *count += 1;
        *count
    }
}

impl ApiService for Sts {
    fn name(&self) -> &'static str {
        "sts"
    }

    fn version(&self) -> &'static str {
        "2018-08-13"
    }

    fn actions() -> &'static [Action<Self>] {
        ACTIONS
    }
}

impl fmt::Debug for Sts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Sts({})", self.uin)
    }
}
