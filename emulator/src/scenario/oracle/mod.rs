//! The archive oracle: what must hold after every run, asked for or not.
//!
//! - Every delivered callback is archived, or dead-lettered, or its loss is a failure.
//! - Nothing is archived without a callback, apart from what was there at the start.
//! - Deliveries of the same event do not leave two archives.
//!
//! [`Mode`] says what it is to be archived. With [`Mode::Off`] callbacks are treated as events of COS always are: a function
//! that has answered has done what it was to do with them, archived or not.
//!
//! `Whereabouts` tells where an event is that is not where the oracle looks.

mod whereabouts;

use std::collections::HashMap;

use bytes::Bytes;

use whereabouts::Whereabouts;

use super::delivery::{Delivery, GivenUp};
use super::failure::Failure;
use super::outcome::{Outcome, StoredObject};
use crate::scf::triggers::TIMER;
use crate::scf::triggers::cls::CLS;
use backlot_base::json;
use backlot_base::words::count;

/// What to say if a loss is what a scenario is about.
const MAY_LOSE: &str = "if the scenario is about losing events, say `may-lose: true`";

/// Where the function under test keeps its archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivePlace {
    /// The bucket's full name.
    pub bucket: String,
    /// Keys begin with this; the oracle ignores all other objects.
    pub prefix: String,
}

/// How an archive is compared with the events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Byte for byte.
    #[default]
    Bytes,
    /// As JSON values: order of members, spelling of numbers and space do not count. What is not JSON is compared as bytes.
    Json,
    /// Not at all.
    Off,
}

/// What a run is held to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oracle {
    /// Where it looks.
    pub place: ArchivePlace,
    /// How it compares.
    pub mode: Mode,
    /// Whether the scenario is about a loss, so that an event that is lost is no failure.
    pub may_lose: bool,
}

/// Archived values with the objects that hold them.
type Archives<'a> = HashMap<Bytes, Vec<&'a StoredObject>>;

impl ArchivePlace {
    fn holds(&self, object: &StoredObject) -> bool {
        object.bucket == self.bucket && object.key.starts_with(&self.prefix)
    }

    /// The bucket, and the prefix if there is one, for messages.
    fn words(&self) -> String {
        match self.prefix.as_str() {
            "" => format!("`{}`", self.bucket),
            prefix => format!("`{}` below `{prefix}`", self.bucket),
        }
    }
}

impl Mode {
    /// What of a body is compared.
    fn value_of(self, body: &Bytes) -> Bytes {
        match self {
            Self::Json => canonical(body).unwrap_or_else(|| body.clone()),
            Self::Bytes | Self::Off => body.clone(),
        }
    }
}

/// The one spelling of a JSON value; `None` if this is not JSON.
fn canonical(body: &Bytes) -> Option<Bytes> {
    let text = std::str::from_utf8(body).ok()?;
    let value = json::Value::parse(text).ok()?;
    Some(value.canonical().to_string().into())
}

impl Oracle {
    /// What it found; nothing if all is well.
    pub fn violations(&self, outcome: &Outcome) -> Vec<Failure> {
        let archived = self.archives(outcome);
        let whereabouts = Whereabouts::new(self, outcome);
        let mut found = self.losses(outcome, &archived, &whereabouts);
        if self.mode != Mode::Off {
            found.extend(self.inventions(outcome, &archived, &whereabouts));
            found.extend(self.doubles(outcome, &archived));
        }
        found
    }

