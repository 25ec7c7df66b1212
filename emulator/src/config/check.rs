//! What the parser cannot see in one layer of configuration: triggers that are in each other's way, buckets that are not
//! there, workflows that make no sense.

use serde_saphyr::{Location, Spanned};

use super::yaml::at;
use super::{
    ClsTriggerConfig, Config, CosTriggerConfig, FunctionConfig, TimerTriggerConfig, fault_check,
    oracle, redact,
};
use crate::mps::EventType;
use crate::scf::shim::HandlerRuntime;
use crate::scf::{self, Mistake};
use backlot_base::source::{Diagnostic, nearest};
use backlot_cos::event::Trigger;
use backlot_cos::event::trigger::MAX_TRIGGERS;

/// The mistakes of `layer`, as part of `whole`: of it and of what lies below it. They are at places of the layer's text.
pub fn check(layer: &Config, whole: &Config) -> Vec<Diagnostic> {
    let mut check = Check {
        whole,
        found: Vec::new(),
    };
    check.found.extend(oracle::check(layer.oracle.as_ref()));
    check.found.extend(redact::check(&layer.redact));
    let faults = layer.faults.iter().map(|fault| &fault.value);
    check.found.extend(fault_check::check(faults.clone()));
    for function in faults.filter_map(|fault| fault.on.function.as_ref()) {
        check.function(function);
    }
    for (function, config) in &layer.functions {
        for (index, written) in config.cos_triggers.iter().flatten().enumerate() {
            let before = config.cos_triggers.iter().flatten().take(index);
            check.trigger(function, written, before.map(|before| &before.value));
        }
        for (index, written) in config.timer_triggers.iter().flatten().enumerate() {
            check.timer(function, index, written, config);
        }
        for (index, written) in config.cls_triggers.iter().flatten().enumerate() {
            check.logs(function, index, written, config);
        }
        check.runtime(config, &whole.functions[function]);
        check.settings(function, layer.functions.place(function));
    }
    for event_type in layer.triggers.keys() {
        check.event_type(event_type, layer.triggers.place(event_type));
    }
    for workflow in layer.workflows.values() {
        check.bucket(&workflow.value.bucket, &workflow.referenced);
        if let Some(bucket) = &workflow.value.output_bucket {
            check.bucket(bucket, &workflow.referenced);
        }
        if let Err(error) = workflow.value.check() {
            let mistake = at(&workflow.referenced, error.to_string());
            check.found.push(mistake);
        }
    }
    for bucket in layer.domains.values() {
        check.bucket(&bucket.value, &bucket.referenced);
    }
    check.found
}

struct Check<'a> {
    whole: &'a Config,
    found: Vec<Diagnostic>,
}

