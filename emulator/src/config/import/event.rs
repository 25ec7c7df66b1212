//! What makes an imported function run, as the three formats have it in common.
//!
//! Follows: SCF reference, sections 14.2 and 16.

use super::draft::Draft;
use super::report::Report;
use super::section::{Said, Section, items, text};
use super::tree::{Node, Place};
use crate::config::{CosTriggerConfig, TimerTriggerConfig};
use crate::mps::EventType;
use crate::scf::triggers::InvalidCron;
use backlot_cos::event::EventPattern;

/// Qualifiers that mean the current code.
const CURRENT: [&str; 3] = ["$DEFAULT", "$LATEST", ""];

/// A COS trigger as written.
#[derive(Debug)]
pub(super) struct CosEvent {
    /// The bucket's full name or its host name.
    pub(super) bucket: Said<String>,
    pub(super) events: Vec<Said<EventPattern>>,
    pub(super) prefix: Option<Said<String>>,
    pub(super) suffix: Option<Said<String>>,
    pub(super) enabled: bool,
}

/// A timer as written.
#[derive(Debug)]
pub(super) struct Timer {
    pub(super) name: String,
    /// Seven fields, `sec min hour day-of-month month day-of-week year`, or five.
    pub(super) cron: String,
    pub(super) enabled: bool,
    /// The `Message` of its events.
    pub(super) argument: String,
}

impl Draft {
    /// Adds a trigger on changes of objects.
    pub(super) fn on_cos(&mut self, event: CosEvent, place: Place, report: &mut Report) {
        let events = match event.events {
            events if events.is_empty() => vec![EventPattern::CREATED],
            events => events.into_iter().map(|said| said.value).collect(),
        };
        let suffix = event.suffix.as_ref();
        let bad = suffix.filter(|said| !said.value.is_empty() && !said.value.starts_with('.'));
        if let Some(bad) = bad {
            let title = format!("the suffix `{}` has to begin with a dot", bad.value);
            report.mistake(bad.place, title, Some("such as `.mp4`".to_owned()));
        }
        let trigger = CosTriggerConfig {
            bucket: bucket_of(&event.bucket.value).to_owned(),
            events,
            prefix: event.prefix.map(|said| said.value).unwrap_or_default(),
            suffix: suffix.map(|said| said.value.clone()).unwrap_or_default(),
            enabled: event.enabled,
        };
        self.cos_trigger(trigger, place);
    }

    /// Binds the function to a type of MPS event.
    pub(super) fn on_mps(&mut self, kind: &Said<String>, enabled: bool, report: &mut Report) {
        match kind.value.parse::<EventType>() {
            Ok(value) if !EventType::DOCUMENTED.contains(&value) => {
                let title = format!("`{value}` is not a type of event that the platform binds");
                let hint = "bind it in backlot.yaml: `triggers: { ScheduleTask: FUNCTION }`";
                report.mistake(kind.place, title, Some(hint.to_owned()));
            }
            Ok(value) if enabled => {
                let place = kind.place;
                self.mps.push(Said { value, place });
            }
            Ok(_) => {}
            Err(unknown) => report.mistake(kind.place, unknown.to_string(), None),
        }
    }

    /// Adds a timer.
    pub(super) fn on_timer(&mut self, timer: Timer, place: Place, report: &mut Report) {
        match timer.cron.parse() {
            Ok(cron) => {
                let trigger = TimerTriggerConfig {
                    name: timer.name,
                    cron,
                    argument: timer.argument,
                    qualifier: None,
                    enabled: timer.enabled,
                };
                self.timer_trigger(trigger, place);
            }
            Err::<_, InvalidCron>(invalid) => report.mistake(place, invalid.to_string(), None),
        }
    }
}

/// `events` of a COS trigger: one or several.
pub(super) fn patterns(node: &Node, report: &mut Report) -> Vec<Said<EventPattern>> {
    let mut patterns = Vec::new();
    for item in items(node) {
        let Some(said) = text(item, report) else {
            continue;
        };
        match said.value.parse::<EventPattern>() {
            Ok(value) => patterns.push(Said {
                value,
                place: said.place,
            }),
            Err(unknown) => report.mistake(said.place, unknown.to_string(), None),
        }
    }
    patterns
}

/// `filter` of a COS trigger: prefix and suffix.
pub(super) fn filter(
    section: &mut Section<'_>,
    report: &mut Report,
) -> (Option<Said<String>>, Option<Said<String>>) {
    let Some(mut filter) = section.section("filter", report) else {
        return (None, None);
    };
    let found = (filter.text("prefix", report), filter.text("suffix", report));
    filter.end(report);
    found
}

/// Reads which version a trigger starts: other versions than the current code are not imported.
pub(super) fn qualifier(section: &mut Section<'_>, report: &mut Report) {
    let Some(said) = section.text("qualifier", report) else {
        return;
    };
    if !CURRENT.contains(&said.value.as_str()) {
        let title = format!("the trigger starts the version `{}`", said.value);
        let hint = "versions are not imported: it starts the current code".to_owned();
        report.warn(said.place, title, Some(hint));
    }
}

/// The bucket's full name in a host name such as `media-in-1250000000.cos.ap-guangzhou.myqcloud.com`.
fn bucket_of(host: &str) -> &str {
    let host = host
        .trim_start_matches("https://")
        .trim_start_matches("http://");
    host.split(['.', '/']).next().unwrap_or(host)
}