    fn archives<'a>(&self, outcome: &'a Outcome) -> Archives<'a> {
        let mut archived = Archives::new();
        for object in &outcome.objects {
            if self.place.holds(object) {
                let value = self.mode.value_of(&object.body);
                archived.entry(value).or_default().push(object);
            }
        }
        archived
    }

    fn losses(
        &self,
        outcome: &Outcome,
        archived: &Archives<'_>,
        whereabouts: &Whereabouts<'_>,
    ) -> Vec<Failure> {
        let mut found = Vec::new();
        for delivery in outcome.deliveries().iter() {
            if !archived.contains_key(&self.mode.value_of(&delivery.event)) {
                found.extend(self.loss(delivery, whereabouts));
            }
        }
        if !self.may_lose {
            found.extend(outcome.stopped_chains().map(stopped));
            found.extend(outcome.refused().map(refused));
        }
        found
    }

    /// What is wrong with a delivery that is not archived, if anything is.
    fn loss(&self, delivery: &Delivery, whereabouts: &Whereabouts<'_>) -> Option<Failure> {
        let number = delivery.invocation;
        match (&delivery.given_up, delivery.status()) {
            (Some(GivenUp::DeadLettered { .. }), _) => None,
            (Some(GivenUp::Dropped { .. }), _) | (None, Some(200)) if self.may_lose => None,
            (Some(GivenUp::Dropped { reason }), status) => {
                let title = format!(
                    "invocation {number} was lost: SCF gave up after {} (last status: {}, {reason}) and no \
                     `dead-letter` queue is set",
                    count(delivery.attempts.len(), "attempt", "attempts"),
                    status.unwrap_or_default(),
                );
                Some(Failure::new(title).hint(MAY_LOSE))
            }
            (None, Some(200)) if !is_callback(&delivery.source) || self.mode == Mode::Off => None,
            (None, Some(200)) => Some(self.missing(delivery, whereabouts)),
            (None, _) => Some(Failure::new(format!(
                "invocation {number} was still unfinished when the scenario was stopped"
            ))),
        }
    }

    fn missing(&self, delivery: &Delivery, whereabouts: &Whereabouts<'_>) -> Failure {
        let title = format!(
            "invocation {} was lost: the function answered 200, but no object in {} has exactly {}",
            delivery.invocation,
            self.place.words(),
            if self.mode == Mode::Json {
                "its JSON value"
            } else {
                "its bytes"
            },
        );
        Failure::new(title).hint(whereabouts.of_event(&delivery.event))
    }

    fn inventions(
        &self,
        outcome: &Outcome,
        archived: &Archives<'_>,
        whereabouts: &Whereabouts<'_>,
    ) -> Vec<Failure> {
        let known: HashMap<Bytes, usize> = self.events(outcome);
        let is_imported = |object: &StoredObject| {
            let imported = outcome.imported.iter();
            let mut same = imported.filter(|old| old.bucket == object.bucket);
            same.any(|old| old.key == object.key && old.body == object.body)
        };
        let mut invented: Vec<&StoredObject> = archived
            .iter()
            .filter(|(value, _)| !known.contains_key(*value))
            .flat_map(|(_, objects)| objects.iter().copied())
            .filter(|object| !is_imported(object))
            .collect();
        invented.sort_by(|one, other| one.key.cmp(&other.key));
        let failures = invented.into_iter().map(|object| {
            let size = count(object.body.len(), "byte", "bytes");
            let key = &object.key;
            let title = if self.mode == Mode::Json {
                format!("`{key}` ({size}) is not the JSON value of any delivered event")
            } else {
                format!("`{key}` ({size}) is not a byte-for-byte copy of any delivered event")
            };
            Failure::new(title).hint(whereabouts.of_invention(&object.body))
        });
        failures.collect()
    }

    fn doubles(&self, outcome: &Outcome, archived: &Archives<'_>) -> Vec<Failure> {
        let mut events: Vec<_> = self.events(outcome).into_iter().collect();
        events.sort_by_key(|(_, number)| *number);
        let twice = events.iter().filter_map(|(event, number)| {
            let objects = archived.get(event).filter(|objects| objects.len() > 1)?;
            let keys: Vec<_> = objects.iter().map(|object| object.key.as_str()).collect();
            let title = format!(
                "event {number} is archived more than once: {}",
                keys.join(", ")
            );
            Some(Failure::new(title).hint(
                "let the key follow from the event, so that a repeated delivery has the same key",
            ))
        });
        twice.collect()
    }

    /// What of the events is compared, with the first number of those that are equal.
    fn events(&self, outcome: &Outcome) -> HashMap<Bytes, usize> {
        let mut known = HashMap::new();
        for (number, event) in outcome.events().iter() {
            known.entry(self.mode.value_of(event)).or_insert(number);
        }
        known
    }
}

