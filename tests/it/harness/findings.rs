//! Findings: printed, claimed, and what strict mode fails on.

use backlot_tests::command::Ended;

use super::project::{Project, says};

/// A handler that does what the event says.
const HANDLER: &str = "import subprocess\n\
def main_handler(event, context):\n    \
    if event == 'work':\n        subprocess.Popen(['sleep', '60'])\n    \
    if event == 'large':\n        return 'x' * (6 * 1024 * 1024 + 1)\n    \
    return 'done'\n";

const CONFIG: &str = "functions: { notify: { runtime: Python3.10, retries: 0 } }\ntriggers: { WorkflowTask: notify }\n\
                      oracle: { off: it notifies }\nmay-lose: true\nsnapshot: off\n";

fn project(steps: &str) -> Project {
    let project = Project::new(CONFIG).scenario("found", &format!("steps:\n{steps}"));
    project.write("index.py", HANDLER);
    project
}

fn event(text: &str) -> String {
    format!("  - send-event: {{ function: notify, event-text: '\"{text}\"' }}\n")
}

#[track_caller]
fn ends(ended: &Ended, code: i32) {
    assert_eq!(ended.code, Some(code), "{}\n{}", ended.stdout, ended.stderr);
}

#[test]
fn work_after_the_answer_is_told_and_fails_in_strict_mode_only() {
    let project = project(&event("work"));
    let told = project.test("");
    ends(&told, 0);
    says(
        &told,
        &["finding: `notify` still worked after its answer", "`sleep`"],
    );
    let strict = project.test("--strict");
    ends(&strict, 5);
    let line = "strict: findings\n  `notify` still worked after its answer";
    says(&strict, &[line, "(in `found`)"]);
}

#[test]
fn a_claim_accounts_for_what_it_describes_and_for_nothing_else() {
    let claim = "  - expect-findings: { kind: worked-after-answer, function: notify, text: sleep, count: 1 }\n";
    let claimed = project(&format!("{}{claim}", event("work")));
    let strict = claimed.test("--strict");
    ends(&strict, 0);
    assert!(!strict.stdout.contains("finding"), "{}", strict.stdout);
    let both = project(&format!("{}{}{claim}", event("work"), event("large")));
    let strict = both.test("--strict");
    ends(&strict, 5);
    says(&strict, &["the answer of `notify` is larger than 6 MB"]);
    assert!(!strict.stdout.contains("still worked"), "{}", strict.stdout);
}

#[test]
fn a_claim_that_does_not_hold_fails_and_tells_what_there_is() {
    let wrong = project(&format!(
        "{}  - expect-findings: {{ kind: answer-too-large }}\n  - expect-findings: {{ count: 2 }}\n",
        event("work")
    ));
    let ended = wrong.test("");
    ends(&ended, 1);
    says(
        &ended,
        &[
            "expected at least one finding like this, found none",
            "expected 2 findings like this, found 1",
            "the findings are worked-after-answer: `notify` still worked",
            "found.yaml:3:",
        ],
    );
    let unknown = project("  - expect-findings: { kind: answer-to-large }\n");
    let ended = unknown.test("");
    ends(&ended, 2);
    says(&ended, &["answer-too-large"]);
    let nobody = project("  - expect-findings: { function: nobody }\n");
    let ended = nobody.test("");
    ends(&ended, 2);
    says(&ended, &["there is no function `nobody`"]);
}

#[test]
fn an_answer_and_an_event_over_their_limits_are_findings() {
    let large = format!(
        "  - send-event: {{ function: notify, event-file: large.json }}\n{}",
        event("large")
    );
    let project = project(&large);
    project.write(
        "scenarios/large.json",
        &format!("\"{}\"", "x".repeat(128 * 1024)),
    );
    let ended = project.test("--strict");
    ends(&ended, 5);
    says(
        &ended,
        &[
            "an asynchronous event of 131074 bytes for `notify` is lost: SCF accepts at most 131072 bytes",
            "the answer of `notify` is larger than 6 MB",
        ],
    );
}

#[test]
fn a_tmp_that_instances_share_is_a_finding() {
    let project = project(&event("x"));
    let code = "def main_handler(event, context):\n    return '/tmp/x'\n";
    project.write("index.py", code);
    project.write(
        "backlot.yaml",
        &CONFIG.replace("retries: 0", "retries: 0, private-tmp: false"),
    );
    let ended = project.test("--strict");
    ends(&ended, 5);
    says(
        &ended,
        &["`index.py` of `notify` names `/tmp`, which its instances share"],
    );
    let claim = format!(
        "steps:\n{}  - expect-findings: {{ kind: shared-tmp }}\n",
        event("x")
    );
    project.write("scenarios/found.yaml", &claim);
    ends(&project.test("--strict"), 0);
}

#[test]
fn the_lines_of_json_have_findings_that_no_claim_accounts_for() {
    let project = project(&event("work"));
    let ended = project.test("--output json");
    ends(&ended, 0);
    let line: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(line["findings"].as_array().map(Vec::len), Some(1), "{line}");
    assert_eq!(line["unsupported"], serde_json::json!([]), "{line}");
}
