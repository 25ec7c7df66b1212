//! A scenario as people write it: what is in force, what goes wrong, and what happens step by step.
//!
//! Each step is a mapping with one key, its kind; so a mistake in it has an exact place.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::step::Step;
use crate::config::Config;
use crate::config::keys::common_keys;
use crate::config::layer::Key;

macro_rules! scenario {
    (
        { $( $(#[doc = $common_about:literal])* $common:ident: $common_type:ty, )* }
        $( $(#[doc = $about:literal])* $(#[serde($($serde:tt)*)])? $key:ident: $type:ty, )*
    ) => {
        /// A scenario file, as written.
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct Scenario {
            $( $(#[doc = $about])* $(#[serde($($serde)*)])? pub $key: $type, )*
            $( $(#[doc = $common_about])* #[serde(default)] pub $common: $common_type, )*
        }

        impl Scenario {
            /// The keys that only scenarios have, with their descriptions; the others are [`Config::KEYS`].
            pub const KEYS: &'static [Key] = &[
                $( Key { field: stringify!($key), about: &[$($about),*] }, )*
            ];

            /// The keys that scenarios share with `backlot.yaml`, as a layer over it.
            pub fn config(&self) -> Config {
                Config { $( $common: self.$common.clone(), )* ..Config::default() }
            }
        }
    };
}

common_keys! { scenario {
    /// What the scenario is about, in one sentence.
    #[serde(default)]
    about: String,
    /// The seed of ids and chance; 1 if left out.
    #[serde(default = "default_seed")]
    seed: u64,
    /// When the run begins on its own clock, for example `2024-01-01T00:00:00Z`.
    #[serde(default)]
    start: Option<Spanned<String>>,
    /// What the buckets hold from the start: a folder of `<bucket>/<key…>` beside the scenario, or a saved state.
    #[serde(default)]
    import: Option<Spanned<String>>,
    /// The steps, in order.
    steps: Vec<Spanned<Step>>,
} }

fn default_seed() -> u64 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_name_and_its_description() {
        for key in Scenario::KEYS {
            assert!(
                key.about().ends_with('.'),
                "`{}`: {}",
                key.name(),
                key.about()
            );
        }
        assert_eq!(Scenario::KEYS[0].name(), "about");
    }
}
