//! How MPS treats tasks, as written.

use std::num::NonZero;

use super::layer::{Layer, layer};
use crate::mps;

layer! {
    /// How MPS treats tasks, as written.
    pub struct MpsConfig {
        /// The shape of notifications, unless a request or workflow says another: `legacy`, which it is if left out, or `modern`.
        profile: Option<mps::Profile>,
        /// Readings other than the default ones: `zero-definition`, `empty-success-code`, `old-snapshot-names`, `string-array`,
        /// `size-mode`.
        switches: Option<mps::switches::Switches>,
        /// How many functions MPS triggers may have: `per-event-type`, one for each type of event, which it is if left out;
        /// `per-account`, one in all; or `off`, any number.
        single_binding: Option<mps::BindingRule>,
        /// The shape of notifications about tasks that the Cloud API makes: `modern`, which it is if left out, or `legacy`, which
        /// has no session.
        api_profile: Option<mps::Profile>,
        /// The number of tasks that are processed at the same time; all of them if left out.
        concurrency: Option<NonZero<u32>>,
        /// How long a session id is refused after its use: `three-days`, which it is if left out, or `seven-days`.
        session_window: Option<mps::SessionWindow>,
        /// The generations of transcoding presets: `both`, which it is if left out, `first` (10, 20 …) or `second` (100010 …).
        presets: Option<mps::Presets>,
    }
}

impl Layer for MpsConfig {
    fn over(self, below: Self) -> Self {
        self.each_key_over(below)
    }
}

impl MpsConfig {
    /// What is meant.
    pub fn settings(&self) -> mps::Settings {
        let usual = mps::Settings::default();
        mps::Settings {
            profile: self.profile.unwrap_or(usual.profile),
            switches: self
                .switches
                .clone()
                .unwrap_or_else(|| usual.switches.clone()),
            binding_rule: self.single_binding.unwrap_or(usual.binding_rule),
            api_profile: self.api_profile.unwrap_or(usual.api_profile),
            concurrency: self.concurrency.map(NonZero::get),
            session_window: self.session_window.unwrap_or_default(),
            presets: self.presets.unwrap_or_default(),
            ..usual
        }
    }
}

#[cfg(test)]
mod tests {
    use backlot_base::source::SourceFile;

    use super::super::yaml;
    use super::*;

    #[test]
    fn what_is_written_is_meant() {
        let text =
            "{ api-profile: legacy, concurrency: 2, session-window: seven-days, presets: second }";
        let written: MpsConfig = serde_saphyr::from_str(text).unwrap();
        let settings = written.settings();
        assert_eq!(settings.api_profile, mps::Profile::Legacy);
        assert_eq!(settings.concurrency, Some(2));
        assert_eq!(settings.session_window, mps::SessionWindow::SevenDays);
        assert_eq!(settings.presets, mps::Presets::Second);
        let nothing = MpsConfig::default();
        assert_eq!(nothing.settings(), mps::Settings::default());
        assert!(serde_saphyr::from_str::<MpsConfig>("{ concurrency: 0 }").is_err());
    }

    #[test]
    fn what_is_left_out_comes_from_the_layer_below() {
        let read = |text: &str| -> MpsConfig {
            yaml::parse(&SourceFile::new("backlot.yaml", text)).unwrap()
        };
        let below = read("profile: modern\nsingle-binding: off\n");
        let above = read("single-binding: per-account\nswitches: { string-array: true }\n");
        let settings = above.over(below).settings();
        assert_eq!(settings.profile, mps::Profile::Modern);
        assert_eq!(settings.binding_rule, mps::BindingRule::PerAccount);
        assert!(settings.switches.string_array);
        let off = read("single-binding: off\n").settings();
        assert_eq!(off.binding_rule, mps::BindingRule::Off);
    }
}
