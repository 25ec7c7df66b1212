//! The archive oracle: what must hold after every run, asked for or not.
//!
//! - Every delivered callback is archived byte-equal, or dead-lettered, or its loss is a failure.
//! - Nothing is archived without a callback, apart from what was there at the start, and no archive holds bytes of its own making.
//! - Deliveries of the same event do not leave two archives.
//!
//! Events of COS are no callbacks: a function that has answered has done what it was to do with them, archived or not.

use std::collections::HashMap;

use bytes::Bytes;

use super::delivery::GivenUp;
use super::outcome::Outcome;
use backlot_base::words::count;

/// Where the function under test keeps its archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivePlace {
    /// The bucket's full name.
    pub bucket: String,
    /// Keys begin with this; the oracle ignores all other objects.
    pub prefix: String,
}

/// What the oracle found, in words; nothing if all is well.
///
/// `may_lose` says that the scenario is about a loss, so that a dropped event is no failure.
pub fn violations(outcome: &Outcome, place: &ArchivePlace, may_lose: bool) -> Vec<String> {
    let archived = archives(outcome, place);
    let mut found = Vec::new();
    found.extend(losses(outcome, place, &archived, may_lose));
    found.extend(inventions(outcome, place, &archived));
    found.extend(doubles(outcome, &archived));
    found
}

/// The archived bodies with the keys that hold them.
fn archives<'a>(outcome: &'a Outcome, place: &ArchivePlace) -> HashMap<&'a Bytes, Vec<&'a str>> {
    let mut archived: HashMap<&Bytes, Vec<&str>> = HashMap::new();
    let objects = outcome
        .objects
        .iter()
        .filter(|object| object.bucket == place.bucket && object.key.starts_with(&place.prefix));
    for object in objects {
        archived.entry(&object.body).or_default().push(&object.key);
    }
    archived
}

fn losses(
    outcome: &Outcome,
    place: &ArchivePlace,
    archived: &HashMap<&Bytes, Vec<&str>>,
    may_lose: bool,
) -> Vec<String> {
    let mut found = Vec::new();
    for delivery in outcome.deliveries().iter() {
        let number = delivery.invocation;
        let is_archived = archived.contains_key(&delivery.event);
        match (&delivery.given_up, delivery.status()) {
            _ if is_archived => {}
            (Some(GivenUp::DeadLettered { .. }), _) => {}
            (Some(GivenUp::Dropped { .. }), _) if may_lose => {}
            (Some(GivenUp::Dropped { reason }), status) => found.push(format!(
                "invocation {number} was lost: SCF gave up after {} (last status: {}, {reason}) and no `dead-letter` \
                 queue is set",
                count(delivery.attempts.len(), "attempt", "attempts"),
                status.unwrap_or_default(),
            )),
            (None, Some(200)) if delivery.source == "COS" => {}
            (None, Some(200)) => found.push(format!(
                "invocation {number} was lost: the function answered 200, but no object in `{}` has exactly its bytes",
                place.bucket,
            )),
            (None, _) => found.push(format!(
                "invocation {number} was still unfinished when the scenario was stopped"
            )),
        }
    }
    if !may_lose {
        found.extend(outcome.stopped_chains().map(|(wanted, limit)| {
            format!(
                "a chain of {limit} events was stopped before it came to `{wanted}` again: let functions write where \
                 nothing triggers them, or raise `chain-limit`"
            )
        }));
        found.extend(outcome.refused().map(|(status, event)| {
            format!(
                "an event of {} bytes was lost: refused with {status}",
                event.len()
            )
        }));
    }
    found
}

fn inventions(
    outcome: &Outcome,
    place: &ArchivePlace,
    archived: &HashMap<&Bytes, Vec<&str>>,
) -> Vec<String> {
    let events = outcome.events();
    let imported = outcome.imported.iter();
    let imported: HashMap<&str, &Bytes> = imported
        .filter(|object| object.bucket == place.bucket)
        .map(|object| (object.key.as_str(), &object.body))
        .collect();
    let mut found: Vec<String> = archived
        .iter()
        .filter(|(body, _)| events.number_of(body).is_none())
        .flat_map(|(body, keys)| keys.iter().map(move |key| (*key, *body)))
        .filter(|(key, body)| imported.get(key) != Some(body))
        .map(|(key, body)| {
            let size = body.len();
            format!("`{key}` ({size} bytes) is not a byte-for-byte copy of any delivered event")
        })
        .collect();
    found.sort();
    found
}

fn doubles(outcome: &Outcome, archived: &HashMap<&Bytes, Vec<&str>>) -> Vec<String> {
    let events = outcome.events();
    let twice = events.iter().filter_map(|(number, event)| {
        let keys = archived.get(event)?;
        (keys.len() > 1).then(|| {
            format!(
                "event {number} is archived more than once: {}",
                keys.join(", ")
            )
        })
    });
    twice.collect()
}

#[cfg(test)]
mod tests {
    use super::super::outcome::StoredObject;
    use super::*;
    use backlot_base::clock::Clock;
    use backlot_base::journal::{Blob, Journal, Lane, ScfRecord, StageRecord, What};

    fn place() -> ArchivePlace {
        ArchivePlace {
            bucket: "archive-1250000000".into(),
            prefix: "mps/".into(),
        }
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
        assert_eq!(violations(&outcome, &place(), false), [""; 0]);
    }

    #[test]
    fn success_without_an_archive_is_a_loss() {
        let outcome = outcome(&[(1, queued("a")), (1, finished(200))], &[]);
        let found = violations(&outcome, &place(), false);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("answered 200"), "{found:?}");
    }

    #[test]
    fn an_event_of_cos_need_not_be_archived() {
        let mut event = queued("a");
        if let What::Scf(ScfRecord::InvocationQueued { source, .. }) = &mut event {
            *source = "COS".to_owned();
        }
        let answered = outcome(&[(1, event.clone()), (1, finished(200))], &[]);
        assert_eq!(violations(&answered, &place(), false), [""; 0]);
        let lost = outcome(&[(1, event), (1, finished(430)), (1, dropped())], &[]);
        assert_eq!(violations(&lost, &place(), false).len(), 1);
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
        let found = violations(&outcome, &place(), false);
        assert!(found[0].contains("a chain of 16 events"), "{found:?}");
        assert_eq!(violations(&outcome, &place(), true), [""; 0]);
    }

    #[test]
    fn a_drop_is_a_failure_unless_the_scenario_is_about_it() {
        let records = [(1, queued("a")), (1, finished(430)), (1, dropped())];
        let outcome = outcome(&records, &[]);
        assert_eq!(violations(&outcome, &place(), false).len(), 1);
        assert_eq!(violations(&outcome, &place(), true).len(), 0);
    }

    #[test]
    fn altered_bytes_are_an_invention_and_a_loss() {
        let outcome = outcome(&[(1, queued("a")), (1, finished(200))], &[("mps/a", "b")]);
        let found = violations(&outcome, &place(), false);
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
        let found = violations(&outcome, &place(), false);
        assert_eq!(found, ["event 1 is archived more than once: mps/1, mps/2"]);
    }
}
