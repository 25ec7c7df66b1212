//! What an invocation costs: cold, beside the start of its process alone, and warm, beside a bare invoke loop in the same run.
//!
//! `cargo bench -p backlot-tests --bench invoke` prints the tables; `-- --short` takes fewer rounds and calls, to see that it
//! runs. Every figure is a median of several rounds.

mod bare;
mod cold;
mod function;
mod warm;

use std::process::ExitCode;
use std::time::Duration;

use backlot::scf::{Function, entrance};
use backlot::stage::{Settings, Stage, Time};
use backlot_tests::measure::say;
use bytes::Bytes;

/// How much is measured.
#[derive(Clone, Copy)]
struct Effort {
    rounds: usize,
    /// Warm calls of one round.
    calls: usize,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|word| word == entrance::WORD) {
        return entrance::enter(arguments);
    }
    if function::is_wanted() {
        function::serve();
        return ExitCode::SUCCESS;
    }
    entrance::offer();
    let is_short = std::env::args().any(|word| word == "--short");
    let effort = if is_short {
        Effort {
            rounds: 3,
            calls: 500,
        }
    } else {
        Effort {
            rounds: 11,
            calls: 20_000,
        }
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        warm::measure(effort).await;
        say("");
        cold::measure(effort).await;
    });
    ExitCode::SUCCESS
}

/// A stage on the real clock with these functions.
async fn stage(functions: Vec<Function>) -> Stage {
    let settings = Settings {
        functions,
        time: Time::Real,
        ..Settings::default()
    };
    Stage::start(settings).await.expect("a stage starts")
}

/// The path of this program, which is the function as well.
fn this_program() -> String {
    let program = std::env::current_exe().expect("this program is a file");
    program.to_str().expect("its path is text").to_owned()
}

/// An event of a usual size.
fn event() -> Bytes {
    let text = "x".repeat(1000);
    Bytes::from(format!(
        r#"{{"EventType":"EditMediaTask","Text":"{text}"}}"#
    ))
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
