use std::sync::Mutex;

use futures_util::future::{BoxFuture, FutureExt as _, ready};

use super::super::kept::Changed;
use super::*;
use crate::scf::surroundings::{CosRule, EventRoute, EventSource, Fired, SurroundingsError};
use backlot_base::clock::Hold;
use backlot_base::signal::FunctionTarget;

/// Services in which each bucket, and each type of task, has room for one function.
#[derive(Debug, Default)]
struct OneEach {
    bound: Mutex<Vec<(String, String, bool)>>,
}

fn name(route: &EventRoute<'_>) -> String {
    match route.source {
        EventSource::Cos(rule) => rule.bucket.clone(),
        EventSource::Mps(event_type) => event_type.to_owned(),
    }
}

impl Surroundings for OneEach {
    fn bind(&self, route: &EventRoute<'_>) -> Result<(), BindError> {
        let mut bound = self.bound.lock().unwrap();
        let name = name(route);
        if bound.iter().any(|(taken, ..)| *taken == name) {
            return Err(BindError::Taken(format!("`{name}` is taken")));
        }
        bound.push((name, route.target.to_string(), route.is_enabled));
        Ok(())
    }

    fn unbind(&self, route: &EventRoute<'_>) {
        let wanted = (name(route), route.target.to_string());
        let mut bound = self.bound.lock().unwrap();
        bound.retain(|(name, target, _)| (name, target) != (&wanted.0, &wanted.1));
    }

    fn has_bucket<'a>(&'a self, _name: &'a str) -> BoxFuture<'a, Result<bool, SurroundingsError>> {
        ready(Ok(true)).boxed()
    }

    fn deliver(&self, _fired: Fired, _hold: Hold) {}
}

fn book() -> (Book, Arc<OneEach>) {
    let services = Arc::new(OneEach::default());
    let mut book = Book::default();
    book.surround(services.clone());
    (book, services)
}

fn bound(services: &OneEach) -> Vec<String> {
    let bound = services.bound.lock().unwrap();
    let texts = bound.iter().map(|(name, target, is_enabled)| {
        format!(
            "{name} to {target}{}",
            if *is_enabled { "" } else { ", off" }
        )
    });
    texts.collect()
}

fn mps(event_type: &str, function: &str) -> Trigger {
    let source = Source::Mps(event_type.into());
    let name = source.name("").unwrap();
    Trigger::new(name, FunctionTarget::named(function), source)
}

fn timer(name: &str, cron: &str) -> Trigger {
    let source = Source::Timer(cron.parse().unwrap());
    Trigger::new(name, FunctionTarget::named("f"), source)
}

fn cos(bucket: &str, prefix: &str) -> Trigger {
    let rule = CosRule {
        bucket: bucket.into(),
        events: vec!["cos:ObjectCreated:*".into()],
        prefix: prefix.into(),
        suffix: String::new(),
    };
    Trigger::new(bucket, FunctionTarget::named("f"), Source::Cos(rule))
}

