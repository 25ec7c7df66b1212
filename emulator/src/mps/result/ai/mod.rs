//! Results of content review, analysis, recognition and the newer AI sub-tasks. Follows: mps.md section 5.
//!
//! Each family has a file with a table of its types of result: which members they have, and what makes their `Output`.
//! The texts and figures are fixed.
//!
//! Choice: nothing is looked at, so content review finds nothing unless the request says what it finds.

mod analysis;
mod family;
mod members;
mod quality;
mod recognition;
mod remake;
mod review;
mod subtitles;
mod tables;
mod work;

use std::cell::Cell;

use crate::mps::object::OutputObject;
use crate::mps::request::AiTasks;
use backlot_base::json::{Object, Value};

pub(in crate::mps) use family::Family;
pub(in crate::mps) use work::Kind;

use super::{Context, Outcome};
use members::Since;
use work::Work;

/// The results of the AI sub-tasks of one task, by family.
#[derive(Debug, Default)]
pub(in crate::mps) struct AiResults {
    found: Vec<Found>,
    objects: Vec<OutputObject>,
}

/// The results of one family.
#[derive(Debug)]
struct Found {
    family: Family,
    /// The entries of the family's set, or the only result itself.
    entries: Vec<Value>,
    /// What a schedule says about them as a whole.
    activity: Object,
}

/// Does the AI sub-tasks of a request. `done` results that are not about AI come before.
pub(in crate::mps) fn results(ctx: Context<'_>, tasks: &AiTasks, done: usize) -> AiResults {
    let mut results = AiResults::default();
    let mut position = done;
    for family in Family::ALL {
        let Some(task) = family.task_of(tasks) else {
            continue;
        };
        let pictures = Cell::new(0);
        let mut entries = Vec::new();
        // An activity is told of as its worst result: one that has not ended, else the first one that has failed.
        let mut worst = None;
        for kind in family.kinds_of(task) {
            let work = Work {
                ctx,
                family,
                has_template: family.knows(task),
                kind,
                task,
                pictures: &pictures,
            };
            let mut outcome = work.attempt(position);
            position += 1;
            entries.push(work.entry(&outcome));
            results.objects.extend(outcome.take_objects());
            worst = match worst {
                Some((work, worst)) if !outcome.is_worse_than(&worst) => Some((work, worst)),
                _ => Some((work, outcome)),
            };
        }
        let activity = worst.map(|(work, outcome)| work.activity(&outcome));
        results.found.push(Found {
            family,
            entries,
            activity: activity.unwrap_or_default(),
        });
    }
    results
}

impl AiResults {
    /// Objects that the sub-tasks leave.
    pub(in crate::mps) fn take_objects(&mut self) -> Vec<OutputObject> {
        std::mem::take(&mut self.objects)
    }

    /// The families that have results, in the order of notifications.
    pub(in crate::mps) fn families(&self) -> impl Iterator<Item = Family> {
        self.found.iter().map(|found| found.family)
    }

    /// The family's member of a workflow task: a set, or one result; `None` if the request has no such sub-task.
    pub(in crate::mps) fn of(&self, family: Family) -> Option<Value> {
        let found = self.found.iter().find(|found| found.family == family)?;
        if family.is_set() {
            Some(Value::Array(found.entries.clone()))
        } else {
            found.entries.first().cloned()
        }
    }

    /// The family's result of a schedule's activity: one with the set as its output, or the only result itself; `null` if the
    /// request has no such sub-task.
    pub(in crate::mps) fn activity(&self, family: Family) -> Value {
        let Some(found) = self.found.iter().find(|found| found.family == family) else {
            return Value::Null;
        };
        if !family.is_set() {
            return found.entries.first().cloned().into();
        }
        let mut members = Object::new();
        let activity = Value::from(found.activity.clone());
        for (name, value) in activity.as_object().unwrap_or_default() {
            let is_output = name == "Output";
            let value = if is_output {
                Value::Array(found.entries.clone())
            } else {
                value.clone()
            };
            members = members.with(name, value);
        }
        members.into()
    }
}

impl Work<'_> {
    /// The result in its place: with its siblings, if the family has more than one type of result.
    fn entry(self, outcome: &Outcome) -> Value {
        let result = self.result(outcome);
        if !self.family.is_set() {
            return result.into();
        }
        let modern = self.ctx.profile.is_modern();
        let mut result = Some(result);
        let mut entry = Object::new().with("Type", self.kind.name);
        if self.family == Family::Review {
            let millis = self.ctx.media.map_or(0, |media| media.duration);
            entry = entry
                .with("SampleRate", 1u64)
                .with("Duration", self.ctx.seconds(millis));
        }
        for sibling in self.family.kinds() {
            let is_known = match sibling.since {
                Since::Legacy => true,
                Since::Modern => modern,
                Since::Newest => false,
            };
            let value = result.take_if(|_| sibling.name == self.kind.name);
            entry = entry.with_if(is_known || value.is_some(), sibling.member, value);
        }
        entry.into()
    }

    /// What a schedule says about the results of a set as a whole; the set itself is put in place of `Output`.
    ///
    /// Choice: nothing is published about an activity of which only some results fail; it fails.
    fn activity(self, outcome: &Outcome) -> Object {
        let modern = self.ctx.profile.is_modern();
        let report = self.ctx.report(outcome.failure());
        let (begins, finishes) = self.ctx.times(outcome);
        Object::new()
            .with("Status", outcome.status())
            .with_if(modern, "ErrCodeExt", report.code_ext)
            .with("ErrCode", report.code)
            .with("Message", report.message)
            .with("Input", self.activity_input())
            .with("Output", Value::Null)
            .with_if(modern, "BeginProcessTime", begins)
            .with_if(modern, "FinishTime", finishes)
    }

    /// The members that results have in common, and those of this type.
    fn result(self, outcome: &Outcome) -> Object {
        let modern = self.ctx.profile.is_modern();
        let members = self.kind.members;
        let report = self.ctx.report(outcome.failure());
        let ext = report.code_ext;
        let (begins, finishes) = self.ctx.times(outcome);
        let has_first = members.has_ext_first(modern);
        let has_last = members.has_ext_last(modern);
        Object::new()
            .with("Status", outcome.status())
            .with_if(has_first, "ErrCodeExt", ext.as_str())
            .with_if(members.has_number(), "ErrCode", report.code)
            .with("Message", report.message)
            .with("Input", self.input())
            .with("Output", outcome.output())
            .with_if(has_last, "ErrCodeExt", ext.as_str())
            .with_if(modern && members.progress, "Progress", outcome.progress())
            .with_if(modern && members.times, "BeginProcessTime", begins)
            .with_if(modern && members.times, "FinishTime", finishes)
    }
}
