//! What becomes of events and instances when a function is updated or deleted while it runs.

use std::sync::Arc;
use std::time::Duration;

use backlot::journal::{ScfRecord, What};
use backlot::scf::{Function, FunctionKey, InProcess, Missing};
use backlot::signal::{FunctionTarget, InvokeWanted};
use bytes::Bytes;
use tokio::sync::Semaphore;

use super::rig::Rig;

/// A function that answers with `text`.
fn says(name: &str, text: &'static str) -> Function {
    let code =
        InProcess::handler(move |_, _| async move { Ok(Bytes::from_static(text.as_bytes())) });
    Function::in_process(name, code)
}

/// A function that answers with `text` when it gets a permit.
fn waits(name: &str, text: &'static str, gate: &Arc<Semaphore>) -> Function {
    let gate = Arc::clone(gate);
    let code = InProcess::handler(move |_, _| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(Bytes::from_static(text.as_bytes()))
        }
    });
    Function::in_process(name, code)
}

/// The result of each attempt.
fn results(rig: &Rig, number: u32) -> Vec<(u16, String)> {
    let attempts = rig.attempts(number).into_iter();
    attempts
        .map(|attempt| (attempt.status, attempt.result))
        .collect()
}

/// Why an event was dropped.
fn dropped(rig: &Rig, number: u32) -> Option<String> {
    let lane = rig.lane(number).into_iter();
    let mut reasons = lane.filter_map(|record| match record.what {
        What::Scf(ScfRecord::Dropped { reason }) => Some(reason),
        _ => None,
    });
    reasons.next()
}

#[tokio::test]
async fn a_running_attempt_ends_on_the_old_code_and_what_waits_runs_on_the_new() {
    let gate = Arc::new(Semaphore::new(0));
    let rig = Rig::new([waits("archive", "old", &gate)]);
    let scenario = rig.clock.hold("the scenario");
    for _ in 0..2 {
        rig.queue("archive", Bytes::from_static(b"{}"), &scenario)
            .unwrap();
    }
    let running = async {
        rig.until_started(1).await;
        rig.scf.update_function(says("archive", "new")).unwrap();
        gate.add_permits(1);
    };
    tokio::join!(running, rig.quiet(scenario));
    assert_eq!(results(&rig, 1), [(200, "old".to_owned())]);
    assert_eq!(results(&rig, 2), [(200, "new".to_owned())]);
    rig.play("archive", &["{}"]).await;
    let expected = [
        ("archive/1.1", Some("the function was updated")),
        ("archive/1.2", None),
    ];
    let instances = rig.instances();
    let instances: Vec<_> = instances
        .iter()
        .map(|(name, end)| (name.as_str(), end.as_deref()))
        .collect();
    assert_eq!(
        instances, expected,
        "the new one is warm for the third event"
    );
    rig.scf.stop().await;
}

#[tokio::test]
async fn an_update_of_the_limits_counts_from_the_next_event_on() {
    let rig = Rig::new([says("archive", "ok")]);
    let switched_off = Function {
        reserved_mb: Some(0),
        ..says("archive", "ok")
    };
    rig.scf.update_function(switched_off).unwrap();
    assert_eq!(rig.reply("archive", "{}").await.status.0, 432);
    rig.scf.update_function(says("archive", "ok")).unwrap();
    assert_eq!(rig.reply("archive", "{}").await.status.0, 200);
    rig.scf.stop().await;
}

#[tokio::test]
async fn what_waits_for_a_deleted_function_ends_with_435_and_what_runs_may_end() {
    let gate = Arc::new(Semaphore::new(0));
    let rig = Rig::new([waits("archive", "done", &gate)]);
    let scenario = rig.clock.hold("the scenario");
    for _ in 0..2 {
        rig.queue("archive", Bytes::from_static(b"{}"), &scenario)
            .unwrap();
    }
    let key = FunctionKey::named("archive");
    let deleting = async {
        rig.until_started(1).await;
        rig.scf.delete_function(&key).unwrap();
        gate.add_permits(1);
    };
    tokio::join!(deleting, rig.quiet(scenario));
    assert_eq!(results(&rig, 1), [(200, "done".to_owned())]);
    assert_eq!(results(&rig, 2)[0].0, 435);
    assert_eq!(dropped(&rig, 2).as_deref(), Some("deleted"));
    let refused = rig.call("archive", "{}").await.reply.unwrap_err();
    assert_eq!(refused.status.0, 435);
    assert_eq!(refused.message, "there is no function `archive`");
    let missing = rig.scf.delete_function(&key).unwrap_err();
    assert_eq!(missing, Missing::Function(key));
    assert_eq!(rig.clock.busy(), Vec::<String>::new());
    rig.scf.stop().await;
    let reason = rig.instances()[0].1.clone();
    assert_eq!(reason.as_deref(), Some("the function was deleted"));
}