/// Restores a book on which only the functions `f` and `g` are there, and says what is left out.
fn restore(book: &mut Book, kept: Kept) -> Vec<String> {
    let find = |target: &FunctionTarget| match &*target.function {
        "f" | "g" => Ok(()),
        _ => Err(Missing::Function(FunctionKey::from(target))),
    };
    let left_out = book.restore(kept, at("2024-01-01T00:00:00Z"), find);
    let left_out = left_out.unwrap().into_iter();
    left_out
        .map(|left_out| format!("{}: {}", left_out.trigger.name, left_out.why))
        .collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn triggers_bind_other_services_as_long_as_they_are_there() {
    let (mut book, services) = book();
    book.add(mps("WorkflowTask", "f")).unwrap();
    book.add(cos("b", "")).unwrap();
    assert_eq!(bound(&services), ["WorkflowTask to f", "b to f"]);
    let refused = book.add(mps("WorkflowTask", "g")).unwrap_err();
    assert_eq!(
        refused,
        TriggerError::Taken("`WorkflowTask` is taken".into())
    );
    assert_eq!(book.all().count(), 2);
    book.remove(&cos("b", "").id()).unwrap();
    book.forget(&FunctionKey::named("g"), None);
    assert_eq!(bound(&services), ["WorkflowTask to f"]);
    book.forget(&FunctionKey::named("f"), Some("3"));
    assert_eq!(book.all().count(), 1);
    book.forget(&FunctionKey::named("f"), None);
    assert_eq!(bound(&services), [""; 0]);
    assert!(book.all().next().is_none());
}

#[test]
fn a_change_that_is_refused_changes_nothing() {
    let (mut book, services) = book();
    book.add(mps("WorkflowTask", "f")).unwrap();
    book.add(cos("b", "in/")).unwrap();
    let id = cos("b", "in/").id();
    let to_other = |trigger: &mut Trigger| {
        trigger.source = Source::Mps("WorkflowTask".into());
        Ok(())
    };
    let refused = book.change(&id, to_other).unwrap_err();
    assert_eq!(
        refused,
        TriggerError::Taken("`WorkflowTask` is taken".into())
    );
    assert_eq!(bound(&services), ["WorkflowTask to f", "b to f"]);
    let changed = book.change(&id, |trigger| {
        trigger.is_enabled = false;
        Ok(())
    });
    assert!(!changed.unwrap().is_enabled);
    assert_eq!(bound(&services), ["WorkflowTask to f", "b to f, off"]);
}

#[test]
fn a_name_is_taken_within_its_qualifier_and_ten_are_enough() {
    let (mut book, _services) = book();
    book.add(timer("t", "* * * * *")).unwrap();
    let taken = book.add(timer("t", "0 * * * *")).unwrap_err();
    assert_eq!(
        taken.to_string(),
        "the function `f` has a trigger `t` already"
    );
    let mut latest = timer("t", "* * * * *");
    latest.target.qualifier = "$LATEST".into();
    book.add(latest.clone()).unwrap();
    for number in 2..10 {
        book.add(timer(&format!("t{number}"), "* * * * *")).unwrap();
    }
    let one_more = book.add(timer("t10", "* * * * *")).unwrap_err();
    assert!(
        one_more
            .to_string()
            .contains("10 triggers of the type `timer`")
    );
    let mut other = latest.id();
    other.target.qualifier = "7".into();
    let missing = book.remove(&other).unwrap_err().to_string();
    assert!(
        missing.ends_with("it has one for the qualifier `$DEFAULT`"),
        "{missing}"
    );
    book.remove(&latest.id()).unwrap();
}

#[test]
fn a_reset_goes_back_to_the_configuration() {
    let (mut book, services) = book();
    book.configure(mps("WorkflowTask", "f")).unwrap();
    book.configure(timer("t", "* * * * *")).unwrap();
    book.remove(&mps("WorkflowTask", "f").id()).unwrap();
    book.add(mps("WorkflowTask", "g")).unwrap();
    let left_out = restore(&mut book, Kept::default());
    assert_eq!(left_out, [""; 0]);
    assert_eq!(bound(&services), ["WorkflowTask to f"]);
    let all: Vec<_> = book.all().cloned().collect();
    assert_eq!(all, [mps("WorkflowTask", "f"), timer("t", "* * * * *")]);
    assert_eq!(book.kept(), Kept::default());
}

#[test]
fn timers_fire_after_their_last_change_and_by_name() {
    let (mut book, _services) = book();
    let (start, zone) = (at("2024-01-01T00:00:00Z"), Offset::UTC);
    assert_eq!(book.next_due(start, zone), None);
    book.add(timer("b", "0 0 * * * * *")).unwrap();
    book.add(timer("a", "0 */30 * * * * *")).unwrap();
    let mut young = timer("c", "0 */5 * * * * *");
    young.modified = at("2024-01-01T00:59:59Z");
    book.add(young).unwrap();
    book.add(timer("off", "* * * * * * *").enabled(false))
        .unwrap();
    let names = |book: &Book, after, due| {
        let firing = book.firing(after, due, zone).into_iter();
        firing.map(|timer| timer.name).collect::<Vec<_>>()
    };
    let half = book.next_due(start, zone).unwrap();
    assert_eq!(half, at("2024-01-01T00:30:00Z"));
    assert_eq!(names(&book, start, half), ["a"]);
    let hour = book.next_due(half, zone).unwrap();
    assert_eq!(hour, at("2024-01-01T01:00:00Z"));
    assert_eq!(names(&book, half, hour), ["a", "b", "c"]);
}

/// A book with the triggers of the configuration.
fn configured(triggers: &[Trigger]) -> (Book, Arc<OneEach>) {
    let (mut book, services) = book();
    for trigger in triggers {
        book.configure(trigger.clone()).unwrap();
    }
    (book, services)
}

#[test]
fn what_differs_from_the_configuration_comes_back() {
    let of_file = [
        mps("WorkflowTask", "f"),
        timer("a", "* * * * *"),
        timer("b", "* * * * *"),
    ];
    let (mut book, services) = configured(&of_file);
    assert_eq!(book.kept(), Kept::default());
    book.remove(&mps("WorkflowTask", "f").id()).unwrap();
    book.add(mps("WorkflowTask", "g")).unwrap();
    let disable = |trigger: &mut Trigger| {
        trigger.is_enabled = false;
        Ok(())
    };
    book.change(&timer("a", "* * * * *").id(), disable).unwrap();
    let kept = book.kept();
    let (mut again, others) = configured(&of_file);
    assert_eq!(restore(&mut again, kept.clone()), [""; 0]);
    assert_eq!(bound(&others), bound(&services));
    let all: Vec<_> = again.all().cloned().collect();
    let expected = [
        timer("a", "* * * * *").enabled(false),
        timer("b", "* * * * *"),
        mps("WorkflowTask", "g"),
    ];
    assert_eq!(all, expected);
    assert_eq!(again.kept(), kept);
    assert_eq!(restore(&mut again, kept.clone()), [""; 0], "a second time");
    assert_eq!(again.kept(), kept);
}

#[test]
fn what_cannot_come_back_is_told_and_waits_for_a_better_start() {
    let kept = Kept {
        made: vec![mps("WorkflowTask", "f"), mps("EditMediaTask", "gone")],
        changed: vec![Changed {
            configured: timer("t", "* * * * *").id(),
            now: timer("t", "0 * * * *"),
        }],
        deleted: vec![timer("other", "* * * * *").id()],
    };
    let (mut book, services) = configured(&[mps("WorkflowTask", "g")]);
    let left_out = restore(&mut book, kept.clone());
    assert_eq!(
        left_out,
        [
            "WorkflowTaskEvent: `WorkflowTask` is taken",
            "EditMediaTaskEvent: there is no function `gone`"
        ]
    );
    assert_eq!(bound(&services), ["WorkflowTask to g"]);
    assert_eq!(book.kept(), kept, "nothing is lost");
    let (mut book, services) = configured(&[timer("t", "* * * * *"), timer("other", "* * * * *")]);
    let left_out = restore(&mut book, kept.clone());
    assert_eq!(left_out.len(), 1, "{left_out:?}");
    assert_eq!(bound(&services), ["WorkflowTask to f"]);
    assert_eq!(
        book.find(&timer("t", "* * * * *").id()).unwrap(),
        &timer("t", "0 * * * *")
    );
    book.find(&timer("other", "* * * * *").id()).unwrap_err();
    book.forget(&FunctionKey::named("gone"), None);
    assert_eq!(book.kept().made, [mps("WorkflowTask", "f")]);
}

#[test]
fn what_the_api_has_made_stays_if_the_configuration_has_it_as_well() {
    let made = timer("t", "0 * * * *");
    let kept = Kept {
        made: vec![made.clone()],
        ..Kept::default()
    };
    let (mut book, _services) = configured(&[timer("t", "* * * * *")]);
    assert_eq!(restore(&mut book, kept), [""; 0]);
    assert_eq!(book.all().collect::<Vec<_>>(), [&made]);
    let kept = book.kept();
    assert_eq!(kept.changed[0].now, made);
    assert_eq!((kept.made, kept.deleted), (vec![], vec![]));
}

#[test]
fn a_timer_of_an_earlier_virtual_time_fires_from_now_on() {
    let mut late = timer("t", "0 0 * * * * *");
    late.modified = at("2024-01-01T05:30:00Z");
    let (mut book, _services) = configured(&[]);
    let kept = Kept {
        made: vec![late],
        ..Kept::default()
    };
    assert_eq!(restore(&mut book, kept), [""; 0]);
    let due = book.next_due(at("2024-01-01T00:00:00Z"), Offset::UTC);
    assert_eq!(due, Some(at("2024-01-01T01:00:00Z")));
}

#[test]
fn a_change_that_cannot_be_kept_is_taken_back() {
    let (mut book, services) = configured(&[mps("WorkflowTask", "f")]);
    let before = book.triggers.clone();
    book.remove(&mps("WorkflowTask", "f").id()).unwrap();
    book.add(mps("WorkflowTask", "g")).unwrap();
    book.go_back(before.clone());
    assert_eq!(bound(&services), ["WorkflowTask to f"]);
    assert_eq!(book.triggers, before);
}
