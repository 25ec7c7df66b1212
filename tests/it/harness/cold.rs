//! Scenarios that say whether an event starts cold.

use super::project::Project;

const COUNTS: &str = "
seen = 0
def handle(event):
    global seen
    seen += 1
    return seen
";

#[test]
fn each_event_starts_as_its_step_says() {
    let steps = "
steps:
  - send-event: { function: archive, event: 1 }
  - send-event: { function: archive, event: 2 }
  - send-event: { function: archive, event: 3, cold: true }
  - redeliver: { invocation: 1, cold: true }
  - wait: 1h
  - finish-edit: { cold: false }
  - expect-invocation: { number: 1, cold: true, answer: '1' }
  - expect-invocation: { number: 2, cold: false, answer: '2' }
  - expect-invocation: { number: 3, cold: true, answer: '1' }
  - expect-invocation: { number: 4, cold: true, answer: '1' }
  - expect-invocation: { number: 5, cold: false }
";
    let project = Project::python(COUNTS, "oracle: { off: counts only }\n");
    let project = project.scenario("cold", steps);
    let ended = project.test("--accept");
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
}

#[test]
fn a_start_that_is_not_as_claimed_fails_the_scenario() {
    let steps = "
steps:
  - send-event: { function: archive, event: 1, cold: true }
  - expect-invocation: { number: 1, cold: false }
";
    let project = Project::python(COUNTS, "oracle: { off: counts only }\n");
    let ended = project.scenario("cold", steps).test("");
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    let text = "invocation 1 started cold, expected warm";
    assert!(
        ended.stdout.contains(text) || ended.stderr.contains(text),
        "{ended:?}"
    );
}
