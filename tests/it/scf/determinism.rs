//! Two runs of one scenario leave the same journal.

use std::time::Duration;

use backlot::journal::Record;
use backlot::scf::{Function, InProcess, RuntimeClient};
use bytes::Bytes;

use super::rig::{Rig, python, trouble};

fn picky() -> Function {
    let code = InProcess::handler(|embedded, event: Bytes| async move {
        embedded.printer.line(format!("{} bytes", event.len()));
        // Others get a turn, in whatever order the machine likes.
        tokio::task::yield_now().await;
        if event.ends_with(b"7") {
            return Err("sevens are not liked".to_owned());
        }
        Ok(event)
    });
    Function {
        instances: 3,
        dead_letter: Some("letters".into()),
        has_role: true,
        ..Function::in_process("picky", code)
    }
}

/// Posts each result twice.
fn double() -> Function {
    let code = InProcess::new(|embedded| async move {
        let mut client = RuntimeClient::connect(embedded.api).await.unwrap();
        client.ready().await.unwrap();
        while let Ok(event) = client.next().await {
            client.response(event.into_body()).await.unwrap();
            client.error("once more").await.unwrap();
        }
    });
    Function::in_process("double", code)
}

async fn journal() -> Vec<serde_json::Value> {
    let echo = Function {
        instances: 2,
        ..python("echo", &["echo.py"])
    };
    let crash = Function {
        instances: 2,
        retry_num: 1,
        ..trouble("crash")
    };
    let slow = InProcess::handler(|_, _| std::future::pending());
    let slow = Function {
        instances: 2,
        retry_num: 1,
        timeout_after: Some(Duration::from_millis(50)),
        ..Function::in_process("slow", slow)
    };
    let narrow = Function {
        name: "narrow".into(),
        reserved_mb: Some(256),
        ..picky()
    };
    let rig = Rig::new([echo, crash, picky(), slow, double(), narrow]);
    let scenario = rig.clock.hold("the scenario");
    for number in 0..20 {
        let event = Bytes::from(number.to_string());
        rig.queue("picky", event.clone(), &scenario).unwrap();
        rig.queue("narrow", event.clone(), &scenario).unwrap();
        if number < 4 {
            rig.queue("double", event.clone(), &scenario).unwrap();
            rig.queue("echo", event.clone(), &scenario).unwrap();
            rig.queue("slow", event.clone(), &scenario).unwrap();
        }
        if number < 2 {
            rig.queue("crash", event, &scenario).unwrap();
        }
    }
    rig.quiet(scenario).await;
    rig.scf.stop().await;
    rig.journal
        .ordered()
        .iter()
        .map(Record::repeatable)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_runs_agree_although_functions_run_side_by_side() {
    let first = journal().await;
    assert!(first.len() > 150, "{} records", first.len());
    for _ in 0..2 {
        let second = journal().await;
        for (one, other) in first.iter().zip(&second) {
            assert_eq!(one, other);
        }
        assert_eq!(first.len(), second.len());
    }
}
