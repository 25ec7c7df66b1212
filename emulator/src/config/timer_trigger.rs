//! How the timer triggers of a function are written, and the zone in which they are read.

use std::fmt;

use jiff::tz::Offset;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::scf::triggers::{Cron, InvalidTrigger, Source, Trigger};
use backlot_base::signal::FunctionTarget;

/// What makes a function run: time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TimerTriggerConfig {
    /// The name, which is in its events.
    pub name: String,
    /// When it fires, for example `0 */5 * * * * *`: second, minute, hour, day, month, day of the week, year.
    pub cron: Cron,
    /// `Message` of its events.
    #[serde(default)]
    pub argument: String,
    /// The version or alias that runs; `$DEFAULT` if left out.
    #[serde(default)]
    pub qualifier: Option<String>,
    /// Whether it is in force.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

impl TimerTriggerConfig {
    /// What is meant.
    pub fn trigger(&self, function: &str) -> Result<Trigger, InvalidTrigger> {
        let target = FunctionTarget::named(function).at(self.qualifier.as_deref());
        let source = Source::Timer(self.cron.clone());
        let name = source.name(&self.name)?;
        let trigger = Trigger {
            argument: self.argument.clone(),
            ..Trigger::new(name, target, source)
        };
        trigger.check_argument()?;
        Ok(trigger.enabled(self.enabled))
    }
}

/// The offset from UTC in which cron expressions are read, written like `+08:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerZone(pub Offset);

impl TimerZone {
    /// Reads `+08:00`, `-05:30`.
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, rest) = match text.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':')?;
        let two_digits = |text: &str| {
            let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<i32>().ok().filter(|_| is_number)
        };
        let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
        let is_offset = hours <= 14 && minutes < 60;
        let offset = Offset::from_seconds(sign * (hours * 3600 + minutes * 60));
        offset.ok().filter(|_| is_offset).map(Self)
    }
}

impl<'de> Deserialize<'de> for TimerZone {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| {
            let wanted = "write an offset from UTC, such as `+08:00`";
            D::Error::custom(format!("`{text}` is not a zone for timers: {wanted}"))
        })
    }
}

impl fmt::Display for TimerZone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0.seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        let minutes = minutes.abs();
        write!(out, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_an_offset_with_its_sign() {
        for text in ["+08:00", "-05:30", "+00:00", "+14:00"] {
            assert_eq!(TimerZone::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "8",
            "08:00",
            "+8:00",
            "+08:60",
            "+15:00",
            "Asia/Shanghai",
            "+08:0é",
        ] {
            assert_eq!(TimerZone::parse(text), None, "{text}");
        }
    }
}
