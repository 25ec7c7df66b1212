//! The temporary credentials of an instance that runs in a role.
//!
//! Follows: SCF reference, section 4.4: made anew for each instance, and useless without their token.

use backlot_base::seed::Seed;
use backlot_http::auth::Credentials;

/// The prefix of secret ids: the platform's, for clients that check it, and one that names the emulator.
const PREFIX: &str = "AKIDBACKLOT";

/// The credentials of `instance`, which depend on nothing but the seed of secrets and its name.
pub(super) fn temporary(secrets: Seed, instance: &str) -> Credentials {
    let draw = |what| secrets.draw(&["credentials", what, instance]);
    Credentials {
        secret_id: format!("{PREFIX}{}", draw("id").hex(25)),
        secret_key: draw("key").hex(32),
        token: Some(format!("backlot-{}", draw("token").hex(56))),
    }
}