impl Check<'_> {
    fn trigger<'a>(
        &mut self,
        function: &str,
        written: &Spanned<CosTriggerConfig>,
        before: impl Iterator<Item = &'a CosTriggerConfig>,
    ) {
        let before: Vec<_> = before.collect();
        let index = before.len();
        self.bucket(&written.value.bucket, &written.referenced);
        if index == MAX_TRIGGERS {
            let title = format!("`{function}` has more than {MAX_TRIGGERS} COS triggers");
            let mistake = at(&written.referenced, title);
            self.found.push(mistake.hint("remove some"));
        }
        let wrong = cos_trigger(self.whole, function, index, &written.value);
        let wrong = wrong.or_else(|| cos_trigger_twice(function, &written.value, before));
        if let Some((title, hint)) = wrong {
            self.found
                .push(at(&written.referenced, title).label("here").hint(hint));
        }
    }

    fn timer(
        &mut self,
        function: &str,
        index: usize,
        written: &Spanned<TimerTriggerConfig>,
        config: &FunctionConfig,
    ) {
        let place = &written.referenced;
        if let Err(invalid) = written.value.trigger(function) {
            self.found.push(at(place, invalid.to_string()));
        }
        if index == scf::triggers::MAX_TRIGGERS {
            let title = format!("`{function}` has more than {index} timer triggers");
            self.found.push(at(place, title).hint("remove some"));
        }
        let before = config.timer_triggers.iter().flatten().take(index);
        let name = |timer: &TimerTriggerConfig| (timer.name.clone(), timer.qualifier.clone());
        let mut before = before.map(|before| name(&before.value));
        if before.any(|before| before == name(&written.value)) {
            let name = &written.value.name;
            let title = format!("`{function}` has two timer triggers with the name `{name}`");
            self.found.push(at(place, title).hint("rename one of them"));
        }
    }

    fn logs(
        &mut self,
        function: &str,
        index: usize,
        written: &Spanned<ClsTriggerConfig>,
        config: &FunctionConfig,
    ) {
        let (place, trigger) = (&written.referenced, &written.value);
        if let Err(invalid) = trigger.trigger(function) {
            self.found.push(at(place, invalid.to_string()));
        }
        if index == scf::triggers::MAX_TRIGGERS {
            let title = format!("`{function}` has more than {index} triggers on log topics");
            self.found.push(at(place, title).hint("remove some"));
        }
        let mut before = config.cls_triggers.iter().flatten().take(index);
        let is_same = |before: &Spanned<ClsTriggerConfig>| {
            (&before.value.topic, &before.value.qualifier) == (&trigger.topic, &trigger.qualifier)
        };
        if before.any(is_same) {
            let title = format!(
                "`{function}` has two triggers on the log topic `{}`",
                trigger.topic
            );
            self.found.push(at(place, title).hint("remove one of them"));
        }
    }

    fn event_type(&mut self, name: &str, place: Option<&Location>) {
        let Err(unknown) = name.parse::<EventType>() else {
            return;
        };
        let mistake = match place {
            Some(place) => at(place, unknown.to_string()),
            None => Diagnostic::general(unknown.to_string()),
        };
        let known = EventType::ALL.map(|event_type| event_type.to_string());
        let near = nearest(name, known.iter().map(String::as_str));
        let hint = near.map(|near| format!("did you mean `{near}`?"));
        self.found.push(Diagnostic { hint, ..mistake });
    }

    /// What SCF would refuse of a function. Its handler is looked at with its runtime.
    fn settings(&mut self, name: &str, place: Option<&Location>) {
        let function = self.whole.functions[name].function(name);
        let refused = function.mistakes().into_iter();
        for mistake in refused.filter(|mistake| !matches!(mistake, Mistake::Handler(_))) {
            let title = format!("SCF would refuse the function `{name}`: {mistake}");
            self.found.push(match place {
                Some(place) => at(place, title),
                None => Diagnostic::general(title),
            });
        }
    }

    /// The runtime of a function as `written` in this layer, and as it is in the `whole`.
    fn runtime(&mut self, written: &FunctionConfig, whole: &FunctionConfig) {
        let Some(runtime) = &written.runtime else {
            return;
        };
        let place = &runtime.referenced;
        match HandlerRuntime::parse(&runtime.value) {
            Err(unknown) => {
                let mistake = at(place, unknown.title());
                self.found.push(mistake.hint(unknown.hint()));
            }
            Ok(None) => {}
            Ok(Some(_)) if written.command.is_some() || written.cargo.is_some() => {
                let title = format!(
                    "`runtime: {}` calls a handler, so `command` and `cargo` do not apply",
                    runtime.value
                );
                let hint = "keep `runtime` and `handler` for a handler, or `command` for a program that asks for events";
                self.found.push(at(place, title).hint(hint));
            }
            Ok(Some(runtime)) => {
                let handler = whole
                    .to_call()
                    .map(|(_, handler)| runtime.entry_file(handler));
                if let Some(Err(mistake)) = handler {
                    self.found.push(at(place, mistake.to_string()));
                }
            }
        }
    }

    fn function(&mut self, name: &Spanned<String>) {
        if self.whole.functions.contains_key(&name.value) {
            return;
        }
        let title = format!("there is no function `{}`", name.value);
        let hint = match nearest(&name.value, self.whole.functions.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "describe it under `functions:`".to_owned(),
        };
        self.found.push(at(&name.referenced, title).hint(hint));
    }

    fn bucket(&mut self, name: &str, location: &Location) {
        let buckets = self.whole.buckets.as_deref().unwrap_or_default();
        if buckets.iter().any(|bucket| bucket == name) {
            return;
        }
        let title = format!("there is no bucket `{name}`");
        let hint = match nearest(name, buckets.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name it under `buckets:`".to_owned(),
        };
        self.found.push(at(location, title).hint(hint));
    }
}

/// Why a trigger is in the way of another one of the `whole`, and what to do; `None` if it is in force and not in the way.
pub(super) fn cos_trigger(
    whole: &Config,
    function: &str,
    index: usize,
    written: &CosTriggerConfig,
) -> Option<(String, String)> {
    let trigger = written.trigger(function);
    let rival = others(whole, function, index).find_map(|other| {
        let conflict = trigger.conflict(&other)?;
        Some((other, conflict))
    });
    let (other, conflict) = rival.filter(|_| written.enabled)?;
    let title = format!(
        "this trigger overlaps with one of `{}`: {}",
        other.target,
        words(&other)
    );
    let hint = format!(
        "one change may concern one trigger only: COS answers {}; make their events, prefixes or suffixes differ",
        conflict.code()
    );
    Some((title, hint))
}

/// Why SCF refuses a trigger that the function has already, in force or not, and what to do; `None` if it is not among those
/// before it. Follows: SCF reference, sections 14.2 and 15.2: what sets a COS trigger off is a part of its name.
pub(super) fn cos_trigger_twice<'a>(
    function: &str,
    written: &CosTriggerConfig,
    before: impl IntoIterator<Item = &'a CosTriggerConfig>,
) -> Option<(String, String)> {
    let rule = written.rule();
    let mut before = before.into_iter();
    before.find(|before| before.rule() == rule)?;
    let trigger = words(&written.trigger(function));
    let title = format!("`{function}` has this COS trigger twice: {trigger}");
    let hint = "remove one of the two; one that is disabled counts as well".to_owned();
    Some((title, hint))
}

/// All triggers that are in force, but one.
fn others(whole: &Config, but_of: &str, but_index: usize) -> impl Iterator<Item = Trigger> + use<> {
    let mut others = Vec::new();
    for (function, config) in &whole.functions {
        for (index, written) in config.cos_triggers.iter().flatten().enumerate() {
            if written.value.enabled && !(function == but_of && index == but_index) {
                others.push(written.value.trigger(function));
            }
        }
    }
    others.into_iter()
}

fn words(trigger: &Trigger) -> String {
    let events: Vec<_> = trigger.events.iter().map(ToString::to_string).collect();
    format!(
        "{} of `{}*{}` in `{}`",
        events.join(", "),
        trigger.prefix,
        trigger.suffix,
        trigger.bucket
    )
}
