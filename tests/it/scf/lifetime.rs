//! How long things live, and that nothing is left behind.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::journal::{ScfRecord, What};
use backlot::scf::{CreateError, Function, InProcess, RuntimeClient};
use backlot::signal::{FunctionTarget, InvokeWanted};
use bytes::Bytes;

use super::rig::{Rig, trouble};

/// In real time.
const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn stopping_kills_processes_and_gives_back_all_holds() {
    let rig = Rig::new([trouble("tells-pid"), trouble("slow")]);
    let reply = rig.reply("tells-pid", "{}").await;
    let pid = std::str::from_utf8(&reply.ret_msg).unwrap();
    let process = Path::new("/proc").join(pid);
    assert!(process.exists(), "a warm instance");
    let scenario = rig.clock.hold("the scenario");
    rig.queue("slow", Bytes::from_static(b"{}"), &scenario)
        .unwrap();
    rig.queue("slow", Bytes::from_static(b"{}"), &scenario)
        .unwrap();
    drop(scenario);
    rig.scf.stop().await;
    assert!(!process.exists());
    assert_eq!(rig.clock.busy(), Vec::<String>::new());
}

#[tokio::test]
async fn stopping_waits_for_what_a_function_has_started() {
    let rig = Rig::new([trouble("tells-child")]);
    let reply = rig.reply("tells-child", "{}").await;
    let pid = std::str::from_utf8(&reply.ret_msg).unwrap();
    let child = Path::new("/proc").join(pid);
    assert!(child.exists(), "a child that lives");
    rig.scf.stop().await;
    // What has ended has no command line, whether or not its parent has waited for it.
    let words = std::fs::read(child.join("cmdline"));
    assert!(words.unwrap_or_default().is_empty(), "it is gone");
}

#[tokio::test]
async fn a_panic_of_the_emulator_ends_an_attempt_and_no_more() {
    let starts = Arc::new(AtomicUsize::new(0));
    let code = InProcess::new(move |embedded| {
        // Not in the function's own task, but where instances are started.
        assert!(starts.fetch_add(1, Ordering::Relaxed) > 0, "a broken start");
        async move {
            let mut client = RuntimeClient::connect(embedded.api).await.unwrap();
            client.ready().await.unwrap();
            while let Ok(event) = client.next().await {
                client.response(event.into_body()).await.unwrap();
            }
        }
    });
    let rig = Rig::new([Function::in_process("fragile", code)]);
    rig.play("fragile", &["1", "2"]).await;
    let attempts = rig.attempts(1);
    let statuses: Vec<_> = attempts.iter().map(|attempt| attempt.status).collect();
    assert_eq!(statuses, [500, 200], "a platform's mistake is tried again");
    let result = &attempts[0].result;
    assert!(
        result.contains("backlot failed: a broken start"),
        "{result}"
    );
    assert_eq!(rig.attempts(2)[0].status, 200);
    let said = rig.diagnostics();
    assert!(said[0].contains("a mistake in backlot"), "{said:?}");
    assert_eq!(rig.instances()[0].1.as_deref(), Some("backlot failed"));
    rig.scf.stop().await;
    assert_eq!(rig.clock.busy(), Vec::<String>::new());
}

#[tokio::test]
async fn dropping_the_service_kills_as_well() {
    let Rig {
        scf,
        journal,
        clock,
        ..
    } = Rig::new([trouble("slow")]);
    let wanted = InvokeWanted {
        target: FunctionTarget::named("slow"),
        source: "COS".into(),
        event: Bytes::from_static(b"{}"),
        hold: clock.hold("an event"),
    };
    scf.invoke_async(wanted).unwrap();
    let ready = journal.wait_for(|record| {
        let is_ready = matches!(record.what, What::Scf(ScfRecord::InstanceReady { .. }));
        is_ready.then_some(())
    });
    clock.within(LIMIT, ready).await.unwrap();
    drop(scf);
    let stopped = journal.wait_for(|record| match &record.what {
        What::Scf(ScfRecord::InstanceStopped { reason, .. }) => Some(reason.clone()),
        _ => None,
    });
    assert_eq!(clock.within(LIMIT, stopped).await.unwrap(), "stage stopped");
}

#[tokio::test]
async fn whoever_asks_learns_who_is_busy_and_a_warm_instance_is_not() {
    let code = InProcess::handler(|_, event: Bytes| async move {
        if event == "1" {
            return Ok(event);
        }
        std::future::pending().await
    });
    let rig = Rig::new([Function::in_process("archive", code)]);
    rig.play("archive", &["1"]).await;
    assert_eq!(rig.clock.busy(), Vec::<String>::new());
    let scenario = rig.clock.hold("the scenario");
    rig.queue("archive", Bytes::from_static(b"2"), &scenario)
        .unwrap();
    drop(scenario);
    rig.until_started(2).await;
    let expected = ["attempt 1 of invocation 2 of function `archive`"];
    assert_eq!(rig.clock.busy(), expected);
    rig.scf.stop().await;
    assert_eq!(rig.clock.busy(), Vec::<String>::new());
}

#[tokio::test]
async fn a_name_is_taken_once_and_a_bad_function_is_refused() {
    let rig = Rig::new([trouble("fails")]);
    let again = rig.scf.create_function(trouble("fails")).unwrap_err();
    assert!(matches!(again, CreateError::Exists(name) if name.to_string() == "fails"));
    let nameless = Function {
        name: String::new(),
        ..trouble("fails")
    };
    let invalid = rig.scf.create_function(nameless).unwrap_err();
    assert!(matches!(invalid, CreateError::Invalid(_)), "{invalid}");
    rig.scf.stop().await;
}

#[tokio::test]
async fn it_runs_on_the_wall_clock_too() {
    let code = InProcess::handler(|_, event: Bytes| async move { Ok(event) });
    let rig = Rig::on(
        Clock::real(),
        [Function::in_process("echo", code), trouble("crash")],
        None,
    );
    rig.play("echo", &["1", "2"]).await;
    rig.play("crash", &["3"]).await;
    rig.scf.stop().await;
    let statuses = [1, 2, 3].map(|number| rig.attempts(number)[0].status);
    assert_eq!(statuses, [200, 200, 439]);
}

#[tokio::test]
async fn events_that_wait_are_counted_and_the_next_attempt_is_known() {
    let code = InProcess::handler(|_, _| async { Err("always".to_owned()) });
    let function = Function {
        retry_num: 2,
        ..Function::in_process("fails", code)
    };
    let rig = Rig::on(Clock::real(), [function], None);
    assert_eq!(rig.scf.waiting().retries, 0);
    let scenario = rig.clock.hold("the scenario");
    rig.queue("fails", Bytes::from_static(b"{}"), &scenario)
        .unwrap();
    let due = rig.journal.wait_for(|record| match &record.what {
        What::Scf(ScfRecord::RetryScheduled { due, .. }) => Some(*due),
        _ => None,
    });
    let due = rig.clock.within(LIMIT, due).await.unwrap();
    // The record is written right before the books are.
    while rig.scf.waiting().retries == 0 {
        tokio::task::yield_now().await;
    }
    let waiting = rig.scf.waiting();
    assert_eq!((waiting.queued, waiting.next), (0, Some(due)));
    drop(scenario);
    rig.scf.stop().await;
}
