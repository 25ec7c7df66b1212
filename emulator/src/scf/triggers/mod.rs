//! What makes functions run without a call: the triggers of SCF.
//!
//! `cron` reads when a timer fires. Follows: SCF reference, section 14.

mod cron;

pub use cron::{Cron, InvalidCron};
