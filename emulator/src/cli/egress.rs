//! `--egress`: which calls to other hosts may leave the machine.

use clap::Args;

use crate::config::Config;
use backlot_http::egress::EgressPolicy;

/// Whether calls may leave.
#[derive(Clone, Debug, Args)]
pub(super) struct Egress {
    /// Which calls to other hosts may leave the machine: `deny`, `pass-through`, or hosts such as
    /// `api.example.com,*.example.org`
    #[arg(long, value_name = "WHICH", env = "BACKLOT_EGRESS")]
    egress: Option<EgressPolicy>,
}

impl Egress {
    /// Overrides what is configured.
    pub(super) fn apply(&self, config: &mut Config) {
        if let Some(policy) = &self.egress {
            config.egress = Some(policy.clone().into());
        }
    }
}
