//! Two hundred instances at the same time: all of them start, serve and stop, and nothing of them is left.
//!
//! Processes and descriptors can be counted only where no other test has any, so what counts them runs in a process of its own.

use std::fs;
use std::path::Path;

use backlot::scf::Function;
use backlot_tests::command::CommandLine;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::rig::{Rig, folder};

const MANY: usize = 200;
/// An instance has a listener, a connection on both sides of it, a pipe and a process.
const FILES: u64 = 4096;

#[test]
fn two_hundred_instances_leave_neither_processes_nor_descriptors() {
    let me = std::env::current_exe().unwrap();
    let counting = "--exact scf::many_instances::count_what_they_leave --ignored --nocapture";
    let ended = CommandLine::new(me.to_str().unwrap(), &folder())
        .args(counting)
        .run();
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("1 passed"), "{}", ended.stdout);
}

#[tokio::test]
#[ignore = "counts what its whole process has; the test above starts it"]
async fn count_what_they_leave() {
    let limit = getrlimit(Resource::Nofile);
    let current = limit.maximum.map_or(FILES, |most| most.min(FILES));
    let raised = Rlimit {
        current: Some(current),
        ..limit
    };
    setrlimit(Resource::Nofile, raised).unwrap();
    // The runtime opens descriptors of its own with the first process.
    serve(1).await;
    let before = descriptors();
    serve(MANY).await;
    assert_eq!(children(), Vec::<String>::new());
    assert_eq!(descriptors(), before);
}

/// Lets so many instances each serve one event at the same time, and then another one, warm.
async fn serve(instances: usize) {
    let rig = Rig::new([Function {
        instances,
        retry_num: 0,
        ..Function::command("many", ["./echo.sh"], folder())
    }]);
    let events: Vec<_> = (1..=2 * instances)
        .map(|number| number.to_string())
        .collect();
    let events: Vec<_> = events.iter().map(String::as_str).collect();
    for wave in events.chunks(instances) {
        rig.play("many", wave).await;
    }
    assert_eq!(children().len(), instances);
    rig.scf.stop().await;
    for (number, event) in (1..).zip(&events) {
        let attempts = rig.attempts(number);
        let [attempt] = &attempts[..] else {
            panic!("{attempts:?}");
        };
        assert_eq!((attempt.status, attempt.result.as_str()), (200, *event));
    }
    let stopped = Some("stage stopped".to_owned());
    let expected: Vec<_> = (1..=instances)
        .map(|slot| (format!("many/{slot}.1"), stopped.clone()))
        .collect();
    assert_eq!(rig.instances(), expected);
    drop(rig);
    // The tasks behind what was closed have a turn to end.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// The numbers of the processes that this one has started and not waited for.
fn children() -> Vec<String> {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let children = threads.flat_map(|thread| {
        let path = thread.unwrap().path().join("children");
        let listed = fs::read_to_string(path).unwrap_or_default();
        let numbers: Vec<_> = listed.split_whitespace().map(str::to_owned).collect();
        numbers
    });
    children.collect()
}

fn descriptors() -> usize {
    fs::read_dir(Path::new("/proc/self/fd")).unwrap().count()
}
