//! Cold invocations: from the call to its answer, beside a process of the same kind that starts and ends.

use std::path::Path;
use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::scf::Function;
use backlot::scf::shim::HandlerRuntime;
use backlot_tests::command::CommandLine;
use backlot_tests::measure::{percentile, say};

use crate::{Effort, event, function, milliseconds, stage, this_program};

/// The names of the rows.
pub(crate) const ROWS: [&str; 4] = ["custom, /tmp shared", "custom", "Python", "Node"];

/// A kind of function, and a process that only starts.
struct Kind {
    name: &'static str,
    function: Function,
    /// The program and its arguments.
    alone: (String, &'static str),
    /// What an invocation may take beyond the process.
    aim: Duration,
}

pub(crate) async fn measure(effort: &Effort) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut kinds = kinds(folder.path());
    kinds.retain(|kind| effort.is_wanted(kind.name));
    say("cold                            process alone   cold invoke    beyond it   aim");
    for kind in kinds {
        let (mut alone, mut cold) = times(&kind, effort, folder.path()).await;
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
    let custom = || (this_program(), function::END);
    // What is in `PATH` may be a script that looks up which interpreter to run.
    let says = |program: &str, flag: &str, question: &str| {
        let asked = CommandLine::new(program, folder).arg(flag).arg(question);
        asked.run().stdout.trim().to_owned()
    };
    let python = says("python3", "-c", "import sys; print(sys.executable)");
    let node = says("node", "-p", "process.execPath");
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
    let [shared_tmp, own_tmp, python_row, node_row] = ROWS;
    vec![
        kind(shared_tmp, shared, custom(), few),
        kind(own_tmp, program, custom(), few),
        kind(python_row, handler("Python3.10"), (python, "-c pass"), more),
        kind(node_row, handler("Nodejs18.15"), (node, "-e 0"), more),
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

/// How long the process alone takes, and the first call of a function, for several functions that differ in their names
/// only. In turns, as the machine may be slower a second later.
async fn times(kind: &Kind, effort: &Effort, folder: &Path) -> (Vec<Duration>, Vec<Duration>) {
    let names = (0..=effort.rounds).map(|number| format!("cold-{number}"));
    let names: Vec<_> = names.collect();
    let functions = names.iter().map(|name| Function {
        name: name.clone(),
        freeze: false,
        ..kind.function.clone()
    });
    let stage = stage(functions.collect()).await;
    let event = event();
    let (mut alone, mut cold) = (Vec::new(), Vec::new());
    for name in &names {
        alone.push(start_and_end(&kind.alone, folder));
        let watch = stage.clock().stopwatch();
        let called = stage.call(name, event.clone()).await;
        cold.push(watch.elapsed());
        let reply = called.reply.expect("the event is accepted");
        assert_eq!(reply.status.0, 200, "{reply:?}");
    }
    stage.stop().await;
    // The first ones fill the caches of the system.
    alone.remove(0);
    cold.remove(0);
    (alone, cold)
}