fn stopped((wanted, limit): (&str, u32)) -> Failure {
    Failure::new(format!(
        "a chain of {limit} events was stopped before it came to `{wanted}` again: let functions write where nothing \
         triggers them, or raise `chain-limit`"
    ))
}

fn refused((status, event): (u16, &Bytes)) -> Failure {
    let size = count(event.len(), "byte", "bytes");
    Failure::new(format!(
        "an event of {size} was lost: refused with {status}"
    ))
    .hint(MAY_LOSE)
}

/// Whether whoever sends an event tells of a task. Events of COS, of timers and of log topics need not be archived.
fn is_callback(source: &str) -> bool {
    !["COS", TIMER, CLS].contains(&source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use backlot_base::clock::Clock;
    use backlot_base::journal::{Blob, Journal, Lane, ScfRecord, StageRecord, What};
    use backlot_base::signal::{DEFAULT_ALIAS, DEFAULT_NAMESPACE, LATEST};

    fn place() -> ArchivePlace {
        ArchivePlace {
            bucket: "archive-1250000000".into(),
            prefix: "mps/".into(),
        }
    }

    fn violations(outcome: &Outcome, mode: Mode, may_lose: bool) -> Vec<String> {
        let oracle = Oracle {
            place: place(),
            mode,
            may_lose,
        };
        let found = oracle.violations(outcome).into_iter();
        found
            .map(|failure| {
                let hint = failure.hint.unwrap_or_default();
                format!("{}; {hint}", failure.title)
            })
            .collect()
    }

    fn outcome(records: &[(u32, What)], objects: &[(&str, &str)]) -> Outcome {
        let clock = Clock::virtual_default();
        let journal = Journal::new(&clock);
        for (invocation, what) in records {
            journal.append(Lane::Invocation(*invocation), what.clone());
        }
        let objects = objects.iter().map(|&(key, body)| StoredObject {
            bucket: place().bucket,
            key: key.into(),
            content_type: String::new(),
            metadata: Vec::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        });
        Outcome {
            scenario: "test".into(),
            start: clock.now(),
            records: journal.ordered(),
            objects: objects.collect(),
            below: Vec::new(),
            imported: Vec::new(),
        }
    }

    fn queued(event: &str) -> What {
        What::Scf(ScfRecord::InvocationQueued {
            function: "archive".into(),
            namespace: DEFAULT_NAMESPACE.into(),
            qualifier: DEFAULT_ALIAS.into(),
            version: LATEST.into(),
            source: "MPS_TRIGGER".into(),
            request_id: "r".into(),
            event: Blob::from(event.to_owned()),
        })
    }

    fn finished(status: u16) -> What {
        What::Scf(ScfRecord::AttemptFinished {
            attempt: 1,
            status,
            result: Blob::default(),
            duration_ms: 0,
            memory_bytes: None,
        })
    }

    fn dropped() -> What {
        What::Scf(ScfRecord::Dropped {
            reason: "execution-error".into(),
        })
    }

    #[test]
    fn an_archived_event_is_no_violation() {
        let outcome = outcome(&[(1, queued("a")), (1, finished(200))], &[("mps/a", "a")]);
        assert_eq!(violations(&outcome, Mode::Bytes, false), [""; 0]);
    }

    #[test]
    fn success_without_an_archive_is_a_loss() {
        let outcome = outcome(&[(1, queued("a")), (1, finished(200))], &[]);
        let found = violations(&outcome, Mode::Bytes, false);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("answered 200"), "{found:?}");
    }

    #[test]
    fn an_event_that_is_no_callback_need_not_be_archived() {
        for sender in ["COS", "TRIGGER_TIMER", "CLS_TRIGGER"] {
            let mut event = queued("a");
            if let What::Scf(ScfRecord::InvocationQueued { source, .. }) = &mut event {
                *source = sender.to_owned();
            }
            let answered = outcome(&[(1, event.clone()), (1, finished(200))], &[]);
            assert_eq!(violations(&answered, Mode::Bytes, false), [""; 0]);
            let lost = outcome(&[(1, event), (1, finished(430)), (1, dropped())], &[]);
            assert_eq!(violations(&lost, Mode::Bytes, false).len(), 1);
        }
    }

    #[test]
    fn a_chain_that_was_stopped_is_a_failure() {
        let stopped = StageRecord::ChainStopped {
            wanted: "copy".into(),
            event_name: "cos:ObjectCreated:Put".into(),
            bucket: "in-1250000000".into(),
            key: "a".into(),
            limit: 16,
        };
        let outcome = outcome(&[(16, stopped.into())], &[]);
        let found = violations(&outcome, Mode::Bytes, false);
        assert!(found[0].contains("a chain of 16 events"), "{found:?}");
        assert_eq!(violations(&outcome, Mode::Bytes, true), [""; 0]);
    }

    #[test]
    fn a_drop_is_a_failure_unless_the_scenario_is_about_it() {
        let records = [(1, queued("a")), (1, finished(430)), (1, dropped())];
        let outcome = outcome(&records, &[]);
        assert_eq!(violations(&outcome, Mode::Bytes, false).len(), 1);
        assert_eq!(violations(&outcome, Mode::Bytes, true).len(), 0);
    }

    #[test]
    fn altered_bytes_are_an_invention_and_a_loss() {
        let outcome = outcome(&[(1, queued("a")), (1, finished(200))], &[("mps/a", "b")]);
        let found = violations(&outcome, Mode::Bytes, false);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn two_archives_of_one_event_are_found() {
        let records = [
            (1, queued("a")),
            (2, queued("a")),
            (1, finished(200)),
            (2, finished(200)),
        ];
        let outcome = outcome(&records, &[("mps/1", "a"), ("mps/2", "a")]);
        let found = violations(&outcome, Mode::Bytes, false);
        assert!(
            found[0].starts_with("event 1 is archived more than once: mps/1, mps/2;"),
            "{found:?}"
        );
    }

    #[test]
    fn what_is_answered_may_be_lost_where_losses_are_meant() {
        let outcome = outcome(&[(1, queued("a")), (1, finished(200))], &[]);
        assert_eq!(violations(&outcome, Mode::Bytes, true), [""; 0]);
        let records = [(1, queued("a")), (1, finished(200))];
        let invented = self::outcome(&records, &[("mps/b", "b")]);
        assert_eq!(violations(&invented, Mode::Bytes, true).len(), 1);
    }

    #[test]
    fn json_is_compared_by_value() {
        let records = [(1, queued(r#"{"a":1,"b":[2.50]}"#)), (1, finished(200))];
        let same = outcome(&records, &[("mps/a", "{\"b\": [2.5],\n \"a\": 1.0}\n")]);
        assert_eq!(violations(&same, Mode::Json, false), [""; 0]);
        assert_eq!(violations(&same, Mode::Bytes, false).len(), 2);
        let other = outcome(&records, &[("mps/a", r#"{"b":[2.5],"a":2}"#)]);
        assert_eq!(violations(&other, Mode::Json, false).len(), 2);
        let twice = [
            ("mps/1", r#"{"b":[2.5],"a":1}"#),
            ("mps/2", r#"{"a":1,"b":[2.50]}"#),
        ];
        let twice = outcome(&records, &twice);
        assert_eq!(
            violations(&twice, Mode::Json, false).len(),
            1,
            "archived twice"
        );
    }

    #[test]
    fn an_oracle_that_is_off_still_wants_answers() {
        let answered = outcome(&[(1, queued("a")), (1, finished(200))], &[("mps/b", "b")]);
        assert_eq!(violations(&answered, Mode::Off, false), [""; 0]);
        let lost = outcome(&[(1, queued("a")), (1, finished(430)), (1, dropped())], &[]);
        assert_eq!(violations(&lost, Mode::Off, false).len(), 1);
        assert_eq!(violations(&lost, Mode::Off, true), [""; 0]);
    }
}
