//! Records of log topics in scenarios: `send-logs` and `cls-triggers`.

use super::project::{Project, says};

/// Answers with what the records say, decoded as the platform's template for log events does it.
const READS: &str = "
import base64, gzip
def handle(event):
    data = json.loads(event)['clslogs']['data']
    logs = json.loads(gzip.decompress(base64.b64decode(data)))
    return [logs['topic_name'], *(record['content'] for record in logs['records'])]
";

/// Two functions of the same code; the trigger of one is not in force.
const CONFIG: &str = "
functions:
  one: { command: [python3, ./one.py], cls-triggers: [{ topic: t-1 }] }
  two: { command: [python3, ./one.py], cls-triggers: [{ topic: t-1, enabled: false }, { topic: t-2 }] }
";

fn project(config: &str) -> Project {
    let project = Project::new(config);
    project.function("one", READS);
    project
}

#[test]
fn records_reach_the_functions_whose_triggers_name_the_topic() {
    let steps = "
steps:
  - send-logs: { topic: t-1, records: [a, 'ü'] }
  - send-logs: { topic: t-2, topic-name: calls, records: [b] }
  - send-logs: { function: two, records: [c], cold: true }
  - expect-invocation: { number: 1, statuses: [200], answer: '[\"callbacks\", \"a\", \"\\u00fc\"]' }
  - expect-invocation: { number: 2, answer: '[\"calls\", \"b\"]' }
  - expect-invocation: { number: 3, cold: true, answer: '[\"callbacks\", \"c\"]' }
";
    let project = project(CONFIG).scenario("logs", steps);
    let ended = project.test("--accept --strict");
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    let snapshot = project.read("snapshots/logs.snap");
    let queued = |number: u8, function: &str| {
        format!("event {number} from CLS_TRIGGER queued for {function} as <request:{number}>")
    };
    for line in [queued(1, "one"), queued(2, "two"), queued(3, "two")] {
        assert!(snapshot.contains(&line), "`{line}`\n{snapshot}");
    }
    assert!(!snapshot.contains("event 4"), "{snapshot}");
    let again = project.test("");
    assert_eq!(again.code, Some(0), "the same bytes: {}", again.stdout);
}

#[test]
fn a_topic_of_no_trigger_fails_the_step() {
    let steps = "steps:\n  - send-logs: { topic: t-3, records: [a] }\n";
    let ended = project(CONFIG).scenario("logs", steps).test("");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let title = "no function has an enabled trigger for the log topic `t-3`";
    says(&ended, &[title, "logs.yaml:2:5", "cls-triggers"]);
}

#[test]
fn a_topic_twice_and_a_function_that_is_not_there_are_mistakes() {
    let twice = CONFIG.replace("[{ topic: t-1 }]", "[{ topic: t-1 }, { topic: t-1 }]");
    let steps = "steps:\n  - send-logs: { function: on, records: [a] }\n";
    let ended = project(&twice).scenario("logs", steps).test("");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    says(&ended, &["`one` has two triggers on the log topic `t-1`"]);
    let ended = project(CONFIG).scenario("logs", steps).test("");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    says(
        &ended,
        &["there is no function `on`", "did you mean `one`?"],
    );
}

#[test]
fn a_printed_event_can_be_given_to_a_function() {
    let project = project(CONFIG);
    let event = project.backlot("event cls --record a --record b").run();
    assert_eq!(event.code, Some(0), "{event:?}");
    project.write("event.json", &event.stdout);
    let ended = project.backlot("invoke one -e event.json").run();
    says(&ended, &[r#"["callbacks", "a", "b"]"#]);
    let decoded = project.backlot("event cls --decoded --compact --set topic_name=calls");
    says(
        &decoded.run(),
        &[r#""topic_name":"calls""#, r#""content":"a line of text""#],
    );
    let refused = project.backlot("event edit --record a").run();
    assert_eq!(refused.code, Some(2), "{refused:?}");
    says(
        &refused,
        &["`--record` and `--decoded` are for events of the kind `cls`"],
    );
}
