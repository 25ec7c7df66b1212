//! What is written down and signaled, and what planned faults do.

use std::sync::Arc;
use std::time::Duration;

use backlot::cos::store::{self, StoreSettings};
use backlot::cos::{Auth, Upload};
use backlot::fault::{Matcher, Rule, Rules, Verdict};
use backlot::http::auth::Acting;
use backlot::journal::{CosRecord, Lane, NoticeRecord, What};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client::{Ask, BUCKET, Running};

async fn with_fault(key: &str, verdict: Verdict) -> Running {
    let rule = Rule {
        name: "planned".into(),
        on: Matcher {
            key: Some(key.into()),
            attempt: Some(2),
            ..Matcher::default()
        },
        nth: None,
        times: None,
        verdict,
    };
    let store = store::open(&StoreSettings::memory()).unwrap();
    let running = Running::with(Arc::new(Rules::new(vec![rule])), Auth::Verify, store).await;
    running.owner.act(Acting {
        lane: Lane::Invocation(3),
        attempt: 2,
    });
    running
}

#[tokio::test]
async fn requests_and_changes_are_written_down() {
    let running = Running::start().await;
    running.owner.act(Acting {
        lane: Lane::Invocation(3),
        attempt: 1,
    });
    running.put("k", b"abc").await;
    running.ask(Ask::new("DELETE", "/k")).await;
    running.get("k").await;
    let records: Vec<_> = running
        .journal
        .appended()
        .into_iter()
        .map(|record| {
            assert_eq!(record.lane, Lane::Invocation(3));
            record.what
        })
        .collect();
    let [
        What::Cos(CosRecord::ObjectCreated {
            bucket,
            key,
            size: 3,
            etag,
        }),
        What::Cos(CosRecord::Request {
            operation,
            status: 200,
            code: None,
            received: 3,
            ..
        }),
        What::Cos(CosRecord::ObjectRemoved { .. }),
        What::Cos(CosRecord::Request { status: 204, .. }),
        What::Cos(CosRecord::Request {
            status: 404,
            code: Some(code),
            request_id,
            ..
        }),
    ] = records.as_slice()
    else {
        panic!("{records:#?}");
    };
    assert_eq!(
        (
            bucket.as_str(),
            key.as_str(),
            operation.as_ref(),
            code.as_str()
        ),
        (BUCKET, "k", "PutObject", "NoSuchKey")
    );
    assert!(etag.starts_with('"') && !request_id.is_empty());
    let changes = running.changes.lock().unwrap().clone();
    let events: Vec<_> = changes
        .iter()
        .map(|change| (change.event_name.as_str(), change.size))
        .collect();
    assert_eq!(
        events,
        [("cos:ObjectCreated:Put", 3), ("cos:ObjectRemove:Delete", 0)]
    );
    running.stop().await;
}

#[tokio::test]
async fn request_ids_are_the_same_in_every_run() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let running = Running::start().await;
        let id =
            |answer: super::client::Answered| answer.header("x-cos-request-id").unwrap().to_owned();
        runs.push([id(running.put("k", b"x").await), id(running.get("k").await)]);
        running.stop().await;
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0][0], runs[0][1]);
}

#[tokio::test]
async fn planned_faults_strike_before_anything_is_done() {
    let fail = Verdict::Fail {
        status: 503,
        code: "SlowDown".into(),
    };
    let running = with_fault("k", fail).await;
    let answer = running.put("k", b"x").await;
    assert_eq!((answer.status, answer.code()), (503, "SlowDown"));
    assert_eq!(answer.element("Message"), "Reduce your request rate");
    assert_eq!(running.cos.get_object(BUCKET, "k").await.unwrap(), None);
    assert_eq!(running.put("other", b"x").await.status, 200);
    running.stop().await;

    let running = with_fault("k", Verdict::Delay(Duration::from_secs(30))).await;
    assert_eq!(running.put("k", b"x").await.status, 200);
    let (record, _) = running.cos.get_object(BUCKET, "k").await.unwrap().unwrap();
    assert_eq!(record.last_modified.to_string(), "2024-01-01T00:00:30Z");
    running.stop().await;

    let running = with_fault("k", Verdict::Kill).await;
    let mut stream = TcpStream::connect(running.address()).await.unwrap();
    stream
        .write_all(&Ask::new("PUT", "/k").body(b"x").to_bytes(&running))
        .await
        .unwrap();
    let mut answer = Vec::new();
    // Cut is cut: end of stream or reset.
    drop(stream.read_to_end(&mut answer).await);
    assert_eq!(answer, b"");
    assert_eq!(running.cos.get_object(BUCKET, "k").await.unwrap(), None);
    running.stop().await;
}

