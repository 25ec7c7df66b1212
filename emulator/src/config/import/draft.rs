//! A function as an imported file describes it, before it is part of a configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_saphyr::{Location, Spanned};

use super::report::Report;
use super::section::{Said, Section, text};
use super::tree::{Node, Place};
use crate::config::written::Pause;
use crate::config::{CosTriggerConfig, FunctionConfig, TimerTriggerConfig};
use crate::mps::EventType;
use backlot_base::signal::DEFAULT_NAMESPACE;

/// A function, its settings with their places, and what makes it run.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// Its name in the configuration: after its namespace and a slash, unless that is the default one.
    pub(super) name: String,
    /// Where it is described.
    pub(super) place: Place,
    /// The settings.
    pub(super) config: FunctionConfig,
    /// Where each setting is, by its name in [`FunctionConfig`].
    places: BTreeMap<&'static str, Place>,
    /// Where each variable of its environment is.
    pub(super) variables: BTreeMap<String, Place>,
    /// The types of MPS events that it gets.
    pub(super) mps: Vec<Said<EventType>>,
    /// Where each of its COS triggers is.
    pub(super) cos: Vec<Place>,
    /// Where each of its timers is.
    pub(super) timers: Vec<Place>,
}

impl Draft {
    /// A function without settings. It has no role unless the file names one.
    pub(super) fn new(namespace: &str, name: &str, place: Place) -> Self {
        let name = match namespace {
            DEFAULT_NAMESPACE | "" => name.to_owned(),
            namespace => format!("{namespace}/{name}"),
        };
        Self {
            name,
            place,
            config: FunctionConfig {
                role: Some(false),
                ..FunctionConfig::default()
            },
            places: BTreeMap::new(),
            variables: BTreeMap::new(),
            mps: Vec::new(),
            cos: Vec::new(),
            timers: Vec::new(),
        }
    }

    /// Where a setting is; where the function is if the file does not say it.
    pub(super) fn place_of(&self, key: &str) -> Place {
        self.places.get(key).copied().unwrap_or(self.place)
    }

    /// Where a setting is, if the file says it.
    pub(super) fn place_if_said(&self, key: &str) -> Option<Place> {
        self.places.get(key).copied()
    }

    /// The runtime that is in force because the file names none.
    pub(super) fn unsaid_runtime(&mut self, name: &str) {
        let nowhere = Location::UNKNOWN;
        self.config.runtime = Some(Spanned::new(name.to_owned(), nowhere, nowhere));
    }

    pub(super) fn runtime(&mut self, said: Said<String>) {
        self.places.insert("runtime", said.place);
        let nowhere = Location::UNKNOWN;
        self.config.runtime = Some(Spanned::new(said.value, nowhere, nowhere));
    }

    pub(super) fn handler(&mut self, said: Said<String>) {
        self.places.insert("handler", said.place);
        self.config.handler = Some(said.value);
    }

    pub(super) fn memory(&mut self, said: &Said<u32>) {
        self.places.insert("memory", said.place);
        self.config.memory = Some(said.value);
    }

    pub(super) fn timeout(&mut self, said: &Said<u32>) {
        self.places.insert("timeout", said.place);
        self.config.timeout = Some(seconds(said.value));
    }

    pub(super) fn init_timeout(&mut self, said: &Said<u32>) {
        self.places.insert("init_timeout", said.place);
        self.config.init_timeout = Some(seconds(said.value));
    }

    pub(super) fn event_age(&mut self, said: &Said<u32>) {
        self.places.insert("event_age", said.place);
        self.config.event_age = Some(seconds(said.value));
    }

    pub(super) fn retries(&mut self, said: &Said<u8>) {
        self.places.insert("retries", said.place);
        self.config.retries = Some(said.value);
    }

    pub(super) fn dead_letter(&mut self, said: Said<String>) {
        self.places.insert("dead_letter", said.place);
        self.config.dead_letter = Some(said.value);
    }

    /// How many events may run at the same time.
    pub(super) fn reserved_concurrency(&mut self, said: &Said<u32>) {
        self.places.insert("reserved_concurrency", said.place);
        self.config.reserved_concurrency = Some(said.value);
    }

    /// The role's name: the emulator's credentials are the same for each.
    pub(super) fn role(&mut self, said: &Said<String>) {
        self.places.insert("role", said.place);
        self.config.role = Some(!said.value.is_empty());
    }

    /// The folder of the code, relative to `folder`, which is that of the file.
    pub(super) fn code(&mut self, said: &Said<String>, folder: &Path, report: &mut Report) {
        self.places.insert("code", said.place);
        let path = PathBuf::from(&said.value);
        let is_package = path.extension().is_some_and(|ending| {
            ["zip", "jar", "war"]
                .iter()
                .any(|known| ending.eq_ignore_ascii_case(known))
        });
        if is_package {
            let title = format!("the code is the package `{}`, not a folder", said.value);
            self.no_code(said.place, &title, report);
        }
        self.config.code = Some(folder.join(path));
    }

    /// Reports code that is not a folder of this machine.
    pub(super) fn no_code(&self, place: Place, title: &str, report: &mut Report) {
        let hint = format!(
            "write `functions: {{ {}: {{ code: FOLDER }} }}` in `backlot.yaml`, beside `import:`",
            self.name
        );
        report.lacking(place, (&self.name, "code"), title, hint);
    }

    /// Variables of the environment: names with scalars.
    pub(super) fn environment(&mut self, variables: &Node, report: &mut Report) {
        let mut section = Section::of(variables, report);
        for pair in section.others() {
            let value = match text(&pair.node, &mut *report) {
                Some(said) => said.value,
                None => continue,
            };
            self.variables.insert(pair.key.clone(), pair.place);
            self.config.environment.insert(pair.key.clone(), value);
        }
    }

    pub(super) fn timer_trigger(&mut self, trigger: TimerTriggerConfig, place: Place) {
        self.timers.push(place);
        let (nowhere, list) = (Location::UNKNOWN, &mut self.config.timer_triggers);
        list.get_or_insert_default()
            .push(Spanned::new(trigger, nowhere, nowhere));
    }

    pub(super) fn cos_trigger(&mut self, trigger: CosTriggerConfig, place: Place) {
        self.cos.push(place);
        let (nowhere, list) = (Location::UNKNOWN, &mut self.config.cos_triggers);
        list.get_or_insert_default()
            .push(Spanned::new(trigger, nowhere, nowhere));
    }
}

fn seconds(count: u32) -> Pause {
    Pause(Duration::from_secs(count.into()))
}
