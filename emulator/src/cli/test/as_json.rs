//! A finished scenario as a line of JSON.

use serde_json::json;

use crate::cli::strict::Gap;
use crate::scenario::report::terminal;
use crate::scenario::run::Finished;
use crate::scenario::snapshot::Comparison;

pub(super) fn as_json(finished: &Finished) -> serde_json::Value {
    let deliveries = finished.outcome.deliveries();
    let snapshot = match &finished.comparison {
        None => "not-compared",
        Some(Comparison::Same) => "same",
        Some(Comparison::Missing) => "missing",
        Some(Comparison::Differs { .. }) => "differs",
    };
    let gaps = Gap::all(finished.unclaimed());
    let gaps = gaps.iter().filter(|gap| !gap.is_finding());
    let gaps: Vec<_> = gaps.map(Gap::to_string).collect();
    json!({
        "scenario": finished.name,
        "passed": finished.is_passed(),
        "events": deliveries.len(),
        "attempts": deliveries.iter().map(|delivery| delivery.attempts.len()).sum::<usize>(),
        "clock_ms": finished.outcome.virtual_ms(),
        "real_ms": finished.real.as_secs_f64() * 1000.0,
        "snapshot": snapshot,
        "problems": finished.problems(),
        "findings": terminal::findings_of(finished).collect::<Vec<_>>(),
        "unsupported": gaps,
    })
}