#[tokio::test]
async fn objects_from_inside_are_like_those_from_outside() {
    let running = Running::start().await;
    let upload = Upload {
        bucket: BUCKET.into(),
        key: "out/a.mp4".into(),
        body: "not a film".into(),
        content_type: Some("video/mp4".into()),
        metadata: vec![("Task".into(), "t".into())],
    };
    running
        .cos
        .put_object(Lane::Task(1), upload.clone())
        .await
        .unwrap();
    let answer = running.get("out/a.mp4").await;
    assert_eq!(
        (answer.text(), answer.header("Content-Type")),
        ("not a film", Some("video/mp4"))
    );
    assert_eq!(answer.header("x-cos-meta-task"), Some("t"));
    assert_eq!(running.journal.appended()[0].lane, Lane::Task(1));
    assert_eq!(running.changes.lock().unwrap().len(), 1);
    let nowhere = Upload {
        bucket: "none-125".into(),
        ..upload
    };
    let error = running
        .cos
        .put_object(Lane::Stage, nowhere)
        .await
        .unwrap_err();
    assert_eq!(error.code, "NoSuchBucket");
    assert_eq!(
        running.clock.busy(),
        [""; 0],
        "every hold has been given back"
    );
    running.stop().await;
}

#[tokio::test]
async fn trouble_of_the_store_is_told_to_everybody() {
    let folder = tempfile::tempdir().unwrap();
    let settings = StoreSettings {
        kind: store::Kind::Fs,
        path: folder.path().to_owned(),
        durability: store::Durability::Relaxed,
    };
    let store = store::open(&settings).unwrap();
    let running = Running::with(Arc::new(backlot::fault::NoFaults), Auth::Verify, store).await;
    running.put("k", b"body").await;
    std::fs::write(folder.path().join(BUCKET).join("k"), "meddled with").unwrap();
    let answer = running.get("k").await;
    assert_eq!((answer.status, answer.code()), (500, "InternalError"));
    let told = running.journal.appended().into_iter().any(|record| {
        matches!(&record.what, What::Notice(NoticeRecord::Diagnostic { text }) if text.contains("is damaged: it has 12 bytes instead of 4"))
    });
    assert!(told);
    running.stop().await;
}

#[tokio::test]
async fn what_is_missing_here_is_confessed_and_what_is_planned_is_not() {
    let planned = Verdict::Fail {
        status: 501,
        code: "NotImplemented".into(),
    };
    let running = with_fault("planned", planned).await;
    running.ask(Ask::new("PUT", "/planned")).await;
    running
        .ask(Ask::new("PUT", "/k").header("pic-operations", "{}"))
        .await;
    let records = running.journal.appended().into_iter();
    let gaps: Vec<_> = records
        .filter_map(|record| match record.what {
            What::Notice(NoticeRecord::Unsupported {
                service,
                feature,
                subject,
                text,
            }) => Some((record.lane, service, feature, subject, text)),
            _ => None,
        })
        .collect();
    let [(lane, service, feature, subject, text)] = &gaps[..] else {
        panic!("{gaps:?}");
    };
    assert_eq!(*lane, Lane::Invocation(3));
    assert_eq!([service, feature], ["cos", "PutObject"]);
    assert_eq!(*subject, format!("{BUCKET}/k"));
    assert!(text.contains("not supported by the emulator"), "{text}");
}
