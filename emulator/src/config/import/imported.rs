//! What imported files say together, as a layer of configuration, and what of it cannot be in force.

use std::collections::BTreeMap;

use super::draft::Draft;
use super::report::Report;
use super::section::Said;
use super::tree::Place;
use crate::config::{AccountConfig, Config, check};
use crate::mps::EventType;
use crate::scf::Mistake;
use crate::scf::shim::HandlerRuntime;

/// The functions of all imported files.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    functions: Vec<Draft>,
    /// Buckets that the files describe.
    buckets: Vec<String>,
    region: Option<Said<String>>,
}

impl Drafts {
    /// Adds a function. A second one of the same name is a mistake.
    pub(super) fn add(&mut self, draft: Draft, report: &mut Report) {
        if self.functions.iter().any(|known| known.name == draft.name) {
            let title = format!("the function `{}` is described twice", draft.name);
            return report.mistake(draft.place, title, Some("rename one of them".to_owned()));
        }
        self.functions.push(draft);
    }

    /// The region of a function. The emulator has one: the first counts.
    pub(super) fn region(&mut self, said: Option<Said<String>>, report: &mut Report) {
        let Some(said) = said else {
            return;
        };
        match &self.region {
            Some(first) if first.value != said.value => {
                let title = format!(
                    "the region `{}` differs from `{}`, which is in force",
                    said.value, first.value
                );
                report.warn(said.place, title, None);
            }
            Some(_) => {}
            None => self.region = Some(said),
        }
    }

    /// Adds the functions of another file.
    pub(super) fn extend(&mut self, other: Self, report: &mut Report) {
        self.region(other.region, report);
        self.buckets.extend(other.buckets);
        for draft in other.functions {
            self.add(draft, report);
        }
    }

    /// The names of the functions.
    pub(super) fn names(&self) -> Vec<String> {
        self.functions
            .iter()
            .map(|draft| draft.name.clone())
            .collect()
    }

    /// The function of this name.
    pub(super) fn named(&mut self, name: &str) -> Option<&mut Draft> {
        self.functions.iter_mut().find(|draft| draft.name == name)
    }

    /// A bucket that the files describe.
    pub(super) fn bucket(&mut self, said: Option<Said<String>>) {
        self.buckets.extend(said.map(|said| said.value));
    }

    /// The layer that the files are.
    pub(super) fn layer(&self) -> Config {
        let mut layer = Config {
            account: AccountConfig {
                region: self.region.as_ref().map(|said| said.value.clone()),
                app_id: self.app_id(),
                ..AccountConfig::default()
            },
            ..Config::default()
        };
        for draft in &self.functions {
            layer
                .functions
                .insert(draft.name.clone(), draft.config.clone());
            for kind in &draft.mps {
                let kind = kind.value.to_string();
                layer
                    .triggers
                    .entry(kind)
                    .or_insert_with(|| draft.name.clone());
            }
        }
        layer
    }

    /// The buckets that the files describe and that triggers name, once each.
    pub(super) fn buckets(&self) -> Vec<String> {
        let triggers = self.functions.iter();
        let triggers = triggers.flat_map(|draft| draft.config.cos_triggers.iter().flatten());
        let named = triggers.map(|trigger| &trigger.value.bucket);
        let mut buckets: Vec<String> = Vec::new();
        for bucket in self.buckets.iter().chain(named) {
            if !buckets.contains(bucket) {
                buckets.push(bucket.clone());
            }
        }
        buckets
    }

    /// The account's number, if all buckets that are named end in the same one.
    fn app_id(&self) -> Option<u64> {
        let buckets = self.buckets();
        let mut numbers = buckets.iter().map(|bucket| {
            let (_, number) = bucket.rsplit_once('-')?;
            number.parse::<u64>().ok()
        });
        let first = numbers.next()??;
        numbers.all(|number| number == Some(first)).then_some(first)
    }

