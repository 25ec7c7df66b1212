//! From what a scenario says to the stage it runs on.

use jiff::Timestamp;

use super::load::Loaded;
use crate::stage::{self, Settings, StoreChoice, Time};
use backlot_base::clock::DEFAULT_START;
use backlot_base::seed::Seed;

/// The stage for a scenario: its configuration, its clock, its seed.
pub fn for_stage(loaded: &Loaded, store: &StoreChoice) -> Result<Settings, stage::Error> {
    let start = Timestamp::from_second(DEFAULT_START).expect("the default start is a valid time");
    let mut settings = Settings::from_config(&loaded.config)?;
    settings.time = Time::Virtual {
        start: loaded.start.unwrap_or(start),
    };
    settings.seed = Seed(loaded.scenario.seed);
    settings.store = store.clone();
    Ok(settings)
}
