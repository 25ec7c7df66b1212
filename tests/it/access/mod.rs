//! Who may do what, over real sockets: S3 clients, access lists, policies, temporary keys.

#![expect(clippy::unwrap_used, reason = "here it fails the test that it should")]

mod acl;
mod policy;
mod prefix;
mod properties;
mod s3;
mod sts;

use backlot::http::auth::{Credentials, Key, Principal, Standing};

use crate::cos::client::Running;

/// The number of the account that owns everything.
const OWNER: &str = "100000000001";

/// Makes the next requests come from somebody else; `token` and `policy` as keys may have them.
pub(crate) fn become_key(running: &mut Running, name: &str, change: impl FnOnce(&mut Key)) {
    let credentials = Credentials {
        secret_id: format!("AKIDEXAMPLE{name}"),
        secret_key: format!("example{name}"),
        token: None,
    };
    let mut key = Key {
        credentials,
        principal: Principal::new(name, None),
        expires: None,
        policy: None,
    };
    change(&mut key);
    running.credentials = key.credentials.clone();
    running.keyring.add(key);
}

/// Makes the next requests come from a user of the account.
fn become_user(running: &mut Running, uin: &str) {
    become_key(running, uin, |key| {
        key.principal.standing = Standing::User {
            uin: uin.to_owned(),
            policy: None,
        };
    });
}
