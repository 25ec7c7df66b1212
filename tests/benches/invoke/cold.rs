//! Cold invocations: from the call to its answer, beside a process of the same kind that starts and ends.

use std::path::Path;
use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::scf::Function;
use backlot::scf::shim::HandlerRuntime;
use backlot_tests::command::CommandLine;
use backlot_tests::measure::{percentile, say};

use crate::{Effort, event, milliseconds, stage, this_program};

/// A kind of function, and a process that only starts.
struct Kind {
    name: &'static str,
    function: Function,
    alone: (String, &'static str),
    /// What an invocation may take beyond the process.
    aim: Duration,
}

pub(crate) async fn measure(effort: Effort) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let kinds = kinds(folder.path());
    say("cold                            process alone   cold invoke    beyond it   aim");
    for kind in kinds {
        let mut alone: Vec<_> = (0..effort.rounds)
            .map(|_| start_and_end(&kind.alone, folder.path()))
            .collect();
        let mut cold = cold(&kind.function, effort).await;
        let alone = percentile(&mut alone, 0.5);
        let cold = percentile(&mut cold, 0.5);
        let beyond = cold.saturating_sub(alone);
        say(&format!(
            "{:<32} {:>9.2} ms {:>10.2} ms {:>9.2} ms  {:>2.0} ms",
            kind.name,
            milliseconds(alone),
            milliseconds(cold),
            milliseconds(beyond),
            milliseconds(kind.aim),
        ));
    }
}

fn kinds(folder: &Path) -> Vec<Kind> {
    let python = "def main_handler(event, context):\n    return event\n";
    let node = "exports.main_handler = async (event) => event;\n";
    for (file, text) in [("index.py", python), ("index.js", node)] {
        std::fs::write(folder.join(file), text).expect("room on the disk");
    }
    let program = Function::command("custom", [this_program()], folder);
    let handler = |runtime: &str| {
        let runtime = HandlerRuntime::parse(runtime).expect("it is known");
        let runtime = runtime.expect("it calls a handler");
        Function::handler("handler", runtime, "index.main_handler", folder)
    };
    let custom = || ("/bin/true".to_owned(), "");
    let (few, more) = (Duration::from_millis(5), Duration::from_millis(15));
    let kind = |name, function, alone, aim| Kind {
        name,
        function,
        alone,
        aim,
    };
    let shared = Function {
        private_tmp: false,
        ..program.clone()
    };
    vec![
        kind("custom, /tmp shared", shared, custom(), few),
        kind("custom", program, custom(), few),
        kind(
            "Python",
            handler("Python3.10"),
            ("python3".to_owned(), "-c pass"),
            more,
        ),
        kind(
            "Node",
            handler("Nodejs18.15"),
            ("node".to_owned(), "-e 0"),
            more,
        ),
    ]
}

/// How long a process takes that starts and ends.
fn start_and_end((program, arguments): &(String, &'static str), folder: &Path) -> Duration {
    let command = CommandLine::new(program, folder).args(arguments);
    let watch = Clock::real().stopwatch();
    let ended = command.run();
    let took = watch.elapsed();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    took
}

/// How long the first call of a function takes, for several functions that differ in their names only.
async fn cold(function: &Function, effort: Effort) -> Vec<Duration> {
    let names = (0..=effort.rounds).map(|number| format!("cold-{number}"));
    let names: Vec<_> = names.collect();
    let functions = names.iter().map(|name| Function {
        name: name.clone(),
        freeze: false,
        ..function.clone()
    });
    let stage = stage(functions.collect()).await;
    let event = event();
    let mut times = Vec::new();
    for name in &names {
        let watch = stage.clock().stopwatch();
        let called = stage.call(name, event.clone()).await;
        times.push(watch.elapsed());
        let reply = called.reply.expect("the event is accepted");
        assert_eq!(reply.status.0, 200, "{reply:?}");
    }
    stage.stop().await;
    // The first one fills the caches of the system.
    times.remove(0);
    times
}