#[tokio::test]
async fn a_retry_of_a_deleted_function_is_given_up_at_once() {
    let code = InProcess::handler(|_, _| async { Err("always".to_owned()) });
    let function = Function {
        dead_letter: Some("letters".into()),
        ..Function::in_process("fails", code)
    };
    let rig = Rig::new([function]);
    let scenario = rig.clock.hold("the scenario");
    rig.queue("fails", Bytes::from_static(b"{}"), &scenario)
        .unwrap();
    let start = rig.clock.now();
    let scenario = scenario.sleep_until(start + Duration::from_secs(30)).await;
    rig.scf
        .delete_function(&FunctionKey::named("fails"))
        .unwrap();
    rig.quiet(scenario).await;
    let ends = rig.attempts(1);
    let ends: Vec<_> = ends.iter().map(|end| (end.started, end.status)).collect();
    assert_eq!(ends, [(0, 430), (30, 435)], "not after a minute");
    assert_eq!(rig.scf.dead_letters().len(), 1);
    rig.scf.stop().await;
}

#[tokio::test]
async fn a_function_may_be_created_again_after_it_was_deleted() {
    let rig = Rig::new([says("archive", "first")]);
    rig.play("archive", &["{}"]).await;
    let key = FunctionKey::named("archive");
    rig.scf.delete_function(&key).unwrap();
    rig.scf.create_function(says("archive", "second")).unwrap();
    assert_eq!(rig.reply("archive", "{}").await.ret_msg, "second");
    rig.scf.stop().await;
}

#[tokio::test]
async fn functions_of_the_same_name_are_apart_by_namespace_and_version() {
    let in_test = Function {
        namespace: "test".into(),
        ..says("archive", "test")
    };
    let published = Function {
        version: "1".into(),
        ..says("archive", "one")
    };
    let rig = Rig::new([says("archive", "latest"), in_test, published]);
    let call = async |namespace: &'static str, qualifier: &'static str| {
        let wanted = InvokeWanted {
            target: FunctionTarget {
                namespace: namespace.into(),
                qualifier: qualifier.into(),
                ..FunctionTarget::named("archive")
            },
            source: "OTHERS".into(),
            event: Bytes::from_static(b"{}"),
            hold: rig.clock.hold("a caller"),
        };
        match rig.scf.invoke_sync(wanted).await.reply {
            Ok(reply) => String::from_utf8(reply.ret_msg.to_vec()).unwrap(),
            Err(refused) => refused.to_string(),
        }
    };
    assert_eq!(call("default", "$LATEST").await, "latest");
    assert_eq!(call("default", "$DEFAULT").await, "latest");
    assert_eq!(call("default", "1").await, "one");
    assert_eq!(call("test", "$LATEST").await, "test");
    let expected = "the function `archive` has no version or alias `2`";
    assert_eq!(call("default", "2").await, expected);
    let expected = "there is no function `other/archive`";
    assert_eq!(call("other", "$LATEST").await, expected);
    let names = rig.instances().into_iter().map(|(name, _)| name);
    let names: Vec<_> = names.collect();
    assert_eq!(names, ["archive/1.1", "archive:1/1.1", "test/archive/1.1"]);
    rig.scf
        .delete_version(&FunctionKey::named("archive"), "1")
        .unwrap();
    let expected = "the function `archive` has no version or alias `1`";
    assert_eq!(call("default", "1").await, expected);
    rig.scf.stop().await;
}
