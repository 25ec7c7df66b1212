//! All templates of the account: the presets, and what the API has made.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::family::Family;
use super::preset::{PRESETS, Presets};
use super::template::Template;
use crate::mps::template::{self, Adaptive, Animated, Sampled, Sprite, Transcode};
use backlot_base::json::Value;

/// The templates at one time: what definition N is, for everyone who asks.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    presets: Presets,
    pub(super) custom: BTreeMap<(Family, u64), Arc<Template>>,
}

impl Templates {
    /// The presets alone.
    pub fn new(presets: Presets) -> Self {
        Self {
            presets,
            custom: BTreeMap::new(),
        }
    }

    /// The template of an id; `None` if the account has none.
    pub fn find(&self, family: Family, definition: u64) -> Option<&Arc<Template>> {
        let key = (family, definition);
        let preset = PRESETS.get(&key);
        let preset = preset.filter(|preset| self.presets.has(preset));
        let custom = || self.custom.get(&key);
        preset.map(|preset| &preset.template).or_else(custom)
    }

    /// The templates of a family, in the order of their ids.
    pub fn of(&self, family: Family) -> impl Iterator<Item = (u64, &Arc<Template>)> {
        let range = (family, 0)..=(family, u64::MAX);
        let presets = PRESETS.range(range.clone());
        let presets = presets.filter(|(_, preset)| self.presets.has(preset));
        let presets = presets.map(|((_, definition), preset)| (*definition, &preset.template));
        let custom = self.custom.range(range);
        let custom = custom.map(|((_, definition), template)| (*definition, template));
        let all: BTreeMap<_, _> = presets.chain(custom).collect();
        all.into_iter()
    }

    /// What a transcoding template does.
    pub fn transcode(&self, definition: u64) -> Option<Transcode> {
        self.read(Family::Transcode, definition, template::transcode)
    }

    /// What a template of animated pictures does.
    pub fn animated(&self, definition: u64) -> Option<Animated> {
        self.read(Family::Animated, definition, template::animated)
    }

    /// The format of screenshots at given times.
    pub fn snapshot_by_time(&self, definition: u64) -> Option<&'static str> {
        self.read(Family::SnapshotByTime, definition, template::image_format)
    }

    /// What a template of sampled screenshots does.
    pub fn sampled(&self, definition: u64) -> Option<Sampled> {
        self.read(Family::Sampled, definition, template::sampled)
    }

    /// What a sprite template does.
    pub fn sprite(&self, definition: u64) -> Option<Sprite> {
        self.read(Family::Sprite, definition, template::sprite)
    }

    /// What a template of adaptive streaming does.
    pub fn adaptive(&self, definition: u64) -> Option<Adaptive> {
        self.read(Family::Adaptive, definition, template::adaptive)
    }

    fn read<T>(&self, family: Family, definition: u64, read: fn(&Value) -> T) -> Option<T> {
        let template = self.find(family, definition)?;
        Some(read(&template.members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_id_is_there() {
        let first = [
            10, 20, 30, 40, 70, 80, 510, 520, 530, 540, 570, 580, 210, 220, 230, 240, 270, 280,
            610, 620, 630, 640, 670, 680, 10_046, 10_047, 10_048, 10_049, 370, 380, 710, 720, 730,
            740, 770, 780, 6, 9,
        ];
        let second = [
            100_010, 100_020, 100_030, 100_040, 100_070, 100_080, 100_210, 100_220, 100_230,
            100_240, 100_270, 100_280, 100_800, 100_810, 100_820, 100_830, 100_840, 875, 876,
        ];
        let always = [1100, 1110, 1120, 1130, 1140, 1010, 1020];
        let has =
            |presets: Presets, definition| Templates::new(presets).transcode(definition).is_some();
        for definition in first {
            assert!(has(Presets::First, definition), "{definition}");
            assert!(!has(Presets::Second, definition), "{definition}");
        }
        for definition in second {
            assert!(!has(Presets::First, definition), "{definition}");
            assert!(has(Presets::Second, definition), "{definition}");
        }
        for presets in [Presets::Both, Presets::First, Presets::Second] {
            assert!(always.iter().all(|definition| has(presets, *definition)));
        }
        let count = Templates::default().of(Family::Transcode).count();
        assert_eq!(count, first.len() + second.len() + always.len());
        for definition in [0, 50, 110, 310, 100_050, 100_110, 1_000_001] {
            assert!(!has(Presets::Both, definition), "{definition}");
        }
    }
}
