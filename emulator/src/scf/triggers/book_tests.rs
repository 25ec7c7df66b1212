use std::sync::Mutex;

use futures_util::future::{BoxFuture, FutureExt as _, ready};

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
    assert_eq!(book.all().len(), 2);
    book.remove(&cos("b", "").id()).unwrap();
    book.forget(&FunctionKey::named("g"), None);
    assert_eq!(bound(&services), ["WorkflowTask to f"]);
    book.forget(&FunctionKey::named("f"), Some("3"));
    assert_eq!(book.all().len(), 1);
    book.forget(&FunctionKey::named("f"), None);
    assert_eq!(bound(&services), [""; 0]);
    assert!(book.all().is_empty());
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
    book.restore().unwrap();
    assert_eq!(bound(&services), ["WorkflowTask to f"]);
    assert_eq!(
        book.all(),
        [mps("WorkflowTask", "f"), timer("t", "* * * * *")]
    );
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
