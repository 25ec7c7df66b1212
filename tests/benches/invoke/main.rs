//! What an invocation costs: cold, beside the start of its process alone, and warm, beside a bare invoke loop in the same run.
//!
//! `cargo bench -p backlot-tests --bench invoke` prints the tables; `-- --short` takes fewer rounds and calls, to see that it
//! runs, and other words choose rows: `-- up`, `-- "up --freeze" python`. Every figure is a median of several rounds.

mod bare;
mod cold;
mod function;
mod warm;

use std::process::ExitCode;
use std::time::Duration;

use backlot::base::journal::Limit;
use backlot::scf::{Function, entrance};
use backlot::stage::{Settings, Stage, Time};
use backlot_tests::measure::say;
use bytes::Bytes;

/// How much is measured.
struct Effort {
    rounds: usize,
    /// Warm calls of one round.
    calls: usize,
    /// Words that select rows; without words, all rows are measured.
    rows: Vec<String>,
}

impl Effort {
    fn of_arguments() -> Self {
        let words: Vec<_> = std::env::args().skip(1).collect();
        let (rounds, calls) = if words.iter().any(|word| word == "--short") {
            (3, 500)
        } else {
            (11, 20_000)
        };
        let rows = words.into_iter().filter(|word| !word.starts_with("--"));
        Self {
            rounds,
            calls,
            rows: rows.collect(),
        }
    }

    /// Whether a row is among those that are wanted.
    fn is_wanted(&self, row: &str) -> bool {
        let row = row.to_lowercase();
        self.rows.is_empty() || self.rows.contains(&row)
    }

    /// Whether any of these rows is.
    fn is_any_wanted(&self, rows: &[&str]) -> bool {
        rows.iter().any(|row| self.is_wanted(row))
    }
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next() {
        Some(word) if word == entrance::WORD => return entrance::enter(arguments),
        Some(word) if word == function::END => return ExitCode::SUCCESS,
        _ => {}
    }
    if function::is_wanted() {
        function::serve();
        return ExitCode::SUCCESS;
    }
    entrance::offer();
    let effort = Effort::of_arguments();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        if effort.is_any_wanted(&warm::ROWS) {
            warm::measure(&effort).await;
            say("");
        }
        if effort.is_any_wanted(&cold::ROWS) {
            cold::measure(&effort).await;
        }
    });
    ExitCode::SUCCESS
}

/// A stage on the real clock with these functions, and a journal that forgets, as `up` has them.
async fn stage(functions: Vec<Function>) -> Stage {
    let settings = Settings {
        functions,
        time: Time::Real,
        journal: Limit::LASTING,
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
