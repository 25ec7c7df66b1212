//! Scenarios in which many things happen at the same time leave the same journal in every run.

use std::path::Path;
use std::time::Duration;

use backlot::base::source::SourceFile;
use backlot::cos::store::Kind;
use backlot::journal::{Lane, MpsRecord, Record, What};
use backlot::scenario::load;
use backlot::scenario::run::{Finished, RunSettings, run};
use backlot::stage::StoreChoice;

const HANDLER: &str = env!("CARGO_BIN_EXE_bootstrap-under-test");

async fn play(text: &str) -> Finished {
    let source = SourceFile::new(Path::new("events.yaml"), text);
    let loaded = load::read(&source, &backlot_tests::config_with(HANDLER))
        .unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let settings = RunSettings {
        store: StoreChoice::temporary(Kind::Memory),
        patience: Duration::from_secs(60),
        snapshots: None,
        import: None,
        export: None,
    };
    let finished = run(&loaded, &settings).await.expect("a stage");
    if let Some(failures) = &finished.failures {
        panic!("{failures}");
    }
    finished
}

fn journal(finished: &Finished) -> Vec<serde_json::Value> {
    let records = finished.outcome.records.iter();
    records.map(Record::repeatable).collect()
}

/// Twenty uploads begin twenty tasks that end together; their callbacks are archived by four instances at once, and each
/// archive makes the function run once more.
const BUSY: &str = "
archive: { prefix: mps/WorkflowTask/ }
functions:
  archive:
    instances: 4
    cos-triggers:
      - { bucket: archive-1250000000, prefix: mps/WorkflowTask/ }
workflows:
  first: { bucket: media-in-1250000000, tasks: [{ transcode: {} }] }
  second: { bucket: media-in-1250000000, tasks: [{ sprite: {} }], output-dir: /sprites/ }
steps:
  - put-object: { bucket: media-in-1250000000, key: 1.mp4, size: 4096 }
  - put-object: { bucket: media-in-1250000000, key: 2.mp4, size: 4096 }
  - put-object: { bucket: media-in-1250000000, key: 3.mp4, size: 4096 }
  - put-object: { bucket: media-in-1250000000, key: 4.mp4, size: 4096 }
  - put-object: { bucket: media-in-1250000000, key: 5.mp4, size: 4096 }
  - put-object: { bucket: media-in-1250000000, key: 6.mp4, size: 4096 }
  - wait: 2s
  - finish-workflow: {}
  - wait: idle
";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_does_not_depend_on_the_machine() {
    let first = play(BUSY).await;
    let deliveries = first.outcome.deliveries();
    let from = |source: &str| {
        let of = deliveries
            .iter()
            .filter(|delivery| delivery.source == source);
        of.count()
    };
    assert_eq!((from("MPS_TRIGGER"), from("COS")), (13, 13));
    assert_eq!(first.violations, []);
    // What the scenario does at a time comes before what was due then.
    let named = |what: &What| match what {
        What::Mps(MpsRecord::TaskCreated { workflow, key, .. }) => {
            Some(format!("{workflow} {key}"))
        }
        _ => None,
    };
    let created: Vec<_> = first
        .outcome
        .records
        .iter()
        .filter_map(|record| Some((record.lane, named(&record.what)?)))
        .collect();
    assert_eq!(created[0], (Lane::Task(1), "first 1.mp4".to_owned()));
    assert_eq!(created[3], (Lane::Task(4), "second 2.mp4".to_owned()));
    for _ in 0..3 {
        assert_eq!(journal(&first), journal(&play(BUSY).await));
    }
}

/// The function archives into the bucket that makes it run.
const LOOP: &str = "
functions:
  archive: { cos-triggers: [{ bucket: archive-1250000000 }] }
steps:
  - finish-edit: {}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_without_end_is_stopped_and_fails_the_scenario() {
    let finished = play(LOOP).await;
    assert!(!finished.is_passed());
    let found = finished.violations.iter();
    let found: Vec<_> = found.map(|failure| failure.title.as_str()).collect();
    assert_eq!(
        found,
        [
            "a chain of 16 events was stopped before it came to `archive` again: let functions write where nothing \
             triggers them, or raise `chain-limit`"
        ]
    );
    // The callback, and what followed from its archive.
    assert_eq!(finished.outcome.deliveries().len(), 16);
}

/// There is no bucket for the output, so the sub-task fails; everything else about the task is told.
const NOWHERE: &str = "
buckets: [archive-1250000000, media-in-1250000000]
workflows:
  uploads: { bucket: media-in-1250000000, tasks: [{ transcode: { output-bucket: gone-1250000000 } }] }
steps:
  - put-object: { bucket: media-in-1250000000, key: a.mp4, size: 4096 }
";

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_is_told() {
    let finished = play(NOWHERE).await;
    let deliveries = finished.outcome.deliveries();
    let told = deliveries.iter().next().expect("the event of the task");
    let told = format!("{told:?}");
    assert!(
        told.contains("`gone-1250000000` for the output does not exist"),
        "{told}"
    );
}
