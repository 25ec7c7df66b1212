//! Faults and stubs: those that nothing meets fail a scenario, and unknown names are refused.

use super::project::{Project, says};

const NEVER: &str = "
faults:
  - name: busy
    on: { service: cos, operation: GetObject }
    do: { fail: { status: 503, code: SlowDown } }
steps:
  - finish-edit: {}
";

const UNANSWERED: &str = "
stubs:
  - name: index
    host: index.example.com
    reply: { status: 200 }
steps:
  - finish-edit: {}
";

#[test]
fn a_fault_that_never_strikes_fails_its_scenario() {
    let project = Project::new("").scenario("never", NEVER);
    let held = project.test_shipped("");
    assert_eq!(held.code, Some(1), "{held:?}");
    says(
        &held,
        &[
            "error: fault `busy` never struck",
            "scenarios/never.yaml:3:5",
            "no call was as `on:` says",
            "`optional: true`",
        ],
    );
    let optional = NEVER.replace("    on:", "    optional: true\n    on:");
    let project = project.scenario("never", &optional);
    assert_eq!(project.test_shipped("--accept").code, Some(0));
    assert_eq!(project.test_shipped("").code, Some(0));
}

#[test]
fn a_fault_for_a_later_call_than_any_fails_its_scenario() {
    let late = NEVER.replace("GetObject }", "PutObject }\n    nth: 7");
    let project = Project::new("").scenario("late", &late);
    let held = project.test_shipped("");
    assert_eq!(held.code, Some(1), "{held:?}");
    says(
        &held,
        &["no invocation made more than 1 call like this, and `nth: 7` waits for a later one"],
    );
}

#[test]
fn a_stub_that_answers_no_call_fails_its_scenario() {
    let project = Project::new("").scenario("unanswered", UNANSWERED);
    let held = project.test_shipped("");
    assert_eq!(held.code, Some(1), "{held:?}");
    says(
        &held,
        &[
            "error: stub `index` answered no call",
            "scenarios/unanswered.yaml:4:11",
        ],
    );
    let optional = UNANSWERED.replace("    reply", "    optional: true\n    reply");
    let project = project.scenario("unanswered", &optional);
    assert_eq!(project.test_shipped("--accept").code, Some(0));
}

#[test]
fn a_plan_of_the_project_has_to_be_met_by_one_of_its_scenarios() {
    let (faults, steps) = NEVER.split_at(NEVER.find("steps").unwrap());
    let project = Project::new(faults)
        .scenario("one", steps)
        .scenario("two", steps);
    let held = project.test_shipped("--accept");
    assert_eq!(held.code, Some(1), "{held:?}");
    says(
        &held,
        &[
            "2 passed, 0 failed",
            "error: fault `busy` never struck in 2 scenarios",
            "backlot.yaml:3:5",
        ],
    );
    let part = project.test_shipped("-k one");
    assert_eq!(part.code, Some(0), "the other one may need it: {part:?}");

    // One that has its name replaces it.
    let project = project.scenario("two", &NEVER.replace("GetObject", "PutObject"));
    let struck = project.test_shipped("-k two");
    says(&struck, &["COS answered 503 SlowDown"]);
}

#[test]
fn claims_about_stubs_and_functions_that_are_not_there_are_refused() {
    let steps = "steps:\n  - expect-calls: { stub: indx, count: 0 }\n  - expect-calls: { function: archiv, count: 0 }\n  \
                 - expect-dead-letters: { queue: dlq, count: 0 }\n";
    let stubs = &UNANSWERED[..UNANSWERED.find("steps").unwrap()];
    let project = Project::new(stubs).scenario("claims", steps);
    let refused = project.test_shipped("");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    says(
        &refused,
        &[
            "there is no stub `indx`",
            "did you mean `index`?",
            "there is no function `archiv`",
            "no function has the dead-letter queue `dlq`",
        ],
    );
}
