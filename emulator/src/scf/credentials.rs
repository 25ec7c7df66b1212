//! The temporary credentials of an instance that runs in a role.
//!
//! Follows: SCF reference, section 4.4: made anew for each instance, and useless without their token.

use backlot_base::seed::Seed;
use backlot_http::auth::Credentials;

/// Begins like the platform's secret ids, so that clients that look take them, and says where they come from.
const PREFIX: &str = "AKIDBACKLOT";

/// The credentials of `instance`; the same for the same seed.
pub(super) fn temporary(seed: Seed, instance: &str) -> Credentials {
    let draw = |what| seed.draw(&["credentials", what, instance]);
    Credentials {
        secret_id: format!("{PREFIX}{}", draw("id").hex(25)),
        secret_key: draw("key").hex(32),
        token: Some(format!("backlot-{}", draw("token").hex(56))),
    }
}
