//! Tasks of MPS through the whole chain: how many a second, what a finished one leaves in memory, and what a hundred thousand
//! of them cost a start.
//!
//! `cargo bench -p backlot-tests --bench mps` prints the table. A task is made as a call of `ProcessMedia` makes it, on a virtual
//! clock; its event is archived by the real handler. The cost of a task among many is judged by its cost among few, in the same
//! run: what grows with the number of tasks shows in the ratio.

use std::time::Duration;

use backlot::base::json::Value;
use backlot::base::seed::Seed;
use backlot::http::cloud_api::Parameters;
use backlot::journal::Limit;
use backlot::mps::Profile;
use backlot::mps::TableError;
use backlot::mps::request::api;
use backlot::mps::sample::{EventKind, event as sample};
use backlot::mps::tasks::{Entry, Query, Row, Status, TaskTable};
use backlot::stage::{Settings, Stage, StoreChoice};
use backlot_tests::measure::{per_second, say};
use jiff::Timestamp;

/// The function that archives events.
const HANDLER: &str = env!("CARGO_BIN_EXE_bootstrap-under-test");
/// The tasks of the whole run.
const MANY: usize = 10_000;
/// Tasks that are made before the clock goes on.
const BATCH: usize = 500;
/// The tasks in a data folder.
const KEPT: u32 = 100_000;
/// What the journal may keep, as `up` has it, so that tasks are measured and not their records.
const JOURNAL: usize = 16 << 20;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        chain().await;
        kept().await;
    });
}

/// The chain, in five parts of the same size.
async fn chain() {
    let stage = start(StoreChoice::temporary(backlot::cos::store::Kind::Memory)).await;
    // The first tasks warm the handler up.
    tasks(&stage, BATCH).await;
    say("tasks     tasks/s   KiB a task   of the first part");
    let mut first = None;
    let part = MANY / 5;
    for number in 1..=5 {
        let before = resident();
        let watch = stage.clock().stopwatch();
        tasks(&stage, part).await;
        let rate = per_second(part, watch.elapsed());
        let grown = resident().saturating_sub(before) / part;
        let first = *first.get_or_insert(rate);
        let (tasks, ratio) = (number * part, rate / first);
        say(&format!(
            "{tasks:>6}   {rate:>8.0}   {:>10.1}   {ratio:>15.2}x",
            kib(grown)
        ));
    }
    stage.stop().await;
}

/// Makes tasks and waits until all are told and archived.
async fn tasks(stage: &Stage, count: usize) {
    let call = Value::parse(
        r#"{"InputInfo": {"Type": "URL", "UrlInputInfo": {"Url": "https://media.example/a.mp4"}},
            "OutputStorage": {"Type": "COS", "CosOutputStorage": {"Bucket": "media-out-1250000000", "Region": "ap-guangzhou"}},
            "MediaProcessTask": {"TranscodeTaskSet": [{"Definition": 100010}, {"Definition": 100020}]}}"#,
    );
    let call = call.expect("it is JSON");
    let mps = &stage.services().mps;
    let mut left = count;
    while left > 0 {
        let hold = stage.clock().hold("the benchmark");
        for _ in 0..left.min(BATCH) {
            let asked = api::process_media(&Parameters::new(&call), Profile::Modern);
            let asked = asked.expect("it is accepted");
            mps.create(asked, "", &hold).await.expect("a task");
        }
        left = left.saturating_sub(BATCH);
        drop(hold.until_idle().await);
    }
}

/// A data folder with many finished tasks: the start of a stage, and a page from the middle.
async fn kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = started(folder.path()).await;
    {
        let table = TaskTable::open(folder.path(), false).expect("a table");
        for number in 1..=KEPT {
            keep(&table, number).expect("room on the disk");
        }
        say(&format!("\n{KEPT} tasks in a data folder"));
    }
    let full = started(folder.path()).await;
    let table = TaskTable::open(folder.path(), false).expect("a table");
    let page = |from| {
        let query = Query {
            status: Status::Finish,
            has_failed: None,
            since: Timestamp::MIN,
            until: Timestamp::MAX,
            from,
            limit: 100,
        };
        let watch = backlot::base::clock::Clock::real().stopwatch();
        let page = table.page(&query).expect("a page");
        assert_eq!(page.rows.len(), 100);
        watch.elapsed()
    };
    let middle = Some((Timestamp::UNIX_EPOCH, KEPT / 2));
    say(&format!(
        "a start without tasks   {:>8.1} ms",
        millis(empty)
    ));
    say(&format!("a start with them       {:>8.1} ms", millis(full)));
    say(&format!(
        "the first page          {:>8.1} ms",
        millis(page(None))
    ));
    say(&format!(
        "a page from the middle  {:>8.1} ms",
        millis(page(middle))
    ));
}

/// A task that has finished, with a result of a usual size.
fn keep(table: &TaskTable, number: u32) -> Result<(), TableError> {
    let at = Timestamp::UNIX_EPOCH;
    let entry = Entry {
        row: Row {
            number,
            id: format!("2600000001-WorkflowTask-{number:032x}tt7"),
            kind: "WorkflowTask".into(),
            status: Status::Waiting,
            created: at,
            began: None,
            finished: None,
            sub_tasks: vec!["action-trans".into()],
        },
        priority: 0,
        session_id: String::new(),
        session_context: String::new(),
        notify: None,
        has_failed: false,
        job: Some("{}".into()),
        detail: None,
    };
    table.insert(&entry, at)?;
    let detail = sample(
        EventKind::Workflow,
        Profile::Modern,
        Seed(u64::from(number)),
        at,
    );
    table.finish(number, (Some(at), at), false, &detail.to_string())
}

async fn started(folder: &std::path::Path) -> Duration {
    let watch = backlot::base::clock::Clock::real().stopwatch();
    let mut store = StoreChoice::temporary(backlot::cos::store::Kind::Sqlite);
    store.folder = Some(folder.to_owned());
    let stage = start(store).await;
    let took = watch.elapsed();
    stage.stop().await;
    took
}

async fn start(store: StoreChoice) -> Stage {
    let config = backlot_tests::config_with(HANDLER);
    let mut settings = Settings::from_config(&config).expect("the defaults are valid");
    settings.store = store;
    settings.journal = Limit::Bytes(JOURNAL);
    Stage::start(settings).await.expect("a stage starts")
}

/// Bytes of this process in memory.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = text
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    pages.expect("a number of pages") * 4096
}

#[expect(clippy::cast_precision_loss, reason = "some thousand")]
fn kib(bytes: usize) -> f64 {
    bytes as f64 / 1024.0
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
