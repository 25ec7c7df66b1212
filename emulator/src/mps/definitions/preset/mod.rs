//! The templates that every account has, of both generations. Follows: mps.md section 13.

mod content;
mod picture;
mod transcode;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use serde::Deserialize;

use super::family::Family;
use super::read::fill;
use super::template::Template;
use backlot_base::json::Value;

/// Which generations of transcoding presets there are. Follows: mps.md section 9, row 24.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presets {
    /// 10, 20, 30 … and 100010, 100020, 100030 …
    #[default]
    Both,
    /// 10, 20, 30 …, as from 2019 to 2021.
    First,
    /// 100010, 100020, 100030 …, as since 2021.
    Second,
}

/// The generation that a preset belongs to. What is no transcoding template belongs to both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    Any,
    First,
    Second,
}

/// A preset before it is complete.
pub(super) struct Said {
    generation: Generation,
    family: Family,
    definition: u64,
    members: Value,
}

/// A preset.
pub(super) struct Preset {
    generation: Generation,
    pub(super) template: Arc<Template>,
}

/// All presets, by family and id.
pub(super) static PRESETS: LazyLock<BTreeMap<(Family, u64), Preset>> = LazyLock::new(|| {
    let all = transcode::all().chain(picture::all()).chain(content::all());
    all.map(|said| {
        let template = Template {
            is_preset: true,
            members: fill(said.family.fields(), &said.members),
            // Choice: one day of the past; the real ones differ and mean nothing.
            created: Timestamp::constant(1_560_297_600, 0),
            updated: Timestamp::constant(1_560_297_600, 0),
        };
        let preset = Preset {
            generation: said.generation,
            template: Arc::new(template),
        };
        ((said.family, said.definition), preset)
    })
    .collect()
});

impl Presets {
    /// Whether an account has the preset.
    pub(super) fn has(self, preset: &Preset) -> bool {
        match preset.generation {
            Generation::Any => true,
            Generation::First => self != Self::Second,
            Generation::Second => self != Self::First,
        }
    }
}