    /// Reports what SCF, MPS or COS would refuse of what is in force: of `whole`, in which `written` lies over this layer.
    pub(super) fn check(&self, written: &Config, whole: &Config, report: &mut Report) {
        let mut bound: BTreeMap<EventType, &str> = BTreeMap::new();
        for draft in &self.functions {
            let Some(in_force) = whole.functions.get(&draft.name) else {
                continue;
            };
            runtime(draft, report);
            for mistake in in_force.function(&draft.name).mistakes() {
                refused(draft, &mistake, report);
            }
            for kind in &draft.mps {
                let first = bound.entry(kind.value).or_insert(&draft.name);
                if *first != draft.name && !written.triggers.contains_key(&kind.value.to_string()) {
                    let title = format!("`{}` is already bound to `{first}`", kind.value);
                    let hint = "each type of MPS event goes to one function".to_owned();
                    report.mistake(kind.place, title, Some(hint));
                }
            }
            let timers = draft.config.timer_triggers.iter().flatten();
            for (timer, place) in timers.zip(&draft.timers) {
                if let Err(invalid) = timer.value.trigger(&draft.name) {
                    let hint = "or write `timer-triggers` of the function in `backlot.yaml`";
                    let remedy = (&*draft.name, "timer_triggers");
                    report.lacking(*place, remedy, invalid.to_string(), hint);
                }
            }
            for (index, place) in draft.cos.iter().enumerate() {
                let triggers = || draft.config.cos_triggers.iter().flatten();
                let Some(trigger) = triggers().nth(index) else {
                    continue;
                };
                let (name, trigger) = (&draft.name, &trigger.value);
                let before = triggers().take(index).map(|before| &before.value);
                let wrong = check::cos_trigger(whole, name, index, trigger);
                let wrong = wrong.or_else(|| check::cos_trigger_twice(name, trigger, before));
                if let Some((title, hint)) = wrong {
                    report.lacking(*place, (&draft.name, "cos_triggers"), title, hint);
                }
            }
        }
    }
}

/// Whether a layer says a setting of a function anew, or takes the function away.
pub(super) fn is_remedied(written: &Config, function: &str, key: &str) -> bool {
    if written.functions.is_removed(function) {
        return true;
    }
    written.functions.get(function).is_some_and(|function| {
        function.says(key) || (key == "runtime" && function.says_what_runs())
    })
}

fn runtime(draft: &Draft, report: &mut Report) {
    let Some(runtime) = &draft.config.runtime else {
        return;
    };
    let name = &draft.name;
    let place = draft.place_of("runtime");
    match HandlerRuntime::parse(&runtime.value) {
        Err(unknown) => {
            let title = match draft.place_if_said("runtime") {
                Some(_) => unknown.title(),
                None => format!(
                    "{}; it is in force because the file names none",
                    unknown.title()
                ),
            };
            let hint = format!(
                "{}; or write `functions: {{ {name}: {{ command: … }} }}`, or `{name}: null`, in `backlot.yaml` beside `import:`",
                unknown.hint()
            );
            report.lacking(place, (name, "runtime"), title, hint);
        }
        Ok(Some(_)) => {
            let called = draft.config.to_call();
            let entry = called.map(|(runtime, handler)| runtime.entry_file(handler));
            if let Some(Err(mistake)) = entry {
                let hint = "a file without its ending, a dot, and a function";
                let place = draft.place_of("handler");
                report.lacking(place, (name, "handler"), mistake.to_string(), hint);
            }
        }
        Ok(None) => {}
    }
}

/// What SCF would refuse, at the place that says it.
fn refused(draft: &Draft, mistake: &Mistake, report: &mut Report) {
    let key = match mistake {
        // It is looked at with its runtime.
        Mistake::Handler(_) => return,
        Mistake::Memory(_) => "memory",
        Mistake::Limit { what, .. } if what.contains("init") => "init_timeout",
        Mistake::Limit { what, .. } if what.contains("age") => "event_age",
        Mistake::Limit { .. } => "timeout",
        Mistake::RetryNum(_) => "retries",
        Mistake::Layers(_) => "layers",
        Mistake::Reserved(_) => "reserved_concurrency",
        Mistake::VariableName(_)
        | Mistake::VariableReserved(_)
        | Mistake::VariableValue(_)
        | Mistake::Environment(_) => "environment",
        Mistake::Name(_) | Mistake::Namespace(_) | Mistake::NoCommand => "name",
    };
    let variable = match mistake {
        Mistake::VariableName(name)
        | Mistake::VariableReserved(name)
        | Mistake::VariableValue(name) => draft.variables.get(name).copied(),
        _ => None,
    };
    let place: Place = variable.unwrap_or_else(|| draft.place_of(key));
    let title = format!("SCF would refuse the function `{}`: {mistake}", draft.name);
    report.lacking(
        place,
        (&draft.name, key),
        title,
        "SCF checks it at each deployment",
    );
}
